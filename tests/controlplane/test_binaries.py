from pathlib import Path

import pytest

from tests.controlplane.binaries import kubernetes_version, program


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBE_FLEET_CACHE", str(tmp_path))


def test_a_missing_program_skips_the_test_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="tests/controlplane/etcd is not built"):
        program("etcd", "server")


def test_a_missing_program_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="tests/controlplane/etcd is not built"):
        program("etcd", "server")


def test_the_two_kubernetes_are_at_least_two_minors_apart() -> None:
    new, old = (
        int(kubernetes_version(module).split(".")[1])
        for module in ("kubernetes-1.36", "kubernetes-1.30")
    )

    assert new - old >= 2
