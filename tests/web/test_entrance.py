import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.web import entrance
from exporter.web.server import serving
from tests.web.exporter import Exporter, exporter_on, small_cluster, until
from tests.web.raw import answered, answered_to, connected
from tests.web.reviewer import Reviewer, reviewed

SECRET = b"hunter2"


def status(answer: bytes) -> int:
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert match, answer[:200]
    return int(match[1])


@asynccontextmanager
async def small(folder: Path) -> AsyncIterator[Exporter]:
    async with exporter_on(folder, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        yield exporter


@pytest.mark.parametrize(
    "head",
    [
        b"GET /metrics HTTP/1.1\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        b"GET /metrics HTTP/1.1\r\nHost:\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a b\r\n",
        b'GET /metrics HTTP/1.1\r\nHost: "><script>\r\n',
        b"GET /metrics HTTP/1.1\r\nHost: user@host\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: host:port\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a/b\r\n",
        b"GET /metrics HTTP/1.0\r\n",
    ],
)
async def test_a_request_has_one_host(tmp_path: Path, head: bytes) -> None:
    async with small(tmp_path) as exporter:
        for url in (exporter.metrics, exporter.telemetry):
            answer = await answered(url, head + b"Connection: close\r\n\r\n")
            assert status(answer) == 400

        assert status(await answered(url, b"GET /livez HTTP/1.0\r\n\r\n")) == 200


@pytest.mark.parametrize("host", ["localhost", "a.b:8080", "10.0.0.1:1", "[::1]:8080", "a_b"])
async def test_hosts_as_they_are_are_taken(tmp_path: Path, host: str) -> None:
    async with small(tmp_path) as exporter:
        head = f"GET /sd HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        answer = await answered(exporter.metrics, head.encode())

    assert status(answer) == 200
    assert host in answer.decode()


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /metrics?x=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (SECRET * 1200), 400),
        (b"GET /metrics HTTP/1.1\r\nHost: a\r\nA: %s\r\n\r\n" % (SECRET * 1200), 400),
        (b"GET /metrics HTTP/1.1\r\nHost: a\r\n%s\r\n" % (b"A: hunter2\r\n" * 200), 400),
        (b"GET /hunter2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
        (b"HUNTER2 /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400),
        (b"GET /clusters/hunter2/metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
        (b"GET /metrics HTTP/1.1\r\nHost: hunter2 a\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: hunter2\r\nConnection: close\r\n\r\n", 417),
        (b"GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: hunter2\x00\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nAuthorization hunter2\r\n\r\n", 400),
        (b"hunter2\r\n\r\n", 400),
        (b"GET /metrics HTTP/hunter2\r\n\r\n", 400),
        (b"GET hunter2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: hunter2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nhunter2", 400),
    ],
)
async def test_nothing_that_was_sent_is_repeated_or_logged(
    tmp_path: Path,
    request_: bytes,
    expected: int,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with small(tmp_path) as exporter:
        for url in (exporter.metrics, exporter.telemetry):
            answer = await answered(url, request_)
            if url == exporter.metrics:
                assert status(answer) == expected

            assert b"hunter2" not in answer.lower() and b"aiohttp" not in answer
            assert b"nosniff" in answer

    printed = capsys.readouterr()
    assert "hunter2" not in (caplog.text + printed.out + printed.err).lower()


async def test_what_is_expected_is_not_answered_before_it_is_known_who_asks(
    tmp_path: Path,
) -> None:
    async with reviewed(Reviewer(), tmp_path) as port:
        head = b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
        for expected in (b"100-continue", b"hunter2"):
            rest = b"Expect: " + expected + b"\r\nConnection: close\r\n\r\n"
            assert status(await answered(port.url, head + rest)) == 401


async def test_every_answer_keeps_browsers_from_guessing_and_framing(tmp_path: Path) -> None:
    async with small(tmp_path) as exporter:
        for path, method in (("/", "GET"), ("/metrics", "GET"), ("/nowhere", "GET"), ("/", "PUT")):
            answer = await exporter.get(path, method)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Frame-Options"] == "deny"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy


async def test_requests_beyond_what_there_is_room_for_are_told_so_and_probes_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entrance, "MOST_UNDER_WAY", 2)
    let, under_way = asyncio.Event(), 0

    async def slow(request: web.Request) -> web.Response:
        nonlocal under_way
        under_way += 1
        await let.wait()
        return web.Response()

    async def well(request: web.Request) -> web.Response:
        return web.Response()

    head = b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with serving([web.get("/", slow), web.get("/livez", well)], "127.0.0.1:0") as url:
        async with asyncio.TaskGroup() as group:
            first = [group.create_task(answered(url, head % b"/")) for _ in range(2)]

            async def are_under_way() -> bool:
                return under_way == 2

            await until(are_under_way)
            refused = await answered(url, head % b"/")
            probe = await answered(url, head % b"/livez")
            let.set()

        last = await answered(url, head % b"/")

    assert (status(refused), status(probe), status(last)) == (503, 200, 200)
    assert b"Retry-After" in refused
    assert [status(one.result()) for one in first] == [200, 200]


async def test_who_does_not_read_a_long_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrance, "ANSWER_DEADLINE", 0.05)

    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"a" * 50_000_000)

    async with serving([web.get("/", long)], "127.0.0.1:0") as url:
        reader, writer = await connected(url)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.5)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            async with asyncio.timeout(10):
                await reader.readexactly(50_000_000)

        writer.close()


PATHS = st.sampled_from(
    [b"/metrics", b"/metrics/fleet", b"/clusters/eu-1/metrics", b"/sd", b"/", b"/federate"]
)
NAMES = st.sampled_from(
    [b"cluster", b"collect[]", b"resources", b"exclude_resources", b"job", b"match[]", b"%00"]
)
VISIBLE = st.binary(max_size=30).map(lambda raw: bytes(c for c in raw if c > 32 and c != 127))
QUERIES = st.lists(
    st.tuples(NAMES | VISIBLE, st.sampled_from([b"=", b"", b"==", b"&", b";", b"%"]), VISIBLE).map(
        b"".join
    ),
    max_size=4,
).map(b"&".join)


async def test_any_query_is_answered_or_refused(tmp_path: Path) -> None:
    async with small(tmp_path) as exporter:

        @settings(max_examples=150, deadline=None, database=None)
        @given(PATHS, QUERIES)
        def is_answered(path: bytes, query: bytes) -> None:
            head = (
                b"GET " + path + b"?" + query + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
            answer = answered_to(exporter.metrics, head, whole=True)
            assert status(answer) in (200, 400, 404), (path, query, answer[:300])

        await asyncio.to_thread(is_answered)


PIECES = st.sampled_from(
    [b"GET", b" ", b"/metrics", b"/livez", b"*", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"\r\n",
     b"\r\n\r\n", b"\n", b"\0", b"Host: a", b"Host: \xff", b"Content-Length: 3", b"abc",
     b"Transfer-Encoding: chunked", b"0\r\n\r\n", b"Expect: 100-continue", b"CONNECT a:1",
     b"Upgrade: websocket", b"Connection: upgrade", b"http://a/metrics", b"//a/", b"?%zz", b"#",
     b"Accept: text/html", b"Accept-Encoding: gzip;q=a", b"PRI * HTTP/2.0", b"\x16\x03\x01"]
) | st.binary(max_size=8)  # fmt: skip


async def test_any_bytes_are_answered_or_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with small(tmp_path) as exporter:

        @settings(
            max_examples=100,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.lists(PIECES, max_size=14).map(b"".join), st.booleans())
        def is_answered(raw: bytes, proper: bool) -> None:
            request = raw if not proper else b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + raw
            answer = answered_to(exporter.metrics, request, whole=False)
            if answer:
                assert status(answer) < 500 or status(answer) == 505, (request, answer[:300])

        await asyncio.to_thread(is_answered)
        assert (await exporter.get("/metrics")).status == 200

    assert "Error handling request" not in caplog.text
