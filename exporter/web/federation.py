"""A page of chosen series alone, which may take long to find and turn out to be few."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable

from exporter.exposition.segment import Draft, Part
from exporter.store.section import Column, Place

TURN = 0.001
"""Seconds of looking for series, after which everybody else has a turn."""

SIGN = 1.0
"""Seconds without a series after which an empty column says that the search goes on: who is silent
for long counts as broken (`exporter.workers.front`)."""

_AT_ONCE = 64
"""Parts that go on together."""

_FIRST: Place = (0, "", 0)
"""Before all that there is to find."""


async def with_series(columns: Iterable[Column]) -> AsyncGenerator[Column, None]:
    """
    The columns, some of them in several pieces; of those that turn out to have no series, nothing.
    """
    turn = told = time.monotonic()
    shown = _FIRST
    for column in columns:
        found: list[Part] = []
        for part in column.parts:
            if any(part.pieces) if isinstance(part, Draft) else part:
                found.append(part)

            now = time.monotonic()
            if len(found) == _AT_ONCE:
                yield _piece(column, shown, found)
                told, shown, found = now, column.place, []
            elif now - told > SIGN:
                yield Column(shown, b"", ())
                told = now

            if now - turn > TURN:
                await asyncio.sleep(0)
                turn = time.monotonic()

        if found:
            yield _piece(column, shown, found)
            told, shown = time.monotonic(), column.place


def _piece(column: Column, shown: Place, parts: Iterable[Part]) -> Column:
    """The first of a place keeps the header."""
    return Column(column.place, b"" if column.place == shown else column.header, parts)
