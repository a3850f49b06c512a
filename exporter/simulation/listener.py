"""One listening socket: writes answers to connections, and can be taken down and up again."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from aiohttp import web

from exporter.simulation.answer import Answer, ConnectionReset, CutInsideChunk, Stream
from exporter.simulation.request import Request

Answering = Callable[[Request], Awaitable[Answer]]


class Listener:
    """Where one server listens. `port` 0 picks a free one, which is then kept."""

    def __init__(
        self, answering: Answering, host: str, port: int, ssl_context: ssl.SSLContext | None
    ) -> None:
        self._answering = answering
        self._host = host
        self._port = port
        self._ssl_context = ssl_context
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """Where clients find the server, known once it has listened."""
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        # A client that leaves must not leave its watch behind.
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, self._host, self._port, ssl_context=self._ssl_context, backlog=1024
            )
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Refuse connections from now on, and cut those that are open."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for site in list(runner.sites):
            await site.stop()
        self._cut(runner)
        await runner.cleanup()

    def cut(self) -> None:
        """Cut all open connections, but go on listening."""
        if self._runner is not None:
            self._cut(self._runner)

    @staticmethod
    def _cut(runner: web.ServerRunner) -> None:
        for protocol in runner.server.connections if runner.server else ():
            if protocol.transport is not None:
                protocol.transport.abort()

    async def _handle(self, received: web.BaseRequest) -> web.StreamResponse:
        request = Request(
            method=received.method,
            path=received.path,
            query=dict(received.query),
            headers=received.headers,
            body=await received.read(),
        )
        try:
            answer = await self._answering(request)
        except ConnectionReset:
            return _reset(received)
        headers = {"Content-Type": answer.content_type, **answer.headers}
        if isinstance(answer.body, bytes):
            return web.Response(status=answer.status, headers=headers, body=answer.body)
        response = web.StreamResponse(status=answer.status, headers=headers)
        return await _stream(received, response, answer.body)


async def _stream(
    received: web.BaseRequest, response: web.StreamResponse, body: Stream
) -> web.StreamResponse:
    response.enable_chunked_encoding()
    try:
        async with aclosing(body):
            await response.prepare(received)
            async for chunk in body:
                if chunk:  # an empty chunk would end the body
                    await response.write(chunk)
    except CutInsideChunk as cut:
        _close_inside_chunk(received, cut.part)
    except ConnectionReset:
        return _reset(received)
    except ConnectionError:
        return response  # the client has gone: nobody is left to be told
    return response


def _close_inside_chunk(received: web.BaseRequest, part: bytes) -> None:
    transport = received.transport
    if transport is not None:
        transport.write(b"%x\r\n%b" % (len(part) + 1, part))
        transport.close()


def _reset(received: web.BaseRequest) -> web.StreamResponse:
    transport = received.transport
    if transport is not None:
        lingering = struct.pack("ii", 1, 0)  # on, for no time at all: close() then sends RST
        tcp = transport.get_extra_info("socket")
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
        transport.abort()
    return web.Response()
