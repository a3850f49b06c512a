"""The dry run asks every cluster, each of them once, and says so."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from exporter.check import cluster, dry_run
from exporter.check.dry_run import check, discovered
from exporter.check.report import ClusterReport
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.kubernetes.errors import KubernetesError
from exporter.settings import Settings, SettingsError, Web
from tests.check.conftest import server, settings, unseen
from tests.web.exporter import NOBODY


async def test_one_dead_cluster_is_told_beside_the_good_ones(tmp_path: Path) -> None:
    async with server(pods=1).serving() as url:
        good, dead = await check(settings(tmp_path, {"good": url, "dead": NOBODY}), unseen)

    assert good.well
    assert not dead.well
    assert dead.problem.startswith("TCP: cannot connect to 127.0.0.1, port 9")


async def test_two_names_of_one_cluster_are_told_and_the_first_is_read(tmp_path: Path) -> None:
    async with server(pods=1).serving() as url:
        first, second = await check(settings(tmp_path, {"a": url, "b": url}), unseen)

    assert first.well
    assert second.problem == "duplicate: is the same cluster as a"


async def test_a_second_source_of_a_name_is_told_with_its_conflict(tmp_path: Path) -> None:
    async with server(pods=1).serving() as url:
        once = settings(tmp_path, {"a": url}).discovery
        first, second = await check(Settings(discovery=(*once, *once)), unseen)

    assert first.well
    assert second.problem.startswith("name-conflict: another cluster has its name")


async def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen = []
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(server(1, name).serving()) for name in "abc"}
        await check(settings(tmp_path, urls), lambda *progress: seen.append(progress))

    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


async def test_clusters_wait_for_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "REACHED_AT_ONCE", 1)
    monkeypatch.setattr(dry_run, "ASKED_AT_ONCE", 1)
    async with server(pods=1).serving() as url, server(2, "eu-2").serving() as other:
        reports = await check(settings(tmp_path, {"a": url, "b": other}), unseen)

    assert [report.well for report in reports] == [True, True]


async def test_a_cluster_that_hangs_when_asked_keeps_nobody_from_being_found_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "ASKED_AT_ONCE", 1)
    done = asyncio.Event()

    async def hang(report: ClusterReport, _: object) -> None:
        await done.wait()

    def seen(count: int, _: int) -> None:
        if count == 2:
            done.set()

    monkeypatch.setattr(cluster, "_meet", hang)
    async with server(pods=1).serving() as url:
        urls = {"hangs": url, "dead": NOBODY, "dead too": NOBODY}
        reports = await check(settings(tmp_path, urls), seen)

    assert [report.problem[:3] for report in reports] == ["", "TCP", "TCP"]


async def test_a_source_that_cannot_be_used_is_one_error(tmp_path: Path) -> None:
    wanted = Settings(discovery=(Kubeconfig((str(tmp_path / "none"),)),))

    with pytest.raises(KubernetesError):
        await discovered(wanted)


async def test_a_web_configuration_that_cannot_be_used_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("users: {}")
    wanted = Settings(web=Web(web_config_file=str(tmp_path / "web.yml")))
    with pytest.raises(SettingsError, match=r"web\.yml: users: unknown key"):
        await check(wanted, unseen)


async def test_what_is_discovered_comes_in_the_order_of_the_configuration(tmp_path: Path) -> None:
    found = await discovered(settings(tmp_path, {"b": NOBODY, "a": NOBODY}))

    assert [one.name for one in found] == ["b", "a"]
