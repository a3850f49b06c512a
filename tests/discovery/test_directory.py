from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.discovery.directory import Directory
from exporter.discovery.provider import Snapshot
from exporter.kubernetes.errors import KubeconfigError
from exporter.sources import unheard
from tests.discovery.simulated_hub import TOKEN, heard, kubeconfig


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.005)


@pytest.fixture
def clusters(tmp_path: Path) -> Path:
    (tmp_path / "clusters").mkdir()
    return tmp_path / "clusters"


def write(file: Path, server: str = "https://a", **user: Any) -> None:
    """All of it or nothing."""
    new = file.with_name(f".{file.name}")
    new.write_text(yaml.safe_dump(kubeconfig(server, **user)))
    new.replace(file)


def listed(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Name and URL, or why there is none."""
    return [
        (one.name, one.server.url if one.server else one.refusal.condition if one.refusal else "")
        for one in snapshot
    ]


async def test_each_file_is_a_cluster_named_as_the_file_without_suffix(clusters: Path) -> None:
    write(clusters / "us-1.kubeconfig", "https://us-1")
    write(clusters / "eu-1.yaml", "https://eu-1")
    write(clusters / "ap-1", "https://ap-1")
    async with heard(Directory(str(clusters))) as provider:
        snapshot = await provider.next()

    assert listed(snapshot) == [
        ("ap-1", "https://ap-1"),
        ("eu-1", "https://eu-1"),
        ("us-1", "https://us-1"),
    ]
    assert snapshot[0].source == f"directory {clusters / 'ap-1'}"


async def test_dot_files_leftovers_and_folders_are_no_clusters(clusters: Path) -> None:
    write(clusters / "eu-1.yaml")
    for name in (".eu-1.yaml.swp", "eu-1.yaml~", "#eu-1.yaml#", "eu-1.yaml.bak", "eu-1.lock"):
        (clusters / name).write_text("nonsense")
    (clusters / "folder").mkdir()
    (clusters / "dangling.yaml").symlink_to("nowhere")
    async with heard(Directory(str(clusters))) as provider:
        assert await provider.names() == ["eu-1"]


async def test_files_that_come_change_and_go_are_followed(clusters: Path) -> None:
    async with heard(Directory(str(clusters))) as provider:
        none = listed(await provider.next())
        write(clusters / "eu-1.yaml", "https://eu-1")
        one = listed(await provider.next())
        write(clusters / "eu-1.yaml", "https://eu-1:7443")
        changed = listed(await provider.next())
        (clusters / "eu-1.yaml").rename(clusters / "eu-2.yaml")
        renamed = listed(await provider.next())

    assert (none, one) == ([], [("eu-1", "https://eu-1")])
    assert changed == [("eu-1", "https://eu-1:7443")]
    assert renamed == [("eu-2", "https://eu-1:7443")]


def mount(volume: Path, generation: str, *names: str) -> None:
    """As the kubelet does: a new folder, `..data` turned to it at once, links made and removed."""
    folder = volume / f"..{generation}"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(yaml.safe_dump(kubeconfig(f"https://{generation}")))
    (volume / "..data_tmp").symlink_to(folder.name)
    (volume / "..data_tmp").replace(volume / "..data")
    for name in names:
        if not (volume / name).is_symlink():
            (volume / name).symlink_to(f"..data/{name}")
    for link in volume.iterdir():
        if not link.name.startswith("..") and link.name not in names:
            link.unlink()


async def test_a_mounted_secret_that_changes_is_followed(clusters: Path) -> None:
    mount(clusters, "2026-01", "eu-1.yaml", "us-1.yaml")
    async with heard(Directory(str(clusters))) as provider:
        first = listed(await provider.next())
        mount(clusters, "2026-02", "us-1.yaml", "ap-1.yaml")
        following = [listed(await provider.next())]
        while following[-1] != [("ap-1", "https://2026-02"), ("us-1", "https://2026-02")]:
            following.append(listed(await provider.next()))

    assert first == [("eu-1", "https://2026-01"), ("us-1", "https://2026-01")]


async def test_a_file_that_cannot_be_used_is_listed_and_the_others_go_on(clusters: Path) -> None:
    (clusters / "broken.yaml").write_text(f"token: [{TOKEN}")
    (clusters / "empty.yaml").touch()
    write(clusters / "eu-1.yaml", "https://eu-1")
    async with heard(Directory(str(clusters))) as provider:
        before = await provider.next()
        up = provider.metric("up", "directory")
        write(clusters / "broken.yaml", "https://mended")
        after = listed(await provider.next())

    assert listed(before) == [
        ("broken", "unauthorized"),
        ("empty", "unauthorized"),
        ("eu-1", "https://eu-1"),
    ]
    assert up == 0
    assert TOKEN not in repr(before)
    assert after[0] == ("broken", "https://mended")


async def test_a_file_that_is_half_written_stays_what_it_was(clusters: Path) -> None:
    write(clusters / "eu-1.yaml", "https://eu-1")
    async with heard(Directory(str(clusters))) as provider:
        await provider.next()
        whole = (clusters / "eu-1.yaml").read_text()
        (clusters / "eu-1.yaml").write_text(whole[: len(whole) // 2])
        await provider.silent_until(lambda: provider.metric("up", "directory") == 0)
        (clusters / "eu-1.yaml").write_text(whole)
        await provider.silent_until(lambda: provider.metric("up", "directory") == 1)
        (clusters / "eu-1.yaml").unlink()
        assert await provider.names() == []


async def test_a_broken_file_that_goes_is_no_trouble_any_more(clusters: Path) -> None:
    (clusters / "broken.yaml").write_text("nonsense")
    async with heard(Directory(str(clusters))) as provider:
        assert await provider.names() == ["broken"]
        (clusters / "broken.yaml").unlink()
        assert await provider.names() == []
        assert provider.metric("up", "directory") == 1


async def test_a_directory_that_goes_leaves_the_clusters_in_force(
    clusters: Path, tmp_path: Path
) -> None:
    write(clusters / "eu-1.yaml")
    async with heard(Directory(str(clusters))) as provider:
        await provider.next()
        clusters.rename(tmp_path / "away")
        await provider.silent_until(
            lambda: (provider.metric("failures_total", "directory") or 0) > 2
        )
        (tmp_path / "away").rename(clusters)
        write(clusters / "us-1.yaml")

        assert await provider.names() == ["eu-1", "us-1"]


def test_at_the_start_the_directory_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="absent: No such file or directory"):
        unheard(Directory(str(tmp_path / "absent"))).check()


async def test_a_file_of_the_user_s_may_name_files_and_commands(clusters: Path) -> None:
    """Unlike a Secret of a hub: whoever mounts a directory answers for what is in it."""
    (clusters / ".token").write_text(TOKEN)
    write(clusters / "a.yaml", "https://127.0.0.1:6443", tokenFile=".token")
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}
    write(clusters / "b.yaml", "https://b", exec=plugin)
    async with heard(Directory(str(clusters))) as provider:
        snapshot = await provider.next()

    assert [cluster.refusal for cluster in snapshot] == [None, None]


async def test_home_is_understood(clusters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(clusters.parent))
    write(clusters / "eu-1.yaml")
    async with heard(Directory("~/clusters")) as provider:
        assert await provider.names() == ["eu-1"]
