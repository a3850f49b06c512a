"""The only place where everything meets: providers → fleet → pages → web, in one TaskGroup."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import platform
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from exporter.fleet.fleet import Fleet
from exporter.fleet.plan import Plan
from exporter.fleet.plans import Plans
from exporter.fleet.unit import Staleness
from exporter.planning import Planning
from exporter.reload import Origin, Reload
from exporter.settings import KubernetesAuthorization, Settings, SettingsError
from exporter.sources import Sources
from exporter.sources import check_sources as check_sources
from exporter.telemetry import Telemetry
from exporter.web.access import Access, Hub, Wanted, access
from exporter.web.clusters import Clusters, ObservedClusters
from exporter.web.lifecycle import lifecycle_routes
from exporter.web.metrics import Metrics
from exporter.web.page import Pages
from exporter.web.server import main_routes, serving, telemetry_routes
from exporter.web.status import Status
from exporter.web.targets import Targets
from exporter.web.web_config import WebConfigError

FREEZE = 1.0
"""Seconds between two looks at whether clusters are being synced for the first time."""

_M_MMAP_THRESHOLD = -3
"""Of mallopt(3), from malloc.h."""

_LARGE = 128 * 1024
"""Bytes from which a block has pages of its own: glibc's first setting, which it would raise."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Serving:
    """An exporter that is being served: its fleet, and the URLs of its two ports."""

    fleet: Fleet
    metrics: str
    telemetry: str


class Exporter(Protocol):
    """What is served: its clusters, and what it says of itself."""

    telemetry: Telemetry

    @property
    def clusters(self) -> Clusters:
        """Those that are read."""
        ...

    async def page(self) -> bytes:
        """That of the telemetry port."""
        ...

    async def run(self) -> None:
        """Read the clusters, for ever."""
        ...

    async def apply(self, settings: Settings) -> None:
        """
        Go on by these settings.

        Raises:
            SettingsError, KubernetesError, WorkersError: they cannot be used.
        """
        ...


class Reader:
    """
    Reads clusters in this process, by settings that may change.

    Args:
        reads: whether this process is the one that reads the cluster of a name.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        resolver: AbstractResolver,
        reads: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.telemetry = telemetry
        self._planning = Planning()
        self._sources = Sources(lambda source, health: source.provider(health), telemetry)
        nothing = Plans(Plan({}, False, Staleness()))
        self.fleet = Fleet(nothing, telemetry, resolver, reads)
        self.clusters = ObservedClusters(self.fleet, Pages({}, ""))

    async def page(self) -> bytes:
        """What this process says of itself."""
        return self.telemetry.page()

    async def apply(self, settings: Settings) -> None:
        """
        Only what differs begins anew: sources that are declared as before go on, and so do clusters
        of which the same is read. Raises before anything changes.
        """
        sources = await self._sources.prepared(settings)
        plans = await asyncio.to_thread(self._planning.plans, settings)
        if settings.collect.poll.resources:
            _prefer_memory()

        # Both without a pause: pages and stores have to agree on the families.
        self.clusters.pages = Pages(plans.kinds, settings.cluster_label)
        self.fleet.change(plans)
        if sources != self._sources.all:
            self._sources.change(sources)
            await self.fleet.follow(sources)

    async def run(self) -> None:
        """Read whatever the sources find, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_freeze_what_was_synced(self.fleet))
            group.create_task(self._sources.run())
            group.create_task(self.fleet.run(self._sources.all))


@asynccontextmanager
async def serve(settings: Settings, origin: Origin | None = None) -> AsyncIterator[Serving]:
    """
    Discover, observe and serve until the block ends; by what the origin says, if there is one.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        SettingsError: the document about custom resources cannot be used.
        AddressError: a port is taken.
    """
    async with (
        reading(settings, Telemetry()) as reader,
        listening(settings, origin or Origin(lambda: settings), reader) as ports,
    ):
        yield Serving(reader.fleet, *ports)


@asynccontextmanager
async def reading(
    settings: Settings,
    telemetry: Telemetry,
    reads: Callable[[str], bool] = lambda _: True,
) -> AsyncIterator[Reader]:
    """
    What reads the clusters when it is run.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        SettingsError: the document about custom resources cannot be used.
    """
    resolver = AsyncResolver()
    try:
        reader = Reader(telemetry, resolver, reads)
        await reader.apply(settings)
        yield reader
    finally:
        await resolver.close()


@asynccontextmanager
async def listening(
    settings: Settings, origin: Origin, exporter: Exporter
) -> AsyncIterator[tuple[str, str]]:
    """The URLs of both ports. The exporter runs meanwhile, by what the origin says."""
    clusters, telemetry = exporter.clusters, exporter.telemetry
    status = Status(clusters)
    targets = Targets(clusters, settings.cluster_label, settings.web.external_url)

    async with AsyncExitStack() as ports:
        allowed = await ports.enter_async_context(_access(settings, telemetry))

        async def apply(changed: Settings) -> None:
            with _unusable():
                prepared = await allowed.prepared(_wanted(changed))
                allowed.check(prepared.file)
                await exporter.apply(changed)
                await allowed.change(prepared)

            targets.change(changed.cluster_label, changed.web.external_url)

        reload = Reload(settings, origin, apply, telemetry)
        routes = [
            *main_routes(Metrics(clusters, telemetry), targets, status),
            *lifecycle_routes(reload.now, lambda: reload.settings.web.lifecycle),
        ]
        own_routes = telemetry_routes(exporter.page, status)
        ports.enter_context(reload.heeding_signals())
        main = await ports.enter_async_context(serving(routes, settings.web.listen, allowed))
        own = await ports.enter_async_context(
            serving(own_routes, settings.telemetry.listen, allowed)
        )
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(exporter.run(), name="clusters"),
                group.create_task(reload.run(), name="settings"),
                group.create_task(allowed.run(), name="web configuration"),
            ]
            log.info("serving", metrics=main, telemetry=own)
            yield main, own
            status.stopping = True
            for task in running:
                task.cancel()

            await ports.aclose()  # meanwhile: both may take seconds


@asynccontextmanager
async def _access(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Access]:
    resolver = AsyncResolver()
    try:
        async with AsyncExitStack() as stack:
            with _unusable():
                wanted = _wanted(settings)
                allowed = await stack.enter_async_context(access(wanted, telemetry, resolver))

            yield allowed
    finally:
        await resolver.close()


def _wanted(settings: Settings) -> Wanted:
    match settings.web.kubernetes_authorization:
        case KubernetesAuthorization(kubeconfig, context):
            hub: Hub | None = Hub(kubeconfig, context)
        case asked_for:
            hub = Hub() if asked_for else None

    return Wanted(settings.web.web_config_file, hub)


@contextmanager
def _unusable() -> Iterator[None]:
    """A web configuration that cannot be used is a setting that cannot."""
    try:
        yield
    except WebConfigError as error:
        raise SettingsError(str(error)) from error


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
