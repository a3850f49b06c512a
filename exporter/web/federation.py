"""A page of chosen series alone, which may take long to find and turn out to be few."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable

from exporter.exposition.segment import Draft, Part
from exporter.store.section import Column, Place

TURN = 0.001
"""Seconds of looking for series, after which everybody else has a turn."""

_AT_ONCE = 64
"""Parts that go on together."""


async def with_series(columns: Iterable[Column]) -> AsyncGenerator[Column, None]:
    """The columns, some of them in several pieces; none that has no series."""
    since = time.monotonic()
    shown: Place | None = None
    for column in columns:
        found: list[Part] = []
        for part in column.parts:
            if any(part.pieces) if isinstance(part, Draft) else part:
                found.append(part)

            if len(found) == _AT_ONCE:
                yield _piece(column, shown, found)
                shown, found = column.place, []

            if time.monotonic() - since > TURN:
                await asyncio.sleep(0)
                since = time.monotonic()

        if found:
            yield _piece(column, shown, found)
            shown = column.place


def _piece(column: Column, shown: Place | None, parts: Iterable[Part]) -> Column:
    """The first of a place keeps the header."""
    return Column(column.place, b"" if column.place == shown else column.header, parts)
