from __future__ import annotations

import asyncio
import ssl
import zlib
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from exporter.discovery import web_document
from exporter.discovery.web_document import WebDocument
from exporter.kubernetes.errors import (
    CredentialsError,
    KubernetesError,
    Malformed,
    NotFound,
    ServerError,
    Unauthorized,
    Unreachable,
)
from tests.discovery.inventory import inventory


async def test_a_document_is_read_once_and_again_when_it_changed() -> None:
    async with inventory() as server:
        document = WebDocument(server.url, None, None)
        server.say({"a": 1}, etag='"1"')
        first = await document.read("")
        assert first is not None
        same = await document.read(first.etag)
        server.say({"a": 2}, etag='"2"')
        second = await document.read(first.etag)

    assert (first.body, first.etag) == (b'{"a": 1}', '"1"')
    assert same is None
    assert second is not None and (second.body, second.etag) == (b'{"a": 2}', '"2"')


async def test_a_server_without_etags_is_read_each_time() -> None:
    async with inventory() as server:
        server.say("x")
        version = await WebDocument(server.url, None, None).read("")
        (asked,) = server.asked

    assert version is not None and version.etag == ""
    assert "If-None-Match" not in asked


async def test_a_bearer_token_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    async with inventory() as server:
        server.token = "first"
        document = WebDocument(server.url, token, None)
        await document.read("")
        server.token = "second"
        with pytest.raises(Unauthorized):
            await document.read("")

        token.write_text("second\n")
        assert await document.read("") is not None

    token.unlink()
    with pytest.raises(CredentialsError, match="token: No such file"):
        document.check()


async def test_an_authority_of_one_s_own_is_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    async with inventory(context) as server:
        trusting = WebDocument(server.url, None, tmp_path / "ca")
        trusting.check()
        assert await trusting.read("") is not None
        with pytest.raises(Unreachable) as caught:
            await WebDocument(server.url, None, None).read("")

    assert caught.value.reason == "tls-ca"


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFound), (500, ServerError), (204, KubernetesError)]
)
async def test_anything_but_the_document_is_an_error(
    status: int, error: type[KubernetesError]
) -> None:
    async def answer() -> web.Response:
        return web.Response(status=status)

    async with inventory() as server:
        server.answer = answer
        with pytest.raises(error, match=str(status)):
            await WebDocument(server.url, None, None).read("")


async def test_a_redirect_is_not_followed() -> None:
    async def answer() -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    async with inventory() as server:
        server.answer = answer
        with pytest.raises(Unreachable, match="302 redirects; we do not follow"):
            await WebDocument(server.url, None, None).read("")


async def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    async def answer() -> web.Response:
        return web.Response(status=304)

    async with inventory() as server:
        server.answer = answer
        with pytest.raises(Unreachable):
            await WebDocument(server.url, None, None).read("")


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_document_without_end_is_not_read_to_it(
    monkeypatch: pytest.MonkeyPatch, *, compressed: bool
) -> None:
    monkeypatch.setattr(web_document, "LARGEST", 100_000)
    body = b"[" + b" " * 200_000
    headers = {"Content-Type": "application/json"}
    if compressed:
        body, headers["Content-Encoding"] = zlib.compress(body, wbits=31), "gzip"

    async def answer() -> web.Response:
        return web.Response(body=body, headers=headers)

    async with inventory() as server:
        server.answer = answer
        with pytest.raises(Malformed, match="more than 100000 bytes"):
            await WebDocument(server.url, None, None).read("")


async def test_a_server_that_says_nothing_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_document, "DEADLINE", 0.1)

    async def answer() -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async with inventory() as server:
        server.answer = answer
        with pytest.raises(Unreachable) as caught:
            await WebDocument(server.url, None, None).read("")

    assert caught.value.reason == "timeout"


def test_the_query_of_the_url_is_not_shown() -> None:
    document = WebDocument("https://inventory/clusters?key=hunter2#x", None, None)

    assert str(document) == "https://inventory/clusters"
