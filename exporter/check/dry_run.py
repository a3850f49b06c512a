"""A dry run: what the exporter would find, and what would keep it from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from aiohttp.resolver import AsyncResolver

from exporter.check.cluster import Turns, ask_cluster
from exporter.check.report import ClusterReport
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.union import united
from exporter.kubernetes.errors import Unreachable
from exporter.planning import Planning
from exporter.settings import Settings, SettingsError
from exporter.sources import check_sources, declared, unheard
from exporter.web.web_config import WebConfigError
from exporter.web.web_config_file import load

REACHED_AT_ONCE = 200
ASKED_AT_ONCE = 20
"""Clusters; see `Turns`."""

DISCOVERY_DEADLINE = 30.0
"""Seconds for a source of clusters to say what there is."""

Progress = Callable[[int, int], None]
"""Told how many clusters have been checked, and how many there are."""


async def check(settings: Settings, progress: Progress) -> list[ClusterReport]:
    """
    Ask every cluster that is discovered, many at a time.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        SettingsError: a document that the settings name cannot be used.
    """
    plans = Planning().plans(settings)
    try:
        load(settings.web.web_config_file)
    except WebConfigError as error:
        raise SettingsError(str(error)) from error

    clusters = [plans.cluster(one) for one in await discovered(settings)]
    reports = [ClusterReport(one) for one in clusters]
    turns = Turns(asyncio.Semaphore(REACHED_AT_ONCE), asyncio.Semaphore(ASKED_AT_ONCE))
    resolver = AsyncResolver()
    done = 0

    async def ask(report: ClusterReport) -> None:
        nonlocal done
        await ask_cluster(report, plans.plan(report.cluster.name), resolver, turns)
        done += 1
        progress(done, len(reports))

    try:
        progress(0, len(reports))
        async with asyncio.TaskGroup() as group:
            for report in reports:
                group.create_task(ask(report))
    finally:
        await resolver.close()

    _tell_duplicates(reports)
    return reports


async def discovered(settings: Settings) -> Snapshot:
    """
    The clusters that the providers find now, in their order; those whose name another one has come
    last.

    Raises:
        KubernetesError: what is configured cannot be used, or a source says nothing in time.
    """
    sources = [unheard(one) for one in declared(settings)]
    await asyncio.to_thread(check_sources, sources)
    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(_first(source)) for source in sources]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None

    union = united([task.result() for task in asked])
    return (*union.clusters, *union.conflicts)


async def _first(source: Provider) -> Snapshot:
    try:
        async with asyncio.timeout(DISCOVERY_DEADLINE), aclosing(source.snapshots()) as snapshots:
            return await anext(snapshots)
    except TimeoutError:
        seconds = f"{DISCOVERY_DEADLINE:.0f} s"
        raise Unreachable("timeout", f"{source.name}: says nothing within {seconds}") from None


def _tell_duplicates(reports: list[ClusterReport]) -> None:
    """Of several names of one cluster the first in configuration order is read."""
    first: dict[str, ClusterReport] = {}
    for report in reports:
        if not report.uid or report.problem:
            continue

        if (other := first.setdefault(report.uid, report)) is not report:
            report.problem = f"duplicate: is the same cluster as {other.cluster.name}"
