"""A web server with one document, as inventories have it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Inventory:
    """What is answered may be changed at any time; `asked` is the headers of each request."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.url = ""
        self.token = ""
        self.etag = ""
        self.answer: Callable[[], Awaitable[web.StreamResponse]] | None = None
        """Instead of the document."""
        self._body = b"[]"

    def say(self, document: Any, etag: str = "") -> None:
        """Answer with this from now on; bytes as they are, anything else as JSON."""
        self._body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.etag = etag

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        if self.answer is not None:
            return await self.answer()

        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)

        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)

        headers = {"ETag": self.etag} if self.etag else {}
        return web.Response(body=self._body, headers=headers, content_type="application/json")


@asynccontextmanager
async def inventory(context: ssl.SSLContext | None = None) -> AsyncIterator[Inventory]:
    """Serve one while the block runs."""
    made = Inventory()
    application = web.Application()
    application.router.add_get("/clusters.json", made.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        host, port = runner.addresses[0][:2]
        made.url = f"{'https' if context else 'http'}://{host}:{port}/clusters.json"
        yield made
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
