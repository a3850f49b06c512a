from __future__ import annotations

from pathlib import Path

import pytest
import trustme
import yaml

from exporter.discovery.declared import Allowed, FromHub, Labelled, Marks
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.trust import Allow
from tests.discovery.simulated_hub import kubeconfig


class Example(FromHub, frozen=True, kw_only=True, tag="example"):
    """A provider for these tests."""


def test_a_provider_is_named_as_in_the_settings() -> None:
    assert Example().provider_name == "example"


def test_what_is_allowed_is_handed_on() -> None:
    assert Allowed().allow() == Allow()
    assert Allowed(
        exec=("aws",),
        local_addresses=True,
        insecure_tls=True,
        file_paths=True,
        proxy=True,
        native=("eks",),
    ).allow() == Allow(frozenset({"aws"}), True, True, True, True, frozenset({"eks"}))


def test_labels_are_taken_from_the_first_source_that_has_them() -> None:
    mapping = Example(labels={"region": "topology/region", "tenant": "tenant", "tier": "tier"})

    assert mapping.mapped({"tenant": "shop"}, {"tenant": "other", "topology/region": "eu"}) == {
        "tenant": "shop",
        "region": "eu",
    }


@pytest.mark.parametrize("value", ["", "x" * 257])
def test_a_value_that_no_series_should_have_is_left_out(value: str) -> None:
    assert Example(labels={"region": "region"}).mapped({"region": value}) == {}


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({"1a": "x"}, "labels: '1a' is not a label name"),
        ({"__a": "x"}, "labels: '__a' is not a label name"),
        ({"region\n": "x"}, r"labels: 'region\\n' is not a label name"),
        ({"uid": "x"}, "labels: 'uid' is a label that clusters have anyway"),
        (
            {"a": "kubectl.kubernetes.io/last-applied-configuration"},
            "may hold secrets, and may not be shown",
        ),
    ],
)
def test_labels_that_cannot_be_are_refused(labels: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Example(labels=labels)


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ({}, False),
        ({"down": ""}, True),
        ({"down": "true"}, True),
        ({"down": "until-monday"}, True),
        ({"down": "false"}, False),
        ({"down": "False"}, False),
    ],
)
def test_a_mark_is_set_by_any_value_but_false(source: dict[str, str], marked: bool) -> None:
    declared = Example(marks=Marks(maintenance="down"))

    assert declared.marked("maintenance", source) is marked
    assert declared.marked("virtual", source) is False


def test_of_two_sources_of_a_mark_the_first_counts() -> None:
    declared = Example(marks=Marks(maintenance="down"))

    assert not declared.marked("maintenance", {"down": "false"}, {"down": "true"})


def test_no_mark_is_set_by_a_label_without_a_key() -> None:
    assert not Labelled.marked(Example(), "maintenance", {"": "true"})


@pytest.fixture
def no_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if we ran in a pod with a service account."""
    (tmp_path / "token").write_text("hunter2\n")
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    monkeypatch.setattr("exporter.kubernetes.in_cluster.TOKEN_FILE", tmp_path / "token")
    monkeypatch.setattr("exporter.kubernetes.in_cluster.CA_FILE", tmp_path / "ca.crt")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


def written(file: Path, server: str) -> Path:
    file.write_text(yaml.safe_dump(kubeconfig(server)))
    return file


@pytest.mark.usefixtures("pod")
def test_in_a_pod_the_hub_is_the_cluster_around_it() -> None:
    assert Example().hub().server.url == "https://10.96.0.1:443"


@pytest.mark.usefixtures("pod")
def test_in_a_pod_another_hub_can_be_named(tmp_path: Path) -> None:
    file = written(tmp_path / "hub", "https://hub:6443")

    assert Example(kubeconfig=str(file)).hub().server.url == "https://hub:6443"


@pytest.mark.usefixtures("no_pod")
def test_elsewhere_the_hub_is_the_current_context_of_the_default_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(written(tmp_path / "config", "https://hub:6443")))

    assert Example().hub().server.url == "https://hub:6443"


@pytest.mark.usefixtures("no_pod")
def test_the_hub_s_context_has_to_be_named_where_it_is_not_clear(tmp_path: Path) -> None:
    document = kubeconfig("https://hub:6443")
    document["contexts"].append({**document["contexts"][0], "name": "y"})
    del document["current-context"]
    file = tmp_path / "hub"
    file.write_text(yaml.safe_dump(document))

    assert Example(kubeconfig=str(file), context="y").hub().server.url == "https://hub:6443"
    with pytest.raises(KubeconfigError, match="name the hub's `context`"):
        Example(kubeconfig=str(file)).hub()


@pytest.mark.usefixtures("no_pod")
def test_the_way_to_the_hub_is_another_one_when_its_kubeconfig_changed(tmp_path: Path) -> None:
    before = Example(kubeconfig=str(written(tmp_path / "hub", "https://hub:6443"))).hub()
    after = Example(kubeconfig=str(written(tmp_path / "hub", "https://hub:7443"))).hub()

    assert before.digest != after.digest
