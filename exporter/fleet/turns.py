"""
Who waits for whom when a fleet is read: of all clusters only a few are met, and listed, at once.

Asking costs time and nothing else, so many lists wait for their API servers. What the answers bring
is memory (a page of 500 pods is 7.5 MB of JSON) and work during which the event loop does nothing
else, so few are received and written.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

import aiohttp

from exporter.fleet.gate import Gate, Turn
from exporter.kubernetes.connection import Connection, Verb
from exporter.kubernetes.follow import Followable
from exporter.kubernetes.objects import HasMetadata
from exporter.kubernetes.resource import Page

MEETINGS = 32
"""Clusters that are met at once: each takes a TLS handshake, and several requests."""

LISTS = 32
"""Lists at once, over all clusters. To a thousand clusters that answer within 150 ms and have 33
kinds each, it takes two and a half minutes to send as many."""

PAGES = 3
"""Pages of lists that are received and written at once. Measured with 12 clusters of 500 pods of
15 kB, the longest pause of the event loop: 35 ms with 2, 40 with 3, 45 with 4, 80 with 8, 130
without a bound; the first sync took the same CPU with each."""

PATIENCE = 0.5
"""Seconds to wait for a cluster before another one may begin. With half of 1,000 clusters silent,
the last of the others is met 8 seconds later for it."""

T = TypeVar("T", bound=HasMetadata)

_answered: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("answered", default=None)
"""What a list of this task does between the headers of an answer and its body."""


class Turns:
    """The gates of a process."""

    def __init__(self) -> None:
        self.meetings = Gate(MEETINGS, PATIENCE)
        self.lists = Gate(LISTS, PATIENCE)
        self.pages = Gate(PAGES, PATIENCE)

    @property
    def waiting(self) -> int:
        """Lists that wait for their turn."""
        return self.lists.waiting + self.pages.waiting


class PacedConnection(Connection):
    """Receives the body of a list when its turn has come."""

    @asynccontextmanager
    async def answer(
        self,
        path: str,
        *,
        verb: Verb,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """As a connection's."""
        asked = super().answer(path, verb=verb, params=params, accept=accept, body=body)
        async with asked as answer:
            if (answered := _answered.get()) is not None:
                await answered()

            yield answer


class InTurn(Generic[T]):
    """A resource of `cluster`, read by a `PacedConnection`, whose lists take turns."""

    def __init__(self, resource: Followable[T], turns: Turns, cluster: str) -> None:
        self.watch = resource.watch
        self._resource = resource
        self._turns = turns
        self._cluster = cluster

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """As the resource's; what the reader does with a page is part of the page's turn."""
        async with (
            self._turns.lists.turn(self._cluster) as asking,
            aclosing(self._resource.pages()) as pages,
        ):
            more = True
            while more:
                async with self._next(pages, asking) as page:
                    if more := page is not None:
                        yield page
                        asking.expect()

    @asynccontextmanager
    async def _next(
        self, pages: AsyncGenerator[Page[T], None], asking: Turn
    ) -> AsyncIterator[Page[T] | None]:
        """The next page, or None; its turn is from the answer to the end of the block."""
        async with AsyncExitStack() as turn:
            received: list[Turn] = []

            async def answered() -> None:
                await asking.arrived()
                gate = self._turns.pages.turn(self._cluster)
                received.append(await turn.enter_async_context(gate))

            _answered.set(answered)
            try:
                page = await anext(pages, None)
            finally:
                _answered.set(None)

            for one in received:
                await one.arrived()

            yield page
