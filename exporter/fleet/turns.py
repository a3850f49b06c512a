"""
Who waits for whom when a fleet is read: of all clusters only a few are met, and listed, at once.

Asking costs time and nothing else, so many lists wait for their API servers. What the answers bring
is memory (a page of 500 pods is 7.5 MB of JSON) and work during which the event loop does nothing
else, so few are received and written.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Generic, Protocol, TypeVar

from exporter.fleet.gate import Gate, Turn
from exporter.kubernetes.connection import Answered
from exporter.kubernetes.objects import HasMetadata
from exporter.kubernetes.resource import Event, Page

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


class Pageable(Protocol[T]):
    """What can be listed page by page, and watched: a `exporter.kubernetes.resource.Resource`."""

    def pages(self, answered: Answered | None = None) -> AsyncGenerator[Page[T], None]: ...
    def watch(self, since: str, lasting: int, quiet: float) -> AsyncGenerator[Event[T], None]: ...


class InTurn(Generic[T]):
    """A resource of `cluster` whose lists take turns."""

    def __init__(self, resource: Pageable[T], turns: Turns, cluster: str) -> None:
        self.watch = resource.watch
        self._resource = resource
        self._turns = turns
        self._cluster = cluster

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """
        As the resource's. A page's turn is from its answer until the next one is asked for: what
        the reader does with it is part of it.
        """
        async with self._turns.lists.turn(self._cluster) as asking, AsyncExitStack() as stack:
            received: list[Turn] = []

            async def answered() -> None:
                await asking.arrived()
                received.append(
                    await stack.enter_async_context(self._turns.pages.turn(self._cluster))
                )

            async with aclosing(self._resource.pages(answered)) as pages:
                async for page in pages:
                    await received[-1].arrived()
                    yield page
                    await stack.aclose()
                    asking.expect()
