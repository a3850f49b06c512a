"""The exporter as several processes: a front that is scraped, and workers that read clusters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from exporter import app
from exporter.settings import Settings
from exporter.telemetry import Telemetry
from exporter.web.server import serving_socket
from exporter.workers.front import divided_clusters
from exporter.workers.process import Assignment, front_gone, keep_running, sockets
from exporter.workers.rendezvous import Share
from exporter.workers.server import worker_routes
from exporter.workers.telemetry import joined


@asynccontextmanager
async def serve(settings: Settings, command: Sequence[str]) -> AsyncIterator[None]:
    """
    Serve until the block ends what workers observe, which `command` starts; see `work`.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
        SettingsError: the document about custom resources cannot be used.
        AddressError: a port is taken.
        SocketError: the workers have no place for their sockets.
    """
    telemetry = Telemetry()
    await asyncio.to_thread(app.first_snapshot, app.providers(settings, telemetry))
    app.plan(settings)
    given = msgspec.Raw(msgspec.json.encode(settings, enc_hook=float))
    with sockets(settings.workers) as paths:
        assignments = [
            Assignment(number, settings.workers, str(path), given)
            for number, path in enumerate(paths)
        ]
        async with divided_clusters(paths) as clusters:

            async def page() -> bytes:
                pages = await clusters.telemetry()
                for number in range(settings.workers):
                    telemetry.worker_up.labels(str(number)).set(number in pages)

                return joined(telemetry.registry, pages)

            def run() -> Coroutine[None, None, None]:
                return keep_running(command, assignments, telemetry)

            async with app.listening(settings, clusters, telemetry, page, run):
                yield


async def work(assignment: Assignment) -> None:
    """Observe a share of the clusters for the front, until that has gone or says so."""
    settings = msgspec.json.decode(
        assignment.settings, type=Settings, dec_hook=lambda duration, value: duration(value)
    )
    telemetry = Telemetry()
    sources = [
        Share(source, assignment.worker, assignment.workers)
        for source in app.providers(settings, telemetry)
    ]
    socket = Path(assignment.socket)
    async with (
        app.reading(settings, telemetry) as (fleet, clusters),
        serving_socket(worker_routes(clusters, telemetry), socket),
        asyncio.TaskGroup() as group,
    ):
        observing = group.create_task(app.observe(fleet, sources), name="clusters")
        ends = [group.create_task(app.stop_requested()), group.create_task(front_gone(socket))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (observing, *ends):
            task.cancel()
