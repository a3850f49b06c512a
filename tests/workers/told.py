"""Clusters that are what a test says they are, and workers that have them."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from exporter.exposition.negotiation import Format
from exporter.exposition.segment import deflate
from exporter.fleet.claims import Claims
from exporter.store.section import Column
from exporter.telemetry import Telemetry
from exporter.web.clusters import BrokenPage, Listing
from exporter.web.description import Description
from exporter.web.page import Choice
from exporter.web.server import serving_socket
from exporter.workers.front import DividedClusters, divided_clusters
from exporter.workers.process import sockets
from exporter.workers.server import ToldClaims, worker_routes
from tests.exposition.whole import page_of


class Told:
    """Clusters with one series each, of a family that they share."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.known = True
        self.incomplete: set[str] = set()
        self.asked: list[tuple[Choice, Format]] = []
        self.let_go = asyncio.Event()
        self.applied: list[bytes] = []
        self.problem = ""
        self.claims = Claims()
        self.heard = 0

    async def apply(self, settings: bytes) -> str:
        self.applied.append(settings)
        return self.problem

    def hear(self, told: ToldClaims) -> dict[str, str]:
        self.heard += 1
        self.claims.hear(told.elsewhere, told.before)
        return self.claims.here

    async def discovered(self) -> bool:
        return self.known

    @asynccontextmanager
    async def page(
        self, choice: Choice, format_: Format
    ) -> AsyncGenerator[AsyncIterator[Column], None]:
        self.asked.append((choice, format_))
        chosen = [one for one in self.names if choice.clusters is None or one in choice.clusters]
        try:
            yield self.columns(chosen)
        finally:
            self.let_go.set()

    async def columns(self, names: Iterable[str]) -> AsyncIterator[Column]:
        header = deflate(b"# TYPE up gauge\n")
        yield Column((1, "", 0), header, [deflate(line(name)) for name in names])

    @asynccontextmanager
    async def page_of(
        self, cluster: str, choice: Choice, format_: Format
    ) -> AsyncGenerator[AsyncIterator[Column], None]:
        self.asked.append((choice, format_))
        if cluster not in self.names:
            raise web.HTTPNotFound(text="no such cluster\n")

        if cluster in self.incomplete:
            raise web.HTTPServiceUnavailable(text="incomplete\n")

        yield self.columns([cluster])

    async def listing(self) -> Listing:
        return Listing([description(name) for name in self.names], whole=True)


class Endless(Told):
    """Their page is never through."""

    async def columns(self, names: Iterable[str]) -> AsyncIterator[Column]:
        while True:
            yield Column((1, "", 0), b"", (deflate(random.randbytes(100_000)),))


class Breaking(Told):
    """Their page ends in the middle."""

    async def columns(self, names: Iterable[str]) -> AsyncIterator[Column]:
        async for column in super().columns(names):
            yield column

        for place in range(100):
            yield Column((2, "", place), b"", (deflate(random.randbytes(100_000)),))

        raise BrokenPage("it ends here")


class Searching(Told):
    """They look for long, and say so."""

    async def columns(self, names: Iterable[str]) -> AsyncIterator[Column]:
        for _ in range(20):
            yield Column((0, "", 0), b"", ())
            await asyncio.sleep(0.05)

        async for column in super().columns(names):
            yield column


class Silent(Told):
    """They never answer."""

    async def discovered(self) -> bool:
        await asyncio.Event().wait()
        return True


def line(cluster: str) -> bytes:
    return f'up{{cluster="{cluster}"}} 1\n'.encode()


def description(name: str) -> Description:
    return Description(
        name=name,
        source=f"told {name}",
        provider="told",
        uid=f"uid of {name}",
        up=True,
        conditions=(),
        version="v1.36.3",
        labels={"team": "shop"},
        objects={"pods": 2},
        series={"pods": 20},
    )


@asynccontextmanager
async def workers(*told: Told | None) -> AsyncIterator[DividedClusters]:
    """A front, and a worker for each of `told`; of None there is no worker."""
    with sockets(len(told)) as paths:
        async with AsyncExitStack() as stack:
            for path, clusters in zip(paths, told, strict=True):
                if clusters is not None:
                    routes = worker_routes(clusters, Telemetry(), clusters.apply, clusters.hear)
                    await stack.enter_async_context(serving_socket(routes, path))

            yield await stack.enter_async_context(divided_clusters(paths))


async def text(columns: AsyncIterator[Column], format_: Format) -> bytes:
    """A whole page."""
    found = [column async for column in columns]
    return page_of(found, format_).encode()
