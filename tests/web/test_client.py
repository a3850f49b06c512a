import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import web

from exporter.web import client
from exporter.web.server import serving
from tests.web.exporter import until
from tests.web.raw import DEADLINE, answered, connected

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def fault(_: web.Request) -> web.Response:
    raise RuntimeError("hunter2")


ROUTES = [web.get("/", hello), web.get("/fault", fault)]


async def test_who_connects_when_there_is_no_room_is_hung_up_on_until_somebody_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "MOST_OPEN", 2)
    async with serving(ROUTES, "127.0.0.1:0") as url, asyncio.timeout(DEADLINE):
        held = [await connected(url) for _ in range(2)]
        for reader, writer in held:
            writer.write(REQUEST)
            assert await reader.readuntil(b"hello")

        assert not await answered_or_hung_up(url)
        held[0][1].close()

        async def is_there_room() -> bool:
            return b"hello" in await answered_or_hung_up(url)

        await until(is_there_room)
        held[1][1].close()


async def answered_or_hung_up(url: str) -> bytes:
    try:
        return await answered(url, REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    except ConnectionError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX", REQUEST])
async def test_who_sends_no_whole_request_for_long_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(client, "IDLE", 0.05)
    async with serving(ROUTES, "127.0.0.1:0") as url:
        assert (b"hello" in await answered(url, sent)) == (sent == REQUEST)


async def test_a_byte_now_and_then_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE", 0.05)
    async with serving(ROUTES, "127.0.0.1:0") as url, asyncio.timeout(DEADLINE):
        reader, writer = await connected(url)
        while not reader.at_eof() and not writer.is_closing():
            writer.write(b"a")
            await asyncio.sleep(0.01)

        writer.close()
        received = await asyncio.gather(reader.read(), return_exceptions=True)

    assert isinstance(received[0], ConnectionError) or received[0] == b""


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="of Linux")
async def test_the_kernel_ends_connections_on_which_nothing_is_read() -> None:
    found = []

    async def look(request: web.Request) -> web.Response:
        own = request.get_extra_info("socket")
        found.append(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        return web.Response()

    async with serving([web.get("/", look)], "127.0.0.1:0") as url:
        await answered(url, REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert found == [client.UNREAD]


async def test_a_fault_of_ours_is_logged_and_not_told(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with serving(ROUTES, "127.0.0.1:0") as url:
        head = b"GET /fault HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        answer = await answered(url, head)

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"hunter2" not in answer and "RuntimeError" in caplog.text
    assert b"nosniff" in answer
