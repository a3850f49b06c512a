"""A server that hands requests on to API servers, as the proxies of cluster managers do."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

PASSED_ON = ("Accept", "Accept-Encoding")


@dataclass(frozen=True)
class Upstream:
    """An API server, and the token that is presented there instead of the client's."""

    url: str
    token: str = field(default="", repr=False)
    tls: ssl.SSLContext | bool = True


class Forwarding:
    """
    What begins with the longest of `routes` goes on to that, without it. `tokens` are those that
    are accepted; with None anybody is, as behind a proxy that has looked already.
    """

    def __init__(self, tokens: set[str] | None = None) -> None:
        self.tokens = tokens
        self.routes: dict[str, Upstream] = {}
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Forwarding"]:
        """Listen while the block runs, on a port that stays the same."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        timeout = aiohttp.ClientTimeout(total=None, connect=10)
        async with aiohttp.ClientSession(auto_decompress=False, timeout=timeout) as self._session:
            await runner.setup()
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
                await site.start()
                self.url = f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()

    def disconnect(self) -> None:
        """Cut all open connections, but go on listening."""
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            connection.force_close()
            if connection.transport is not None:
                connection.transport.abort()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens is not None and sent not in self.tokens:
            return web.json_response({"kind": "Status", "code": 401}, status=401)

        prefixes = [prefix for prefix in self.routes if request.path.startswith(prefix)]
        if not prefixes:
            return web.json_response({"kind": "Status", "code": 503}, status=503)

        prefix = max(prefixes, key=len)
        return await self._passed_on(request, prefix, self.routes[prefix])

    async def _passed_on(
        self, request: web.Request, prefix: str, upstream: Upstream
    ) -> web.StreamResponse:
        assert self._session is not None
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        headers["Authorization"] = f"Bearer {upstream.token}"
        url = f"{upstream.url}{request.raw_path.removeprefix(prefix)}"
        async with self._session.request(
            request.method, url, headers=headers, ssl=upstream.tls
        ) as answer:
            kept = ("Content-Type", "Content-Encoding")
            given = {name: answer.headers[name] for name in kept if name in answer.headers}
            response = web.StreamResponse(status=answer.status, headers=given)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)

            return response
