"""
What a worker answers to the front, over its socket. Whatever the front wants of a worker goes this
way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

import msgspec
from aiohttp import web

from exporter.exposition.negotiation import choose_format
from exporter.telemetry import Telemetry
from exporter.web.clusters import Clusters
from exporter.web.page import Choice
from exporter.web.status import Status
from exporter.web.stream import send
from exporter.workers.columns import batches

COLUMNS, LISTING, TELEMETRY, READY = "/columns", "/clusters", "/telemetry", "/ready"
SETTINGS, CLAIMS = "/settings", "/claims"


class Question(msgspec.Struct, frozen=True):
    """What `COLUMNS` is asked: for some clusters, or for the page of one; of which media type."""

    choice: Choice
    content_type: str
    cluster: str | None = None


class ToldClaims(msgspec.Struct, frozen=True):
    """
    What `CLAIMS` tells a worker: who the clusters are that others read, and who those were that it
    reads itself, before it was started again; UIDs by name.
    """

    elsewhere: dict[str, str]
    before: dict[str, str]


def worker_routes(
    clusters: Clusters,
    telemetry: Telemetry,
    apply: Callable[[bytes], Awaitable[str]],
    hear: Callable[[ToldClaims], Mapping[str, str]],
) -> list[web.RouteDef]:
    """
    All that a worker answers; until it knows its clusters that is 503. `apply` goes on by other
    settings, and gives one line about what is wrong with them, or nothing. `hear` is told of other
    workers' clusters, and says who those of this worker are.
    """
    status = Status(clusters)

    async def columns(request: web.Request) -> web.StreamResponse:
        return await _send_columns(request, clusters)

    async def listing(request: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(await clusters.listing()))

    async def own_telemetry(request: web.Request) -> web.Response:
        return web.Response(body=telemetry.page())

    async def settings(request: web.Request) -> web.Response:
        if problem := await apply(await request.read()):
            raise web.HTTPConflict(text=problem)

        return web.Response()

    async def claims(request: web.Request) -> web.Response:
        told = msgspec.json.decode(await request.read(), type=ToldClaims)
        return web.Response(body=msgspec.json.encode(hear(told)))

    return [
        web.post(SETTINGS, settings),
        web.post(CLAIMS, claims),
        web.post(COLUMNS, status.once_discovered(columns)),
        web.get(LISTING, status.once_discovered(listing)),
        web.get(TELEMETRY, own_telemetry),
        web.get(READY, status.ready),
    ]


async def _send_columns(request: web.Request, clusters: Clusters) -> web.StreamResponse:
    question = msgspec.json.decode(await request.read(), type=Question)
    format_ = choose_format(question.content_type)
    if question.cluster is None:
        page = clusters.page(question.choice, format_)
    else:
        page = clusters.page_of(question.cluster, question.choice, format_)

    response = web.StreamResponse()
    async with page as found, aclosing(batches(found)) as chunks:
        await send(request, response, chunks)

    return response
