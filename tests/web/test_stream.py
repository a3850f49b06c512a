import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from exporter.web import stream
from exporter.web.clusters import BrokenPage
from exporter.web.server import serving
from exporter.web.stream import send

DEADLINE = 10.0


@asynccontextmanager
async def answering(
    *chunks: bytes, broken: bool = False
) -> AsyncIterator[tuple[str, "asyncio.Future[bool]"]]:
    """Where the chunks are served, and whether they were sent."""
    sent = asyncio.get_running_loop().create_future()

    async def each() -> AsyncGenerator[bytes, None]:
        for chunk in chunks:
            yield chunk

        if broken:
            raise BrokenPage("there is no more")

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        sent.set_result(await send(request, response, each()))
        return response

    async with serving([web.get("/", answer)], "127.0.0.1:0") as url, asyncio.timeout(DEADLINE):
        yield url, sent


async def test_all_chunks_are_sent() -> None:
    async with answering(b"a" * 10, b"b" * 100_000) as (url, sent), aiohttp.ClientSession() as own:
        async with own.get(url) as answer:
            body = await answer.read()

        assert await sent

    assert body == b"a" * 10 + b"b" * 100_000


async def test_only_the_headers_are_sent_when_nothing_else_is_asked_for() -> None:
    async with answering(b"a") as (url, sent), aiohttp.ClientSession() as session:
        async with session.head(url) as answer:
            body = await answer.read()

        assert await sent

    assert (answer.status, body) == (200, b"")


async def test_who_reads_nothing_for_a_while_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "STALLED", 0.05)
    async with answering(b"a" * 50_000_000) as (url, sent):
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

        assert not await sent
        writer.close()
        await asyncio.gather(reader.read(), return_exceptions=True)


async def test_a_page_that_breaks_off_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    async with answering(b"a", broken=True) as (url, sent), aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.get(url) as answer:
                await answer.read()

        assert not await sent

    assert not caplog.records
