"""The only place where everything meets: providers → fleet → pages → web, in one TaskGroup."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog
from aiohttp.resolver import AsyncResolver
from isal import isal_zlib

from exporter import settings as configured
from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import KubeconfigContexts
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.union import merged
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.fleet import Fleet
from exporter.fleet.plan import Plan
from exporter.fleet.sharding import Shard
from exporter.fleet.unit import Staleness
from exporter.kinds import KINDS
from exporter.kinds.custom.document import Document, read_document
from exporter.kubernetes.in_cluster import is_in_cluster
from exporter.kubernetes.kubeconfig import default_paths
from exporter.settings import Settings, SettingsError
from exporter.telemetry import Telemetry
from exporter.web.metrics import Metrics
from exporter.web.page import Pages
from exporter.web.server import main_routes, serving, telemetry_routes
from exporter.web.status import Status
from exporter.web.targets import Targets

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
        namespaces=collect.namespaces,
        namespaces_denylist=collect.namespaces_denylist,
        pods_selector=_pods_selector(collect),
        shard=Shard(collect.shard, collect.total_shards) if collect.total_shards > 1 else None,
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
    resolver = AsyncResolver()
    chosen = plan(settings)
    fleet = Fleet(chosen, telemetry, resolver)
    status = Status(fleet)
    metrics = Metrics(fleet, Pages(chosen.kinds, settings.cluster_label), telemetry)
    targets = Targets(fleet, settings.cluster_label, settings.web.external_url)
    try:
        async with (
            serving(main_routes(metrics, targets, status), settings.web.listen) as main,
            serving(telemetry_routes(telemetry, status), settings.telemetry.listen) as own,
            asyncio.TaskGroup() as group,
        ):
            observing = group.create_task(fleet.run(sources), name="fleet")
            log.info("serving", metrics=main, telemetry=own)
            yield Serving(fleet, main, own)
            status.stopping = True
            observing.cancel()
    finally:
        await resolver.close()


def settle() -> None:
    """
    What is set once for the process, since it serves until it ends.

    Lists come compressed, and isal reads them several times faster than zlib. What is imported
    stays for ever: the garbage collector need not look at it again.
    """
    aiohttp.set_zlib_backend(isal_zlib)
    gc.collect()
    gc.freeze()


async def run(settings: Settings) -> None:
    """`serve` until SIGTERM or SIGINT."""
    async with serve(settings):
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
