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
"""Seconds a scraper may take for one chunk: who reads nothing at all is left sooner."""


async def send(
    request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]
) -> bool:
    """
    Whether all of it was sent. What was not is broken off, so that it does not look whole. HEAD is
    answered without chunks.
    """
    try:
        async with asyncio.timeout(SEND_DEADLINE):
            await response.prepare(request)
            if request.method != "HEAD":
                async for chunk in chunks:
                    async with asyncio.timeout(STALLED):
                        await response.write(chunk)

                    await asyncio.sleep(0)

            await response.write_eof()
    except (TimeoutError, BrokenPage):
        if request.transport is not None:
            request.transport.abort()  # closing would wait for one that does not read

        return False

    return True
