"""A Gardener before a real API server: what that one lacks is answered here, all else there."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.discovery.garden import PATH, Garden

NOT_HANDED_ON = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


class _Front:
    def __init__(self, garden: Garden, session: aiohttp.ClientSession) -> None:
        self._garden = garden
        self._session = session

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if PATH.fullmatch(request.path):
            status, document = self._garden.answer(request.method, request.path, body)
            return web.json_response(document, status=status)

        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in NOT_HANDED_ON
        }
        async with self._session.request(
            request.method, request.path_qs, data=body or None, headers=headers
        ) as there:
            answer = web.StreamResponse(status=there.status)
            answer.content_type = there.content_type
            await answer.prepare(request)
            async for chunk in there.content.iter_any():
                await answer.write(chunk)

            return answer


@asynccontextmanager
async def garden_before(url: str, ca_pem: str, garden: Garden) -> AsyncIterator[str]:
    """The URL of one, while the block runs; lists and watches are the real API server's."""
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=ca_pem))
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", _Front(garden, session).handle)
        runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()
