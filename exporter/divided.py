"""The exporter as several processes: a front that is scraped, and workers that read clusters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from exporter import app
from exporter.discovery.providers import AnyProvider
from exporter.kubernetes.errors import KubernetesError
from exporter.planning import Planning
from exporter.reload import Origin, WorkersError
from exporter.settings import Settings, SettingsError
from exporter.sources import check_sources, declared, unheard
from exporter.telemetry import Telemetry
from exporter.web.server import serving_socket
from exporter.workers.front import DividedClusters, divided_clusters
from exporter.workers.process import Assignment, front_gone, keep_running, sockets
from exporter.workers.rendezvous import owner
from exporter.workers.server import ToldClaims, worker_routes
from exporter.workers.telemetry import joined


class Front:
    """What is scraped: it reads no cluster, and passes settings on to those who do."""

    def __init__(
        self, clusters: DividedClusters, paths: Sequence[Path], command: Sequence[str]
    ) -> None:
        self.clusters = clusters
        self.telemetry = Telemetry()
        self._paths = paths
        self._command = command
        self._declared: tuple[AnyProvider, ...] = ()
        self._assignments: list[Assignment] = []

    async def page(self) -> bytes:
        """What all processes say of themselves."""
        pages = await self.clusters.telemetry()
        for number in range(len(self._paths)):
            self.telemetry.worker_up.labels(str(number)).set(number in pages)

        return joined(self.telemetry.registry, pages)

    async def run(self) -> None:
        """Keep the workers running, and let them know of each other's clusters."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running(self._command, self._assignments, self.telemetry))
            group.create_task(self.clusters.exchange_claims())

    async def begin(self, settings: Settings) -> bytes:
        """
        Have workers that start from now on read by these settings, which are returned as they are
        told.

        Raises:
            KubernetesError: clusters cannot be discovered with what is configured.
            SettingsError: the document about custom resources cannot be used.
        """
        new = [one for one in declared(settings) if one not in self._declared]
        await asyncio.to_thread(check_sources, [unheard(one) for one in new])
        await asyncio.to_thread(Planning().plans, settings)
        told = msgspec.json.encode(settings, enc_hook=float)
        workers = len(self._paths)
        self._declared = declared(settings)
        self._assignments[:] = [
            Assignment(number, workers, str(path), msgspec.Raw(told))
            for number, path in enumerate(self._paths)
        ]
        return told

    async def apply(self, settings: Settings) -> None:
        """
        Have all workers go on by these settings.

        Raises:
            KubernetesError, SettingsError: as `begin`; nothing has changed then.
            WorkersError: some workers did not take them.
        """
        if problem := await self.clusters.apply(await self.begin(settings)):
            raise WorkersError(problem)


@asynccontextmanager
async def serve(settings: Settings, origin: Origin, command: Sequence[str]) -> AsyncIterator[None]:
    """
    Serve until the block ends what workers observe, which `command` starts; see `work`.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        SettingsError: the document about custom resources cannot be used.
        AddressError: a port is taken.
        SocketError: the workers have no place for their sockets.
    """
    with sockets(settings.workers) as paths:
        async with divided_clusters(paths) as clusters:
            front = Front(clusters, paths, command)
            await front.begin(settings)
            async with app.listening(settings, origin, front):
                yield


async def work(assignment: Assignment) -> None:
    """Observe a share of the clusters for the front, until that has gone or says so."""
    telemetry = Telemetry()
    socket = Path(assignment.socket)

    def reads(cluster: str) -> bool:
        return owner(cluster, assignment.workers) == assignment.worker

    async def apply(told: bytes) -> str:
        try:
            await reader.apply(_decoded(told))
        except (KubernetesError, SettingsError) as error:
            return str(error)

        return ""

    def hear(told: ToldClaims) -> dict[str, str]:
        claims = reader.fleet.claims
        claims.hear(told.elsewhere, told.before)
        return claims.here

    async with (
        app.reading(_decoded(assignment.settings), telemetry, reads) as reader,
        serving_socket(worker_routes(reader.clusters, telemetry, apply, hear), socket),
        asyncio.TaskGroup() as group,
    ):
        observing = group.create_task(reader.run(), name="clusters")
        ends = [group.create_task(app.stop_requested()), group.create_task(front_gone(socket))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (observing, *ends):
            task.cancel()


def _decoded(told: bytes | msgspec.Raw) -> Settings:
    return msgspec.json.decode(
        told, type=Settings, dec_hook=lambda duration, value: duration(value)
    )
