import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from exporter.discovery.kubeconfig import Kubeconfig, KubeconfigContexts
from exporter.discovery.provider import Cluster, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.sources import unheard
from exporter.telemetry import Telemetry
from tests.discovery.simulated_hub import authorization

DEADLINE = 10.0
SECRET = "hunter2"


def document(*contexts: str, port: int = 6443, password: str = "") -> dict[str, Any]:
    """A kubeconfig whose contexts have a cluster and a user of their own."""
    user = {"token": password or SECRET}
    return {
        "clusters": [
            {"name": f"{name}-cluster", "cluster": {"server": f"https://{name}:{port}"}}
            for name in contexts
        ],
        "users": [{"name": f"{name}-user", "user": user} for name in contexts],
        "contexts": [
            {"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}
            for name in contexts
        ],
    }


def merged(*documents: Mapping[str, Any]) -> dict[str, Any]:
    sections = ("clusters", "users", "contexts")
    return {section: [one for each in documents for one in each[section]] for section in sections}


def write(file: Path, content: Mapping[str, Any]) -> Path:
    """All of it or nothing: a file that is half written cannot be used, and that is counted."""
    whole = file.with_suffix(".new")
    whole.write_text(json.dumps(content))
    return whole.replace(file)


def contexts_of(
    *files: Path, patterns: tuple[str, ...] = ("*",), telemetry: Telemetry | None = None
) -> KubeconfigContexts:
    return KubeconfigContexts(
        files, patterns, SourceHealth("kubeconfig", "kubeconfig", telemetry or Telemetry())
    )


def names(snapshot: Snapshot) -> list[str]:
    return [cluster.name for cluster in snapshot]


FLEET = ("prod-eu", "prod-us", "staging-eu", "Prod-ap")


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (("*",), list(FLEET)),
        (("prod-*",), ["prod-eu", "prod-us"]),  # capitals are other letters
        (("staging-*", "prod-eu"), ["prod-eu", "staging-eu"]),
        (("*-eu", "prod-*"), ["prod-eu", "prod-us", "staging-eu"]),
        (("prod-??",), ["prod-eu", "prod-us"]),
        (("[pP]rod-[!e]*",), ["prod-us", "Prod-ap"]),
    ],
)
def test_contexts_are_chosen_by_shell_patterns_in_the_order_of_the_file(
    tmp_path: Path, patterns: tuple[str, ...], chosen: list[str]
) -> None:
    file = write(tmp_path / "config", document(*FLEET))

    assert names(contexts_of(file, patterns=patterns).look()) == chosen


def test_a_cluster_is_what_its_context_says(tmp_path: Path) -> None:
    file = write(tmp_path / "config", document("eu-1"))
    (cluster,) = contexts_of(file).look()

    assert (cluster.name, cluster.provider) == ("eu-1", "kubeconfig")
    assert cluster.source == f"kubeconfig {file}"
    assert cluster.server is not None and cluster.server.url == "https://eu-1:6443"


def test_several_files_are_one_and_each_cluster_knows_its_own(tmp_path: Path) -> None:
    first = write(tmp_path / "first", document("eu-1"))
    second = write(tmp_path / "second", document("us-1"))
    snapshot = contexts_of(first, second).look()

    assert {one.name: one.source for one in snapshot} == {
        "eu-1": f"kubeconfig {first}",
        "us-1": f"kubeconfig {second}",
    }


def test_a_pattern_without_a_context_is_refused_with_those_there_are(tmp_path: Path) -> None:
    file = write(tmp_path / "config", document("eu-1", "us-1"))

    with pytest.raises(KubeconfigError) as caught:
        contexts_of(file, patterns=("eu-*", "ap-*")).look()

    assert str(caught.value) == (
        f"{file}: contexts: no context matches 'ap-*'; there is: eu-1, us-1"
    )


def test_a_context_that_cannot_be_used_does_not_matter_unless_it_is_chosen(tmp_path: Path) -> None:
    broken = merged(document("eu-1"), document("us-1"))
    broken["clusters"][1]["cluster"]["server"] = "nonsense"
    file = write(tmp_path / "config", broken)

    assert names(contexts_of(file, patterns=("eu-*",)).look()) == ["eu-1"]
    with pytest.raises(KubeconfigError, match=r"clusters\[1\]\.cluster\.server"):
        contexts_of(file).look()


def only(snapshot: Snapshot, name: str) -> Cluster:
    return next(cluster for cluster in snapshot if cluster.name == name)


@pytest.mark.parametrize("change", [{"port": 7443}, {"password": "changed"}])
def test_a_cluster_is_another_one_when_anything_about_reaching_it_changed(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    file = write(tmp_path / "config", merged(document("eu-1"), document("us-1")))
    before = contexts_of(file).look()
    write(file, merged(document("eu-1", **change), document("us-1")))
    after = contexts_of(file).look()

    assert only(before, "eu-1") != only(after, "eu-1")
    assert only(before, "us-1") == only(after, "us-1")


def test_a_file_that_is_written_in_another_way_says_the_same(tmp_path: Path) -> None:
    content = document("eu-1")
    file = write(tmp_path / "config", content)
    before = contexts_of(file).look()
    file.write_text(json.dumps({**content, "preferences": {}}, indent=4, sort_keys=True))

    assert contexts_of(file).look() == before


class Watched:
    """A provider whose files are looked at without pause; `next` is its next snapshot."""

    def __init__(self, snapshots: AsyncIterator[Snapshot], telemetry: Telemetry) -> None:
        self._snapshots = snapshots
        self._telemetry = telemetry

    async def next(self) -> list[str]:
        async with asyncio.timeout(DEADLINE):
            return names(await anext(self._snapshots))

    async def next_after_failures(self, failures: int, mend: tuple[Path, Any]) -> list[str]:
        """Wait until so many failures are counted, write the file, and wait for the snapshot."""
        following = asyncio.create_task(self.next())
        async with asyncio.timeout(DEADLINE):
            while self.failures < failures:
                await asyncio.sleep(0.001)

        assert not following.done()
        write(*mend)
        return await following

    @property
    def failures(self) -> float:
        name = "kube_fleet_exporter_discovery_failures_total"
        return (
            self._telemetry.registry.get_sample_value(
                name, {"provider": "kubeconfig", "source": "kubeconfig"}
            )
            or 0
        )


@asynccontextmanager
async def watched(
    monkeypatch: pytest.MonkeyPatch, *files: Path, patterns: tuple[str, ...] = ("*",)
) -> AsyncIterator[Watched]:
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.001)
    telemetry = Telemetry()
    provider = contexts_of(*files, patterns=patterns, telemetry=telemetry)
    async with aclosing(provider.snapshots()) as snapshots:
        yield Watched(snapshots, telemetry)


async def test_a_context_that_is_added_or_removed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "config", document("eu-1"))
    async with watched(monkeypatch, file) as provider:
        first = await provider.next()
        write(file, document("eu-1", "us-1"))
        more = await provider.next()
        write(file, document("us-1"))
        fewer = await provider.next()

    assert (first, more, fewer) == (["eu-1"], ["eu-1", "us-1"], ["us-1"])


async def test_a_changed_credential_is_a_new_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "config", document("eu-1"))
    async with watched(monkeypatch, file) as provider:
        await provider.next()
        write(file, document("eu-1", password="changed"))

        assert await provider.next() == ["eu-1"]


async def test_a_file_behind_a_link_that_is_turned_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the kubelet does with a mounted Secret.
    write(tmp_path / "old", document("eu-1"))
    write(tmp_path / "new", document("us-1"))
    link = tmp_path / "config"
    link.symlink_to("old")
    async with watched(monkeypatch, link) as provider:
        await provider.next()
        (tmp_path / "turned").symlink_to("new")
        (tmp_path / "turned").replace(link)

        assert await provider.next() == ["us-1"]


@pytest.mark.parametrize("spoilt", [{"contexts": 5}, {}, document("ap-1")])
async def test_a_file_that_cannot_be_used_leaves_the_last_in_force_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: dict[str, Any]
) -> None:
    file = write(tmp_path / "config", document("eu-1"))
    mend = (file, document("eu-1", "eu-2"))
    async with watched(monkeypatch, file, patterns=("eu-*",)) as provider:
        await provider.next()
        with capture_logs() as logs:
            write(file, spoilt)
            mended = await provider.next_after_failures(1, mend)

        assert mended == ["eu-1", "eu-2"]
        assert provider.failures == 1
        assert [one["log_level"] for one in logs] == ["error", "info"]
        assert str(file) in logs[0]["error"]
        assert SECRET not in str(logs)


async def test_a_file_that_goes_missing_leaves_the_last_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "config", document("eu-1"))
    async with watched(monkeypatch, file) as provider:
        await provider.next()
        file.unlink()

        assert await provider.next_after_failures(1, (file, document("us-1"))) == ["us-1"]


async def test_at_the_start_a_named_file_has_to_be_usable(tmp_path: Path) -> None:
    async with aclosing(contexts_of(tmp_path / "absent").snapshots()) as snapshots:
        with pytest.raises(KubeconfigError, match="absent: No such file or directory"):
            await anext(snapshots)


def test_files_that_a_pattern_finds_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt", ".d.yaml", "e.yaml~"):
        write(tmp_path / name, document(f"in-{name}"))
    (tmp_path / "folder.yaml").mkdir()

    assert names(contexts_of(tmp_path / "*.yaml").look()) == ["in-a.yaml", "in-b.yaml"]
    assert names(contexts_of(tmp_path / "*").look()) == ["in-a.yaml", "in-b.yaml", "in-c.txt"]


def test_patterns_may_stand_for_folders_and_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("eu-1", "us-1"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "config", document(name))

    assert names(contexts_of(Path("~/*/config")).look()) == ["eu-1", "us-1"]
    assert names(contexts_of(Path("~/eu-1/config")).look()) == ["eu-1"]


def test_files_that_a_pattern_finds_never_share_their_entries(tmp_path: Path) -> None:
    """Tools give every cluster's user one name, and kubectl would give the first's to all."""
    for name in ("eu-1", "us-1"):
        content = document(name, password=f"of-{name}")
        content["users"][0]["name"] = content["contexts"][0]["context"]["user"] = "admin"
        write(tmp_path / f"{name}.yaml", content)

    eu, us = contexts_of(tmp_path / "*.yaml").look()

    assert asyncio.run(authorization(eu)) == "Bearer of-eu-1"
    assert asyncio.run(authorization(us)) == "Bearer of-us-1"


def test_a_named_file_comes_first_and_once(tmp_path: Path) -> None:
    first = write(tmp_path / "z.yaml", document("z"))
    write(tmp_path / "a.yaml", document("a"))

    assert names(contexts_of(tmp_path / "*.yaml", first).look()) == ["z", "a"]


def test_a_pattern_of_contexts_may_wait_for_files_that_a_pattern_finds(tmp_path: Path) -> None:
    file = write(tmp_path / "config", document("eu-1"))

    assert contexts_of(tmp_path / "*.yaml").look() == ()
    assert contexts_of(tmp_path / "absent" / "*.yaml", file, patterns=("us-*",)).look() == ()


def test_a_context_that_cannot_be_used_is_listed_if_a_pattern_found_its_file(
    tmp_path: Path,
) -> None:
    broken = merged(document("eu-1"), document("us-1"))
    broken["users"][0]["user"] = {"tokenFile": "absent"}
    write(tmp_path / "config.yaml", broken)
    eu, us = contexts_of(tmp_path / "*.yaml").look()

    assert eu.refusal is not None and eu.refusal.condition == "unauthorized"
    assert "absent" in eu.refusal.message
    assert us.refusal is None


async def test_a_file_that_a_pattern_finds_later_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(monkeypatch, tmp_path / "*.yaml") as provider:
        first = await provider.next()
        write(tmp_path / "eu-1.yaml", document("eu-1"))
        second = await provider.next()
        (tmp_path / "eu-1.yaml").unlink()
        third = await provider.next()

    assert (first, second, third) == ([], ["eu-1"], [])


async def test_a_file_that_cannot_be_used_takes_nothing_away_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "broken.yaml", {"contexts": 5})
    write(tmp_path / "eu-1.yaml", document("eu-1"))
    write(tmp_path / "us-1.yaml", document("us-1"))
    async with watched(monkeypatch, tmp_path / "*.yaml") as provider:
        assert await provider.next() == ["eu-1", "us-1"]
        assert provider.failures == 1
        mend = (tmp_path / "ap-1.yaml", document("ap-1"))
        write(tmp_path / "us-1.yaml", {"contexts": 5})  # stays what it was
        assert await provider.next_after_failures(2, mend) == ["ap-1", "eu-1", "us-1"]


async def test_a_token_file_that_comes_later_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = document("eu-1")
    content["users"][0]["user"] = {"tokenFile": "token"}
    write(tmp_path / "eu-1.yaml", content)
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.001)
    async with aclosing(contexts_of(tmp_path / "*.yaml").snapshots()) as snapshots:
        (refused,) = await anext(snapshots)
        (tmp_path / "token").write_text(SECRET)
        async with asyncio.timeout(DEADLINE):
            (reached,) = await anext(snapshots)

    assert refused.refusal is not None
    assert reached.refusal is None and reached.server is not None


def test_the_settings_name_the_files_and_the_default_is_kubectl_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path / "default", document("default"))))
    file = write(tmp_path / "config", document("eu-1", "us-1"))
    chosen = unheard(Kubeconfig((str(file),), ("eu-*",)))
    default = unheard(Kubeconfig())

    assert isinstance(chosen, KubeconfigContexts) and isinstance(default, KubeconfigContexts)
    assert names(chosen.look()) == ["eu-1"]
    assert names(default.look()) == ["default"]
