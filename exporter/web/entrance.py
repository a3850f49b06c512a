"""
What every request passes before its path is looked at: is it well-formed, may it come, is there
room; and what every answer has.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from exporter.web.access import OPEN, Access

MOST_UNDER_WAY = 100
"""Requests of one port that are answered at the same time; probes are not counted."""

ANSWER_DEADLINE = 60.0
"""Seconds until whoever asked has taken the answer; pages have theirs in `stream`."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "kube-fleet-exporter",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
}
"""Of every answer, unless a handler or the user has others."""

_HOST = re.compile(r"([A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


class Entrance:
    """What leads to the handlers of one port. Without `access` everybody may come."""

    def __init__(self, access: Access | None) -> None:
        self._access = access
        self._under_way = 0

    async def answer(self, handler: Handler, request: web.BaseRequest) -> web.StreamResponse:
        """The handler's answer, which was sent. Raises `web.HTTPException`s that were sent."""
        try:
            is_open = request.rel_url.path_safe in OPEN
            if not is_open:
                _check_host(request)
                if self._access is not None:
                    await self._access.admit(request)

            _check_expectation(request)
            with self._room(is_open):
                response = await handler(request)
                await _send(request, response)
                return response
        except web.HTTPException as refusal:
            self._add_headers(refusal)
            await _send(request, refusal)
            raise

    async def add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        """See `_add_headers`; for aiohttp's `on_response_prepare`."""
        self._add_headers(response)

    def _add_headers(self, response: web.StreamResponse) -> None:
        """Those that every answer has: the user's, else the handler's, else ours."""
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)

        if self._access is not None:
            response.headers.update(self._access.headers)

    @contextmanager
    def _room(self, is_open: bool) -> Iterator[None]:
        if is_open:
            yield
            return

        if self._under_way >= MOST_UNDER_WAY:
            raise web.HTTPServiceUnavailable(text="busy\n", headers={"Retry-After": "1"})

        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


def _check_host(request: web.BaseRequest) -> None:
    """RFC 9112, 3.2. What stands there comes back in lists of targets."""
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise web.HTTPBadRequest(text="a request has one Host, which is HOST or HOST:PORT\n")


def _check_expectation(request: web.BaseRequest) -> None:
    """aiohttp would repeat what it does not know."""
    if request.headers.get("Expect", "100-continue").lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="only 100-continue can be expected\n")


async def _send(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """What was sent already is not sent twice. Whoever does not read it is left."""
    try:
        async with asyncio.timeout(ANSWER_DEADLINE):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        pass  # aiohttp finds out as well, when it looks whether all was sent
