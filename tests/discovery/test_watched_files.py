from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.discovery.provider import Cluster, Refusal, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import Group, WatchedFiles, expanded, files_among
from exporter.kubernetes.errors import KubeconfigError, KubernetesError
from exporter.telemetry import Telemetry


def cluster(name: str, refusal: Refusal | None = None) -> Cluster:
    return Cluster(name, "scripted", "a file", server=None, digest="", refusal=refusal)


class Scripted(WatchedFiles):
    """Each line of a file is a cluster's name; `broken` makes it unusable, `refused` a cluster."""

    name = "scripted"

    def __init__(self, *groups: Group) -> None:
        super().__init__(SourceHealth("scripted", "scripted", Telemetry()))
        self.there = list(groups)
        self.read: list[Group] = []

    def groups(self) -> Sequence[Group]:
        return self.there

    def clusters(self, group: Group) -> Snapshot:
        self.read.append(group)
        lines = [line for file in group for line in file.read_text().split()]
        if "broken" in lines:
            raise KubeconfigError(" ".join(lines))

        refusal = Refusal("unauthorized", "credentials", "is refused")
        return tuple(cluster(line, refusal if line == "refused" else None) for line in lines)

    def unusable(self, group: Group, error: KubernetesError) -> Snapshot:
        return (cluster(f"unusable: {error}"),)


def file(path: Path, text: str) -> Group:
    path.write_text(text)
    return (path,)


def names(provider: WatchedFiles) -> list[str]:
    return [one.name for one in provider.look()]


def test_files_of_a_group_are_read_as_one_and_groups_keep_their_order(tmp_path: Path) -> None:
    (a,), (b,), (c,) = (file(tmp_path / name, name) for name in "abc")

    assert names(Scripted((c, a), (b,))) == ["c", "a", "b"]


def test_a_group_is_read_again_only_when_its_content_changed(tmp_path: Path) -> None:
    group = file(tmp_path / "a", "eu")
    provider = Scripted(group)
    for _ in range(3):
        names(provider)

    assert provider.read == [group]
    file(tmp_path / "a", "us")
    assert names(provider) == ["us"]


def test_what_moves_from_one_file_of_a_group_to_the_next_is_a_change(tmp_path: Path) -> None:
    group = (*file(tmp_path / "a", "eu us"), *file(tmp_path / "b", ""))
    provider = Scripted(group)
    names(provider)
    file(tmp_path / "a", "eu ")
    file(tmp_path / "b", "us")
    names(provider)

    assert len(provider.read) == 2


def test_a_group_that_was_usable_keeps_what_it_said_and_is_tried_again(tmp_path: Path) -> None:
    provider = Scripted(file(tmp_path / "a", "eu"))
    names(provider)
    file(tmp_path / "a", "broken")

    assert [names(provider), names(provider)] == [["eu"], ["eu"]]
    assert len(provider.read) == 3


def test_one_that_never_was_says_so_until_it_is(tmp_path: Path) -> None:
    provider = Scripted(file(tmp_path / "a", "broken"))
    said = [names(provider), names(provider)]
    file(tmp_path / "a", "still broken")
    said.append(names(provider))
    file(tmp_path / "a", "eu")

    assert said == [["unusable: broken"], ["unusable: broken"], ["unusable: still broken"]]
    assert names(provider) == ["eu"]


def test_a_group_with_a_refused_cluster_is_tried_again(tmp_path: Path) -> None:
    """The reason may be a file that is not there yet, which the kubeconfig only names."""
    provider = Scripted(file(tmp_path / "a", "refused eu"))

    assert [names(provider), names(provider)] == [["refused", "eu"], ["refused", "eu"]]
    assert len(provider.read) == 2


def test_a_group_that_goes_takes_its_clusters_with_it(tmp_path: Path) -> None:
    provider = Scripted(file(tmp_path / "a", "eu"), file(tmp_path / "b", "us"))
    names(provider)
    del provider.there[0]

    assert names(provider) == ["us"]


@pytest.mark.parametrize("name", ["eu-1", "eu-1.yaml", "eu-1.kubeconfig", "eu.bak.yaml"])
def test_files_are_found(tmp_path: Path, name: str) -> None:
    (path,) = file(tmp_path / name, "")

    assert files_among(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", [".eu-1", "..data", "eu-1~", "#eu-1#", ".#eu-1", "eu-1.swp", "eu-1.tmp", "config.lock"]
)
def test_leftovers_are_not(tmp_path: Path, name: str) -> None:
    file(tmp_path / name, "")

    assert files_among(tmp_path.iterdir()) == []


def test_what_cannot_be_known_is_not_nothing(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="absent: No such file or directory"):
        files_among(path for path in (tmp_path / "absent").iterdir())


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert expanded(Path("~/a")) == tmp_path / "a"
    assert expanded(Path("a")) == tmp_path / "a"
