"""A connection of somebody who asks: how many there may be, how long, how much is listened to."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from aiohttp import web

from exporter.web.entrance import HEADERS

MOST_OPEN = 512
"""Connections to one port at the same time; who comes then is hung up on."""

IDLE = 75.0
"""Seconds until a request is there, headers and all. Scrapes come once a minute, as a rule."""

UNREAD = 60_000
"""Milliseconds that sent bytes may lie about unread until the connection ends (tcp(7))."""

LONGEST_LINE = 8190
"""Bytes of the request line, query and all, and of a header."""

MOST_HEADERS = 64
"""Of one request."""

LINGER = 2.0
"""Seconds to read a request's body on, which nobody looks at."""


class Client(web.RequestHandler):
    """aiohttp's connection, with limits, and without repeating or logging what was sent."""

    __slots__ = ("_open",)

    def __init__(self, manager: web.Server, open_: set[Client]) -> None:
        super().__init__(
            manager,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # what aiohttp itself calls none
            keepalive_timeout=IDLE,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            lingering_time=LINGER,
        )
        self._open = open_

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected; with TLS, when hands were shaken."""
        if len(self._open) >= MOST_OPEN:
            cast(asyncio.Transport, transport).abort()
            return

        self._open.add(self)
        own = transport.get_extra_info("socket")
        if own is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)

        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection has ended."""
        self._open.discard(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is answered to what is no HTTP: nothing of it, since it may hold a token."""
        if status == 500:
            return super().handle_error(request, status, exc)

        text = "not a request that can be answered\n"
        response = web.Response(status=status, text=text, headers=HEADERS)
        response.force_close()
        return response
