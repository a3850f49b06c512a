"""
GET /metrics and its sisters.

A page is streamed in chunks, compressed as it goes; between two chunks everybody else has a turn. A
scrape never waits for a cluster: it is answered with what is known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from isal import isal_zlib

from exporter.exposition.negotiation import Format, accepts_gzip, choose_format
from exporter.fleet.fleet import Fleet
from exporter.telemetry import Telemetry
from exporter.web.page import Choice, Pages, choice_of

_GZIP = 16 + isal_zlib.MAX_WBITS
_LEVEL = 1
"""isal's level 1 compresses this text about as far as gzip does, several times faster."""

SEND_DEADLINE = 60.0
"""Seconds a scraper may take for the whole page; kube-state-metrics' own write timeout."""


class Metrics:
    """The handlers of the pages that Prometheus scrapes."""

    def __init__(self, fleet: Fleet, pages: Pages, telemetry: Telemetry) -> None:
        self._fleet = fleet
        self._pages = pages
        self._telemetry = telemetry

    async def everything(self, request: web.Request) -> web.StreamResponse:
        """All clusters on one page."""
        observations = tuple(self._fleet.observations.values())
        format_ = _format(request)
        chunks = self._pages.everything(observations, choice_of(request.query), format_)
        return await self._send(request, "/metrics", format_, chunks)

    async def cluster(self, request: web.Request) -> web.StreamResponse:
        """One cluster: 404 if there is none of that name, 503 while it has no complete data."""
        observation = self._fleet.observations.get(request.match_info["cluster"])
        if observation is None:
            raise web.HTTPNotFound(text="no such cluster; /sd and /api/v1/clusters list them\n")

        if not observation.stores:
            raise web.HTTPServiceUnavailable(text="the cluster has no complete data now\n")

        format_ = _format(request)
        choice = choice_of(request.query)
        chunks = self._pages.everything(
            [observation], Choice(None, choice.collected, choice.excluded), format_
        )
        return await self._send(request, "/clusters", format_, chunks)

    async def fleet(self, request: web.Request) -> web.StreamResponse:
        """The facts about the clusters themselves."""
        format_ = _format(request)
        chunks = self._pages.fleet(tuple(self._fleet.observations.values()), format_)
        return await self._send(request, "/metrics/fleet", format_, chunks)

    async def _send(
        self, request: web.Request, path: str, format_: Format, chunks: Iterator[bytes]
    ) -> web.StreamResponse:
        started = time.monotonic()
        response = web.StreamResponse(headers={"Content-Type": format_.content_type})
        response.headers["Vary"] = "Accept, Accept-Encoding"
        packed = None
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            response.headers["Content-Encoding"] = "gzip"
            packed = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)

        if request.method == "HEAD":
            chunks, packed = iter(()), None

        try:
            async with asyncio.timeout(SEND_DEADLINE):
                size = await _stream(request, response, chunks, packed)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # closing would wait for one that does not read

            return response

        self._telemetry.scrape_seconds.labels(path).observe(time.monotonic() - started)
        self._telemetry.scrape_bytes.labels(path).inc(size)
        return response


async def _stream(
    request: web.Request, response: web.StreamResponse, chunks: Iterator[bytes], packed: Any
) -> int:
    """Send all chunks, through the compressor `packed` if there is one; their size before it."""
    size = 0
    await response.prepare(request)
    for chunk in chunks:
        size += len(chunk)
        if sent := packed.compress(chunk) if packed else chunk:
            await response.write(sent)

        await asyncio.sleep(0)

    if packed:
        await response.write(packed.flush())

    await response.write_eof()
    return size


def _format(request: web.Request) -> Format:
    return choose_format(",".join(request.headers.getall("Accept", [])))
