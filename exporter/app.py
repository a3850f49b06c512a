"""The only place where everything meets: providers → fleet → pages → web, in one TaskGroup."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import platform
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp.resolver import AsyncResolver

from exporter import settings as configured
from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import KubeconfigContexts
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.union import merged
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.fleet import Fleet
from exporter.fleet.plan import Plan, Polling
from exporter.fleet.sharding import Shard
from exporter.fleet.unit import Staleness
from exporter.kinds import KINDS
from exporter.kinds.custom.document import Document, read_document
from exporter.kubernetes.in_cluster import is_in_cluster
from exporter.kubernetes.kubeconfig import default_paths
from exporter.settings import Settings, SettingsError
from exporter.store.budget import SeriesLimit
from exporter.telemetry import Telemetry
from exporter.web.clusters import Clusters, ObservedClusters
from exporter.web.metrics import Metrics
from exporter.web.page import Pages
from exporter.web.server import main_routes, serving, telemetry_routes
from exporter.web.status import Status
from exporter.web.targets import Targets

FREEZE = 1.0
"""Seconds between two looks at whether clusters are being synced for the first time."""

_M_MMAP_THRESHOLD = -3
"""Of mallopt(3), from malloc.h."""

_LARGE = 128 * 1024
"""Bytes from which a block has pages of its own: glibc's first setting, which it would raise."""

log = structlog.get_logger()


def selection(settings: Settings) -> Selection:
    """Which families are written, and how."""
    collect = settings.collect
    return Selection(
        cluster_label=settings.cluster_label,
        metric_allowlist=collect.metric_allowlist,
        metric_denylist=collect.metric_denylist,
        metric_opt_in_list=collect.metric_opt_in_list,
        labels_allow_list=collect.labels_allow_list,
        annotations_allow_list=collect.annotations_allow_list,
        object_labels=collect.object_labels,
        label_value_limit=collect.label_value_limit,
    )


def plan(settings: Settings) -> Plan:
    """
    What is read of every cluster.

    Raises:
        SettingsError: the document about custom resources cannot be used.
    """
    collect = settings.collect
    chosen = selection(settings)
    return Plan(
        kinds={
            kind: KindWriter(kind, chosen)
            for kind in KINDS
            if kind.resource in collect.resources and not collect.custom_resources_only
        },
        events=settings.events.enabled,
        staleness=Staleness(settings.staleness.hold, settings.staleness.first_sync),
        polling=Polling(frozenset(collect.poll.resources), collect.poll.interval),
        namespaces=collect.namespaces,
        namespaces_denylist=collect.namespaces_denylist,
        pods_selector=_pods_selector(collect),
        shard=Shard(collect.shard, collect.total_shards) if collect.total_shards > 1 else None,
        series_limit=SeriesLimit(settings.series_limit.cluster, settings.series_limit.family),
        selection=chosen,
        custom_resources=_custom_resources(collect.custom_resource_state_config_file),
    )


def _custom_resources(file: str) -> Document | None:
    if not file:
        return None

    try:
        return read_document(Path(file).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error


def _pods_selector(collect: configured.Collect) -> str:
    if collect.track_unscheduled_pods:
        return "spec.nodeName="

    return f"spec.nodeName={collect.node}" if collect.node else ""


def providers(settings: Settings, telemetry: Telemetry) -> list[Provider]:
    """
    The sources of clusters. Without any in the settings: the default kubeconfig, or in a pod
    without one the cluster around it.
    """
    declared = settings.discovery
    if not declared:
        in_pod = is_in_cluster() and not any(path.exists() for path in default_paths())
        declared = (configured.InCluster() if in_pod else configured.Kubeconfig(),)

    return [_provider(one, telemetry) for one in declared]


def _provider(declared: configured.AnyProvider, telemetry: Telemetry) -> Provider:
    match declared:
        case configured.Kubeconfig(files, contexts):
            paths = [Path(file) for file in files] or default_paths()
            return KubeconfigContexts(paths, contexts, telemetry)

        case configured.InCluster(name):
            return InCluster(name)


@dataclass(frozen=True)
class Serving:
    """An exporter that is being served: its fleet, and the URLs of its two ports."""

    fleet: Fleet
    metrics: str
    telemetry: str


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Serving]:
    """
    Discover, observe and serve until the block ends.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        AddressError: a port is taken.
    """
    telemetry = Telemetry()
    sources = providers(settings, telemetry)
    await asyncio.to_thread(first_snapshot, sources)

    async def page() -> bytes:
        return telemetry.page()

    async with (
        reading(settings, telemetry) as (fleet, clusters),
        listening(settings, clusters, telemetry, page, lambda: observe(fleet, sources)) as ports,
    ):
        yield Serving(fleet, *ports)


async def observe(fleet: Fleet, sources: Sequence[Provider]) -> None:
    """Read whatever the providers find, for ever."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_freeze_what_was_synced(fleet))
        group.create_task(fleet.run(sources))


@asynccontextmanager
async def reading(
    settings: Settings, telemetry: Telemetry
) -> AsyncIterator[tuple[Fleet, ObservedClusters]]:
    """A fleet that does not run yet, and its pages."""
    if settings.collect.poll.resources:
        _prefer_memory()

    chosen = plan(settings)
    resolver = AsyncResolver()
    try:
        fleet = Fleet(chosen, telemetry, resolver)
        yield fleet, ObservedClusters(fleet, Pages(chosen.kinds, settings.cluster_label))
    finally:
        await resolver.close()


@asynccontextmanager
async def listening(
    settings: Settings,
    clusters: Clusters,
    telemetry: Telemetry,
    telemetry_page: Callable[[], Awaitable[bytes]],
    run: Callable[[], Coroutine[None, None, None]],
) -> AsyncIterator[tuple[str, str]]:
    """The URLs of both ports. What is to `run` meanwhile is cancelled when the block ends."""
    status = Status(clusters)
    metrics = Metrics(clusters, telemetry)
    targets = Targets(clusters, settings.cluster_label, settings.web.external_url)
    routes = main_routes(metrics, targets, status)
    own_routes = telemetry_routes(telemetry_page, status)
    async with AsyncExitStack() as ports:
        main = await ports.enter_async_context(serving(routes, settings.web.listen))
        own = await ports.enter_async_context(serving(own_routes, settings.telemetry.listen))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(run(), name="clusters")
            log.info("serving", metrics=main, telemetry=own)
            yield main, own
            status.stopping = True
            running.cancel()
            await ports.aclose()  # meanwhile: both may take seconds


def settle() -> None:
    """
    What is set once for the process, since it serves until it ends. What is imported stays for
    ever: the garbage collector need not look at it again.
    """
    gc.collect()
    gc.freeze()


def _prefer_memory() -> None:
    """
    Keep glibc from learning that large blocks are short-lived, after which it would take the
    buffers of every connection from a heap that only grows: with 1,000 clusters 1,190 MB instead
    of 860. What large blocks are for then takes a tenth more time, so it is for those alone who
    poll because they have very many clusters.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


async def _freeze_what_was_synced(fleet: Fleet) -> None:
    """
    Keep the garbage collector from what a first sync brings, for ever. Objects stay for long and
    have no cycles; looking through those of 100 clusters would hold the loop for 240 ms each time.
    """
    while True:
        await asyncio.sleep(FREEZE)
        if any(one.unit and not one.unit.complete for one in fleet.observations.values()):
            gc.freeze()


async def run(served: AbstractAsyncContextManager[object]) -> None:
    """Serve, by one process or several, until SIGTERM or SIGINT."""
    async with served:
        await stop_requested()
        log.info("stopping")


def first_snapshot(sources: Sequence[Provider]) -> Snapshot:
    """
    What all providers find now; shows what is wrong with the settings before anything starts.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
    """
    return merged(dict(enumerate(source.first() for source in sources)))


async def stop_requested() -> None:
    """Until SIGTERM or SIGINT; a second one ends the process at once."""
    requested = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

        requested.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, request)

    await requested.wait()
