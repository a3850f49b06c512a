"""
One API server's HTTP connections: deadlines, credentials, TLS, and what can go wrong, as ours.

Requests and watches use pools of their own. A connection that has carried a large list keeps large
buffers (measured with uvloop and TLS: 640 kB instead of 62 kB), and a watch stays open for minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.credentials import Credential, KeyPair
from exporter.kubernetes.errors import ApiError, Malformed, Unauthorized, Unreachable, api_error
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.server import Server
from exporter.kubernetes.session import CONNECT_DEADLINE, bounded, new_session

ANSWER_DEADLINE = 30.0
"""Seconds from the request to the end of the answer's headers."""

BODY_DEADLINE = 60.0
"""Seconds for the body of anything that is not a watch."""

LARGEST_REFUSAL = 64 * 1024
"""Bytes of an answer other than 2xx; a Status is a few hundred."""

LARGEST_BODY = 256 * 1024 * 1024
"""Bytes of one answer, decompressed; a page of 500 objects is 10 MB at the most in practice."""

Verb = Literal["GET", "LIST", "WATCH", "POST"]
Observe = Callable[[Verb, str, float], None]
"""Called after each request: verb, HTTP status or ``error``, seconds until the headers."""
Answered = Callable[[], Awaitable[None]]
"""Waited for between the headers of an answer and its body."""


class _Status(msgspec.Struct):
    kind: str | None = None
    message: str | None = None


@dataclass(eq=False)
class _Pool:
    """An HTTP connection pool, the server that it leads to, and how many requests use it now."""

    server: Server
    session: aiohttp.ClientSession
    users: int = 0


class Connection:
    """
    Everything that is sent to one API server goes through here.

    Raises `KubernetesError`s only. Nothing waits without a deadline, redirects are refused, answers
    other than 2xx are exceptions, and a 401 makes the credentials be read again, once.
    """

    def __init__(
        self, server: Server, observe: Observe, user_agent: str, resolver: AbstractResolver
    ) -> None:
        self._server = server
        self._observe = observe
        self._user_agent = user_agent
        self._resolver = resolver
        self._pools: dict[bool, _Pool] = {}
        self._retired: list[_Pool] = []
        self._key_pair: KeyPair | None = None

    async def close(self) -> None:
        """Close every connection, watches included."""
        pools = [*self._pools.values(), *self._retired]
        self._pools, self._retired = {}, []
        for pool in pools:
            await pool.session.close()

    async def replace(self, server: Server) -> None:
        """
        Send what comes to `server`, with its credentials, from now on.

        What is under way goes on where it is; the connections that it leaves are closed then.
        """
        self._server = server
        self._key_pair = None
        self._retire_pools()
        await self._close_idle()

    async def read(
        self,
        path: str,
        *,
        verb: Verb = "GET",
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        body: bytes | None = None,
        answered: Answered | None = None,
    ) -> bytes:
        """
        The body of the answer to one request. It is not received before `answered`, called once its
        headers have come, returns: bodies can be large.
        """
        async with self.answer(path, verb=verb, params=params, accept=accept, body=body) as answer:
            if answered is not None:
                await answered()

            with transport_failures():
                async with asyncio.timeout(BODY_DEADLINE):
                    return await bounded(answer, LARGEST_BODY)

    @asynccontextmanager
    async def answer(
        self,
        path: str,
        *,
        verb: Verb,
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose headers have come and whose status is 2xx; the body is still to read."""
        try:
            pool, answer = await self._send(path, verb, params, accept, body)
        except Unauthorized:
            pool, answer = await self._send(path, verb, params, accept, body)

        try:
            yield answer
        finally:
            answer.close()
            await self._leave(pool)

    async def _send(
        self,
        path: str,
        verb: Verb,
        params: Mapping[str, str] | None,
        accept: str,
        body: bytes | None,
    ) -> tuple[_Pool, aiohttp.ClientResponse]:
        server, credential = await self._current()
        server.expiries.presented(credential)
        pool = self._pool(server, credential, watch=verb == "WATCH")
        pool.users += 1
        answer = None
        try:
            answer = await self._request(pool, credential, verb, path, params, accept, body)
            if not 200 <= answer.status < 300:
                raise await _refusal(answer, f"{verb.lower()} {path}")
        except BaseException as error:
            if answer is not None:
                answer.close()

            await self._leave(pool)
            if isinstance(error, Unauthorized):
                server.credentials.rejected(credential)

            raise

        return pool, answer

    async def _current(self) -> tuple[Server, Credential]:
        """The server and what to present there: no other server may ever see its credential."""
        while True:
            server = self._server
            credential = await server.credentials.current()
            if server is self._server:
                return server, credential

    async def _request(
        self,
        pool: _Pool,
        credential: Credential,
        verb: Verb,
        path: str,
        params: Mapping[str, str] | None,
        accept: str,
        body: bytes | None,
    ) -> aiohttp.ClientResponse:
        started = time.monotonic()
        code = "error"
        try:
            with transport_failures():
                async with asyncio.timeout(ANSWER_DEADLINE):
                    answer = await pool.session.request(
                        "POST" if verb == "POST" else "GET",
                        pool.server.url.rstrip("/") + path,
                        params=params,
                        data=body,
                        headers=self._headers(pool.server, credential, verb, accept),
                        proxy=pool.server.proxy,
                        server_hostname=pool.server.tls.server_name,
                        allow_redirects=False,
                    )

            code = str(answer.status)
        except Unreachable as error:
            if error.reason.startswith("tls"):
                self._retire_pools()

            raise
        finally:
            self._observe(verb, code, time.monotonic() - started)

        return answer

    def _headers(
        self, server: Server, credential: Credential, verb: Verb, accept: str
    ) -> list[tuple[str, str]]:
        compressed = server.compression and verb != "WATCH"
        headers = [
            ("Accept", accept),
            ("Accept-Encoding", "gzip" if compressed else "identity"),
            ("User-Agent", self._user_agent),
            *server.impersonation,
        ]
        if verb == "POST":
            headers.append(("Content-Type", "application/json"))

        if credential.authorization is not None:
            headers.append(("Authorization", credential.authorization))

        return headers

    def _pool(self, server: Server, credential: Credential, *, watch: bool) -> _Pool:
        """The pool for this sort of request; a new one when the client certificate changed."""
        if credential.key_pair != self._key_pair:
            self._retire_pools()
            self._key_pair = credential.key_pair

        if not self._pools:
            tls = server.tls
            context = ssl_context(tls, credential.key_pair)
            if not tls.insecure and (tls.ca_data is not None or tls.ca_file is not None):
                server.expiries.trusted(context)

            for each in (False, True):
                session = new_session(
                    context,
                    self._resolver,
                    local_addresses=server.local_addresses,
                    served=None if tls.insecure else server.expiries.served,
                )
                self._pools[each] = _Pool(server, session)

        return self._pools[watch]

    def _retire_pools(self) -> None:
        """
        Stop using the present pools; each is closed when what it carries has ended.

        Certificate files are read again for the next request.
        """
        self._retired += self._pools.values()
        self._pools = {}

    async def _leave(self, pool: _Pool) -> None:
        pool.users -= 1
        await self._close_idle()

    async def _close_idle(self) -> None:
        idle = [one for one in self._retired if not one.users]
        self._retired = [one for one in self._retired if one.users]
        for one in idle:
            await one.session.close()


async def _refusal(answer: aiohttp.ClientResponse, what: str) -> ApiError | Unreachable:
    """The exception for an answer other than 2xx. Only a Status' message is kept of the body."""
    if 300 <= answer.status < 400:
        return Unreachable("http", f"{what}: {answer.status} redirects elsewhere; we do not follow")

    if answer.status == 407:
        return Unreachable("proxy", f"{what}: 407 the proxy asks for credentials")

    message = answer.reason or ""
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            status = msgspec.json.decode(await bounded(answer, LARGEST_REFUSAL), type=_Status)
        if status.kind == "Status" and status.message:
            message = status.message[:256]
    except (msgspec.MsgspecError, UnicodeDecodeError, aiohttp.ClientError, TimeoutError, Malformed):
        pass  # HTML from a load balancer, or nothing: the status alone has to do

    return api_error(answer.status, f"{what}: {message}", _retry_after(answer.headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; API servers never send the date form (apiserver, priority-and-fairness filter)."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
