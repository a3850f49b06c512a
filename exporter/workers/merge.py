"""The columns of several workers as those of one page: a family stands in one place."""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from exporter.store.section import Column, Place


async def merged(streams: Sequence[AsyncIterator[Column]]) -> AsyncGenerator[Column, None]:
    """
    All columns in the order of their places, which is that of each stream; only the first of a
    place keeps its header. Of each stream one column is held.
    """
    heads: list[tuple[Place, int, Column]] = []
    for number, stream in enumerate(streams):
        if column := await anext(stream, None):
            heapq.heappush(heads, (column.place, number, column))

    shown = None
    while heads:
        place, number, column = heads[0]
        yield column if place != shown else Column(place, b"", column.parts)
        shown = place
        if following := await anext(streams[number], None):
            heapq.heapreplace(heads, (following.place, number, following))
        else:
            heapq.heappop(heads)
