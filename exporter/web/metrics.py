"""
GET /metrics, its sisters, and /federate.

A page is made of what was compressed when it changed. A scrape never waits for a cluster: it is
answered with what is known.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from itertools import chain

from aiohttp import web

from exporter.exposition.body import Body, Gzip, Plain
from exporter.exposition.negotiation import Format, accepts_gzip, choose_format
from exporter.exposition.segment import deflate
from exporter.promql.parser import SelectorError, selectors_of
from exporter.store.section import Column, sifted
from exporter.telemetry import Telemetry
from exporter.web.clusters import Clusters, Page
from exporter.web.page import FACTS, Choice, choice_of, heartbeat
from exporter.web.stream import send


class Metrics:
    """The handlers of the pages that Prometheus scrapes."""

    def __init__(self, clusters: Clusters, telemetry: Telemetry) -> None:
        self._clusters = clusters
        self._telemetry = telemetry

    async def everything(self, request: web.Request) -> web.StreamResponse:
        """All clusters on one page."""
        choice, format_ = choice_of(request.query), _format(request)
        first = (heartbeat(format_),) if choice.includes("fleet") else ()
        page = self._clusters.page(choice, format_)
        return await self._send(request, "/metrics", format_, first, page)

    async def cluster(self, request: web.Request) -> web.StreamResponse:
        """One cluster: 404 if there is none of that name, 503 while it has no complete data."""
        choice, format_ = choice_of(request.query), _format(request)
        page = self._clusters.page_of(request.match_info["cluster"], choice, format_)
        return await self._send(request, "/clusters", format_, (), page)

    async def fleet(self, request: web.Request) -> web.StreamResponse:
        """The facts about the clusters themselves: a few kilobytes, cheap to scrape often."""
        format_ = _format(request)
        page = self._clusters.page(FACTS, format_)
        return await self._send(request, "/metrics/fleet", format_, (heartbeat(format_),), page)

    async def federate(self, request: web.Request) -> web.StreamResponse:
        """
        The series that any of the selectors in ``match[]`` chooses, as Prometheus' own /federate;
        400 for what is no such selector.
        """
        try:
            selectors = selectors_of(request.query.getall("match[]", []))
        except SelectorError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from None

        format_ = _format(request)
        own = heartbeat(format_)
        first = (own,) if any(sifted(own.parts, selectors)) else ()
        page = self._clusters.page(Choice(selectors=selectors), format_)
        return await self._send(request, "/federate", format_, first, page)

    async def _send(
        self,
        request: web.Request,
        path: str,
        format_: Format,
        first: Iterable[Column],
        page: Page,
    ) -> web.StreamResponse:
        started = time.monotonic()
        response = web.StreamResponse(headers={"Content-Type": format_.content_type})
        response.headers["Vary"] = "Accept, Accept-Encoding"
        body: Body = Plain()
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            response.headers["Content-Encoding"] = "gzip"
            body = Gzip()

        async with page as columns, aclosing(_chunks(body, first, columns, format_)) as chunks:
            if await send(request, response, chunks):
                self._telemetry.scrape_seconds.labels(path).observe(time.monotonic() - started)
                self._telemetry.scrape_bytes.labels(path).inc(body.size)

        return response


async def _chunks(
    body: Body, first: Iterable[Column], columns: AsyncIterator[Column], format_: Format
) -> AsyncGenerator[bytes, None]:
    """A whole page: columns that are there, those that come, and the end."""
    for column in first:
        for chunk in _fed(body, column):
            yield chunk

    async for column in columns:
        for chunk in _fed(body, column):
            yield chunk

    for chunk in body.feed((deflate(format_.end),)):
        yield chunk

    yield body.end()


def _fed(body: Body, column: Column) -> Iterator[bytes]:
    return body.feed(chain((column.header,), column.parts))


def _format(request: web.Request) -> Format:
    """Of what the Accept headers allow."""
    return choose_format(",".join(request.headers.getall("Accept", [])))
