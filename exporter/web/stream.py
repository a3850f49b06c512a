"""
An answer that is sent in chunks; between two of them everybody else has a turn.

A scraper that has gone away, or does not read, keeps nothing: the chunks not yet made never are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from exporter.web.clusters import BrokenPage

SEND_DEADLINE = 60.0
"""Seconds a scraper may take for the whole page; kube-state-metrics' own write timeout."""

STALLED = 15.0
"""Seconds without a chunk that was taken: who reads nothing at all is left sooner."""

LOOK = 1.0
"""Seconds after which a chunk that was taken counts: a timer for each would cost a tenth more."""


async def send(
    request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]
) -> bool:
    """
    Whether all of it was sent. What was not is broken off, so that it does not look whole. HEAD is
    answered without chunks.
    """
    clock = asyncio.get_running_loop().time
    taken = clock()
    end = taken + SEND_DEADLINE
    try:
        async with asyncio.timeout_at(min(end, taken + STALLED)) as patience:
            await response.prepare(request)
            if request.method != "HEAD":
                async for chunk in chunks:
                    await response.write(chunk)
                    if (now := clock()) - taken > LOOK:
                        taken = now
                        patience.reschedule(min(end, taken + STALLED))

                    await asyncio.sleep(0)

            await response.write_eof()
    except (TimeoutError, BrokenPage):
        if request.transport is not None:
            request.transport.abort()  # closing would wait for one that does not read

        return False

    return True
