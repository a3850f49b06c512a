"""Faults as a client sees them that reads the socket itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault

SOON = 0.15
"""Seconds after which silence counts as silence."""

LIST = "/api/v1/pods"
WATCH = "/api/v1/pods?watch=1"


class Raw:
    """One HTTP/1.1 request over a socket of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, path: str, *headers: str) -> None:
        lines = (f"GET {path} HTTP/1.1", "Host: simulated", "Connection: close", *headers)
        self._writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        await self._writer.drain()

    async def headers(self) -> tuple[int, dict[str, str]]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), {name.lower(): value for name, value in pairs}

    async def until_the_end(self) -> bytes:
        return await self._reader.read()

    async def until_silence(self, *, after: bytes = b"", times: int = 0) -> bytes:
        """
        Everything that comes, when then nothing more comes but the connection stays open.

        First waits for `after` to have come so often, however long that takes.
        """
        received = b""
        while received.count(after) < times:
            received += await self._reader.read(65536)
        while True:
            try:
                async with asyncio.timeout(SOON):
                    more = await self._reader.read(65536)
            except TimeoutError:
                return received
            assert more, f"the connection ended after {received!r}"
            received += more


def chunks(body: bytes) -> tuple[bytes, bool]:
    """A chunked body put together, and whether it was ended as it should be."""
    whole = b""
    while body:
        size_line, _, rest = body.partition(b"\r\n")
        size = int(size_line, 16)
        if size == 0:
            return whole, True
        whole += rest[:size]
        if len(rest) < size + 2:
            return whole, False
        body = rest[size + 2 :]
    return whole, False


@pytest.fixture
def api() -> ApiServer:
    """A cluster with three pods."""
    made = ApiServer("eu-1")
    for name in ("a", "b", "c"):
        made.put("pods", {"metadata": {"name": name, "namespace": "shop"}, "spec": {}})
    return made


@pytest.fixture
async def raw(api: ApiServer) -> AsyncIterator[Raw]:
    """A connection to `api`."""
    async with api.serving() as url:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        yield Raw(reader, writer)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_without_faults_a_watch_has_a_line_for_each_object(raw: Raw) -> None:
    await raw.ask(f"{WATCH}&timeoutSeconds=0.05")
    status, headers = await raw.headers()
    lines, ended = chunks(await raw.until_the_end())

    assert (status, headers["transfer-encoding"]) == (200, "chunked")
    assert [json.loads(line)["type"] for line in lines.splitlines()] == ["ADDED"] * 3
    assert ended


async def test_hang_before_headers(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.hang_before_headers()))
    await raw.ask(LIST)

    assert await raw.until_silence() == b""


@pytest.mark.parametrize("path", [LIST, WATCH])
async def test_hang_after_headers(api: ApiServer, raw: Raw, path: str) -> None:
    api.faults.append(Fault(faults.hang_after_headers()))
    await raw.ask(path)
    status, _ = await raw.headers()

    assert status == 200
    assert await raw.until_silence() == b""


async def test_hang_after_some_events(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.hang_after(lines=2)))
    await raw.ask(WATCH)
    await raw.headers()
    lines, ended = chunks(await raw.until_silence(after=b"\n\r\n", times=2))

    assert len(lines.splitlines()) == 2
    assert lines.endswith(b"\n")
    assert not ended


async def test_hang_after_some_bytes(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.hang_after_bytes(17)))
    await raw.ask(LIST)
    await raw.headers()

    received = await raw.until_silence(after=b"PodList", times=1)
    assert chunks(received) == (b'{"kind":"PodList"', False)


async def test_one_byte_at_a_time(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.trickle(0.001)))
    await raw.ask("/readyz")
    await raw.headers()

    assert await raw.until_the_end() == b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n"


async def test_delay_gives_the_right_answer(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.delay(0.01)))
    await raw.ask("/readyz")
    await raw.headers()

    assert await raw.until_the_end() == b"ok"


async def test_a_truncated_chunk_announces_more_than_it_sends(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.truncated_chunk(after_lines=1)))
    await raw.ask(WATCH)
    await raw.headers()
    lines, ended = chunks(await raw.until_the_end())
    first, half = lines.split(b"\n")

    assert json.loads(first)["type"] == "ADDED"
    assert half.startswith(b'{"type":"ADDED"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(half)
    assert not ended


async def test_half_a_line_ends_as_http_should(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.half_a_line(after_lines=1)))
    await raw.ask(WATCH)
    await raw.headers()
    lines, ended = chunks(await raw.until_the_end())

    assert ended
    assert not lines.endswith(b"\n")
    assert lines.count(b"\n") == 1


async def test_half_of_a_list_ends_as_http_should(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.half_a_line()))
    await raw.ask(LIST)
    await raw.headers()
    body, ended = chunks(await raw.until_the_end())

    assert ended
    assert body.startswith(b'{"kind":"PodList"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


async def test_a_clean_end_is_between_two_lines(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.clean_end(after_lines=2)))
    await raw.ask(WATCH)
    await raw.headers()
    lines, ended = chunks(await raw.until_the_end())

    assert (lines.count(b"\n"), lines.endswith(b"\n"), ended) == (2, True, True)


async def test_an_instant_end_is_a_200_with_nothing(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.instant_end()))
    await raw.ask(WATCH)
    status, _ = await raw.headers()

    assert status == 200
    assert chunks(await raw.until_the_end()) == (b"", True)


async def test_a_reset_before_headers(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.reset_before_headers()))
    await raw.ask(LIST)

    with pytest.raises(ConnectionResetError):
        await raw.until_the_end()


async def test_a_reset_after_some_lines(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.reset(after_lines=1)))
    await raw.ask(WATCH)
    await raw.headers()

    with pytest.raises(ConnectionResetError):
        await raw.until_the_end()


async def test_a_body_shorter_than_the_fault_waits_for_just_ends(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.clean_end(after_lines=50)))
    await raw.ask(LIST)
    await raw.headers()
    body, ended = chunks(await raw.until_the_end())

    assert len(json.loads(body)["items"]) == 3
    assert ended


async def test_gone_over_http(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.gone()))
    await raw.ask(WATCH)
    status, _ = await raw.headers()

    assert status == 410
    assert json.loads(await raw.until_the_end())["reason"] == "Expired"


async def test_gone_in_the_stream(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.gone_in_stream()))
    await raw.ask(WATCH)
    status, _ = await raw.headers()
    event = json.loads(await raw.until_the_end())

    assert (status, event["type"], event["object"]["code"]) == (200, "ERROR", 410)


async def test_another_error_in_the_stream(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.error_in_stream(500, "InternalError")))
    await raw.ask(WATCH)
    await raw.headers()

    assert json.loads(await raw.until_the_end())["object"]["reason"] == "InternalError"


@pytest.mark.parametrize("seconds", [7, None])
async def test_too_many_requests(api: ApiServer, raw: Raw, seconds: int | None) -> None:
    api.faults.append(Fault(faults.too_many_requests(seconds)))
    await raw.ask(LIST)
    status, headers = await raw.headers()

    assert status == 429
    assert headers.get("retry-after") == (None if seconds is None else "7")
    assert json.loads(await raw.until_the_end())["kind"] == "Status"


async def test_a_status_of_any_kind(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.status(503, "ServiceUnavailable")))
    await raw.ask(LIST)
    status, _ = await raw.headers()

    assert status == 503
    assert json.loads(await raw.until_the_end())["reason"] == "ServiceUnavailable"


async def test_the_error_page_of_a_load_balancer(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.html_error()))
    await raw.ask(LIST)
    status, headers = await raw.headers()

    assert (status, headers["content-type"]) == (500, "text/html")
    assert b"<h1>" in await raw.until_the_end()


async def test_a_redirect(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.redirect("https://elsewhere.example.com/")))
    await raw.ask(LIST)
    status, headers = await raw.headers()

    assert (status, headers["location"]) == (302, "https://elsewhere.example.com/")


@pytest.mark.parametrize(("bend", "is_json"), [(faults.garbage(), False), (faults.null(), True)])
async def test_a_body_that_is_no_list(
    api: ApiServer, raw: Raw, bend: faults.Bend, *, is_json: bool
) -> None:
    api.faults.append(Fault(bend))
    await raw.ask(LIST)
    status, _ = await raw.headers()
    body = await raw.until_the_end()

    assert status == 200
    if is_json:
        assert json.loads(body) is None
    else:
        with pytest.raises(ValueError):
            json.loads(body)


async def test_null_items_keep_the_version_of_the_list(api: ApiServer, raw: Raw) -> None:
    api.faults.append(Fault(faults.null_items()))
    await raw.ask(LIST)
    await raw.headers()
    body = json.loads(await raw.until_the_end())

    assert body["items"] is None
    assert body["metadata"]["resourceVersion"] == str(api.resource_version)


async def test_null_items_of_a_compressed_list(api: ApiServer, raw: Raw) -> None:
    metadata = {"name": "large", "annotations": {"filling": "x" * 200_000}}
    api.put("configmaps", {"metadata": metadata})
    api.faults.append(Fault(faults.null_items()))
    await raw.ask("/api/v1/configmaps", "Accept-Encoding: gzip")
    await raw.headers()

    assert json.loads(await raw.until_the_end())["items"] is None


async def test_a_fault_strikes_as_often_as_it_says(api: ApiServer, raw: Raw) -> None:
    fault = Fault(faults.gone(), times=1)
    api.faults.append(fault)
    async with api.serving() as url:
        address = urlsplit(url)
        statuses = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            other = Raw(reader, writer)
            await other.ask(LIST)
            statuses.append((await other.headers())[0])
            writer.close()
            await writer.wait_closed()

    assert statuses == [410, 200]
    assert fault.hits == 1


@pytest.mark.parametrize(
    ("predicate", "struck"),
    [
        (faults.anything, {LIST, WATCH, "/version", "/api/v1/nodes", f"{LIST}?continue=x"}),
        (faults.lists("pods"), {LIST, f"{LIST}?continue=x"}),
        (faults.later_pages("pods"), {f"{LIST}?continue=x"}),
        (faults.watches("pods"), {WATCH}),
        (faults.path("/version"), {"/version"}),
    ],
)
async def test_a_fault_strikes_what_its_predicate_matches(
    api: ApiServer, predicate: faults.Predicate, struck: set[str]
) -> None:
    api.faults.append(Fault(faults.status(418, "Teapot"), on=predicate))
    hit = set()
    async with api.serving() as url:
        address = urlsplit(url)
        for path in (LIST, WATCH, "/version", "/api/v1/nodes", f"{LIST}?continue=x"):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            other = Raw(reader, writer)
            await other.ask(path)
            if (await other.headers())[0] == 418:
                hit.add(path)
            writer.close()
            await writer.wait_closed()

    assert hit == struck


async def test_the_first_fault_that_matches_is_applied(api: ApiServer, raw: Raw) -> None:
    api.faults += [Fault(faults.gone(), on=faults.path("/version")), Fault(faults.html_error(502))]
    await raw.ask(LIST)

    assert (await raw.headers())[0] == 502
