"""
Ways in which an API server, or what stands before it, fails its clients.

A fault is a predicate on requests and a bend of their answers: `server.faults.append(
Fault(truncated_chunk(), on=watches("pods"), times=1))`. The first fault of the list that matches
is applied. Waiting without end is waiting for an hour here; a client that leaves ends it.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from exporter.simulation.answer import (
    Answer,
    ConnectionReset,
    CutInsideChunk,
    Stream,
    failure,
    status_document,
)
from exporter.simulation.request import Request

Predicate = Callable[[Request], bool]
Bend = Callable[[Answer], Awaitable[Answer]]
"""Takes the answer that would have been given, and gives another one."""

_WITHOUT_END = 3600.0


def anything(_: Request) -> bool:
    """Every request."""
    return True


def lists(path_resource: str) -> Predicate:
    """Lists, and pages of lists, of one kind: `pods`, `apps/v1/deployments`."""
    return lambda request: request.is_list and _is_of(request, path_resource)


def watches(path_resource: str) -> Predicate:
    """Watches of one kind."""
    return lambda request: request.is_watch and _is_of(request, path_resource)


def path(exactly: str) -> Predicate:
    """Requests of one path, such as `/version`."""
    return lambda request: request.path == exactly


def later_pages(path_resource: str) -> Predicate:
    """Pages of a list after its first."""
    return lambda request: "continue" in request.query and _is_of(request, path_resource)


def _is_of(request: Request, path_resource: str) -> bool:
    return request.target is not None and request.target.path_resource == path_resource


@dataclass
class Fault:
    """What happens to which requests, and how often; `hits` counts."""

    bend: Bend
    on: Predicate = anything
    times: int | None = None
    """None: until it is removed from the list."""
    hits: int = 0

    def strikes(self, request: Request) -> bool:
        """Whether this request is bent. Counts it if so."""
        if (self.times is not None and self.hits >= self.times) or not self.on(request):
            return False
        self.hits += 1
        return True


# ------------------------------------------------------------------ silence and slowness


def delay(seconds: float) -> Bend:
    """The right answer, but late."""

    async def bend(answer: Answer) -> Answer:
        await asyncio.sleep(seconds)
        return answer

    return bend


def hang_before_headers() -> Bend:
    """Accept the request and say nothing."""
    return delay(_WITHOUT_END)


def hang_after_headers() -> Bend:
    """Send status and headers, and nothing else."""
    return hang_after(lines=0)


def hang_after(*, lines: int) -> Bend:
    """Send the first `lines` lines of the body (for a watch: events), then nothing more."""
    return _after(lines, _silence)


def hang_after_bytes(count: int) -> Bend:
    """Send the first `count` bytes of the body, then nothing more."""

    async def hang(body: Stream) -> Stream:
        left = count
        while left and (line := await anext(body, b"")):
            yield line[:left]
            left -= len(line[:left])
        await asyncio.sleep(_WITHOUT_END)

    return _after(0, hang)


def trickle(interval: float = 1.0) -> Bend:
    """Send the body a byte at a time, one each `interval` seconds."""

    async def drip(body: Stream) -> Stream:
        async for line in body:
            for byte in line:
                yield bytes((byte,))
                await asyncio.sleep(interval)

    return _after(0, drip)


# ------------------------------------------------------------------ endings


def truncated_chunk(*, after_lines: int = 0) -> Bend:
    """Close the connection in the middle of a chunk, which is the next line of the body."""
    return _after(after_lines, _cut_inside_next_line)


def half_a_line(*, after_lines: int = 0) -> Bend:
    """End the body cleanly, as HTTP sees it, in the middle of the next line."""
    return _after(after_lines, _half_of_next_line)


def clean_end(*, after_lines: int) -> Bend:
    """End the body cleanly between two lines, as a server that shuts down does."""
    return _after(after_lines, _nothing)


def instant_end() -> Bend:
    """200, no body, no error: what a watch of expired events looks like (kubernetes#104171)."""
    return _after(0, _nothing)


def reset_before_headers() -> Bend:
    """End the TCP connection with RST instead of an answer."""

    async def bend(_: Answer) -> Answer:
        raise ConnectionReset

    return bend


def reset(*, after_lines: int) -> Bend:
    """End the TCP connection with RST after some lines of the body."""
    return _after(after_lines, _break_off)


async def _silence(_: Stream) -> Stream:
    await asyncio.sleep(_WITHOUT_END)
    yield b""


async def _cut_inside_next_line(body: Stream) -> Stream:
    line = await anext(body, b"{}")
    yield b""
    raise CutInsideChunk(line[: len(line) // 2])


async def _half_of_next_line(body: Stream) -> Stream:
    line = await anext(body, b"{}")
    yield line[: len(line) // 2]


async def _nothing(_: Stream) -> Stream:
    yield b""


async def _break_off(_: Stream) -> Stream:
    yield b""
    raise ConnectionReset


# ------------------------------------------------------------------ other answers


def instead(answer: Answer) -> Bend:
    """Another answer."""

    async def bend(_: Answer) -> Answer:
        return answer

    return bend


def gone() -> Bend:
    """HTTP 410: the resourceVersion or continue token is too old."""
    return instead(failure(410, "Expired", "too old resource version: 1 (2)"))


def gone_in_stream() -> Bend:
    """200, then an ERROR event with code 410: how kube-apiserver ends an expired watch."""
    return instead(Answer(200, _error_event(status_document(410, "Expired", "too old"))))


def error_in_stream(code: int, reason: str) -> Bend:
    """200, then an ERROR event with any other code."""
    return instead(Answer(200, _error_event(status_document(code, reason, "simulated"))))


def _error_event(status: object) -> bytes:
    return msgspec.json.encode({"type": "ERROR", "object": status}) + b"\n"


def too_many_requests(retry_after: int | None = 1) -> Bend:
    """429, with Retry-After in seconds or without."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    refusal = failure(429, "TooManyRequests", "the server is currently unable to handle this")
    return instead(replace(refusal, headers=headers))


def status(code: int, reason: str) -> Bend:
    """Any failure, as a `Status`."""
    return instead(failure(code, reason, f"simulated {reason}"))


def html_error(code: int = 500) -> Bend:
    """The error page of a load balancer."""
    page = b"<html><head><title>Error</title></head><body><h1>Server Error</h1></body></html>"
    return instead(Answer(code, page, "text/html"))


def redirect(location: str) -> Bend:
    """302 to another URL."""
    return instead(Answer(302, b"", headers={"Location": location}))


def garbage() -> Bend:
    """200 and a body that is not JSON."""
    return instead(Answer(200, b"\x00\x01 this is not what you asked for {]\n"))


def null() -> Bend:
    """200 and the JSON document `null`."""
    return instead(Answer(200, b"null\n"))


def null_items() -> Bend:
    """The right list, but its `items` is null, which is how Go writes a nil slice."""

    async def bend(answer: Answer) -> Answer:
        body = await _complete(answer)
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(200, msgspec.json.encode({**msgspec.json.decode(body), "items": None}))

    return bend


async def _complete(answer: Answer) -> bytes:
    return b"".join([line async for line in _lines(answer)])


def _after(lines: int, then: Callable[[Stream], Stream]) -> Bend:
    """The same status and headers; the first lines of the same body, then what `then` makes."""

    async def body_of(answer: Answer) -> Stream:
        async with aclosing(_lines(answer)) as body:
            for _ in range(lines):
                yield await anext(body, b"")
            async with aclosing(then(body)) as ending:
                async for chunk in ending:
                    yield chunk

    async def bend(answer: Answer) -> Answer:
        return replace(answer, body=body_of(answer))

    return bend


async def _lines(answer: Answer) -> Stream:
    """The body by lines, newlines kept."""
    if isinstance(answer.body, bytes):
        for line in answer.body.splitlines(keepends=True):
            yield line
        return
    async with aclosing(answer.body) as body:
        async for chunk in body:
            for line in chunk.splitlines(keepends=True):
                yield line
