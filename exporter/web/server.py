"""Two listeners: the pages, and what the exporter says of itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import web

from exporter.web.access import Access
from exporter.web.client import Client
from exporter.web.entrance import Entrance
from exporter.web.metrics import Metrics
from exporter.web.status import Status
from exporter.web.targets import Targets

SHUTDOWN = 1.5
"""Seconds that scrapes under way are given to end, twice: aiohttp waits as long once more."""

HANDSHAKE = 10.0
"""Seconds for a TLS handshake."""

_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


class AddressError(Exception):
    """An address that cannot be listened on; one line that says which and why."""


def main_routes(metrics: Metrics, targets: Targets, status: Status) -> list[web.RouteDef]:
    """What the main port answers."""
    clusters = {
        "/metrics": metrics.everything,
        "/metrics/fleet": metrics.fleet,
        "/federate": metrics.federate,
        # Prometheus escapes no slash: a cluster named by an ARN has some, see targets.py.
        "/clusters/{cluster:(?s:.+)}/metrics": metrics.cluster,
        "/sd": targets.service_discovery,
        "/api/v1/clusters": targets.clusters,
    }
    return [
        *(web.get(path, status.once_discovered(handler)) for path, handler in clusters.items()),
        web.get("/", status.page),
        *_health_routes(status),
    ]


def telemetry_routes(page: Callable[[], Awaitable[bytes]], status: Status) -> list[web.RouteDef]:
    """What the telemetry port answers."""

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=await page(), headers=_TEXT)

    return [web.get("/metrics", metrics), *_health_routes(status)]


def _health_routes(status: Status) -> list[web.RouteDef]:
    """Prometheus' paths, and those that Kubernetes users expect."""
    return [
        web.get("/-/healthy", status.healthy),
        web.get("/livez", status.healthy),
        web.get("/-/ready", status.ready),
        web.get("/readyz", status.ready),
    ]


@asynccontextmanager
async def serving(
    routes: Sequence[web.RouteDef], address: str, access: Access | None = None
) -> AsyncIterator[str]:
    """
    Listen on ``HOST:PORT`` and yield the URL; port 0 picks a free one, an empty host is all.
    Without `access` everybody may ask for everything.

    Raises:
        AddressError: the address is no address, or somebody else listens there.
    """
    host, port = _host_and_port(address)
    context = access.context if access is not None else None
    scheme, patience = ("http", None) if context is None else ("https", HANDSHAKE)
    async with _answering(routes, entrance := Entrance(access)) as runner:
        clients = _clients(runner, entrance)
        try:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                clients, host or None, port, ssl=context, ssl_handshake_timeout=patience
            )
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AddressError(f"cannot listen on {address}: {reason}") from error

        try:
            yield _url(scheme, server.sockets[0].getsockname()[1], host)
        finally:
            server.close()


def _clients(runner: web.AppRunner, entrance: Entrance) -> Callable[[], Client]:
    """What makes of each connection one whose requests pass the entrance."""
    manager = runner.server
    assert manager is not None  # noqa: S101  it was set up
    manager.request_handler = partial(entrance.answer, manager.request_handler)
    open_: set[Client] = set()
    return lambda: Client(manager, open_)


@asynccontextmanager
async def serving_socket(routes: Sequence[web.RouteDef], path: Path) -> AsyncIterator[None]:
    """
    Listen on a Unix socket that is made at `path`.

    Raises:
        OSError: it cannot be made there.
    """
    async with _answering(routes, Entrance(None)) as runner:
        await web.UnixSite(runner, path).start()
        yield


@asynccontextmanager
async def _answering(
    routes: Sequence[web.RouteDef], entrance: Entrance
) -> AsyncIterator[web.AppRunner]:
    """What answers, wherever it is made to listen."""
    application = web.Application()
    application.add_routes(routes)
    application.on_response_prepare.append(entrance.add_headers)
    runner = web.AppRunner(
        application,
        access_log=None,
        handler_cancellation=True,  # a scraper that has gone away costs nothing more
        shutdown_timeout=SHUTDOWN,
    )
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        raise AddressError(f"{address}: an address is HOST:PORT, such as 127.0.0.1:8080 or :8080")

    return host.strip("[]"), int(port)


def _url(scheme: str, port: int, host: str) -> str:
    name = host if host not in ("", "0.0.0.0", "::") else socket.gethostname()
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"
