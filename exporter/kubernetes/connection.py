"""
One API server's HTTP connections: deadlines, credentials, TLS, and what can go wrong, as ours.

Requests and watches use pools of their own. A connection that has carried a large list keeps large
buffers (measured with uvloop and TLS: 640 kB instead of 62 kB), and a watch stays open for minutes.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.credentials import Credential, KeyPair
from exporter.kubernetes.errors import (
    ApiError,
    Malformed,
    Unauthorized,
    Unreachable,
    api_error,
)
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.server import Server

CONNECT_DEADLINE = 10.0
"""Seconds for DNS, TCP and the TLS handshake together."""

ANSWER_DEADLINE = 30.0
"""Seconds from the request to the end of the answer's headers."""

BODY_DEADLINE = 60.0
"""Seconds for the body of anything that is not a watch."""

LARGEST_BODY = 256 * 1024 * 1024
"""Bytes of one answer, decompressed; a page of 500 objects is 10 MB at the most in practice."""

Verb = Literal["GET", "LIST", "WATCH", "POST"]
Observe = Callable[[Verb, str, float], None]
"""Called after each request: verb, HTTP status or ``error``, seconds until the headers."""


class _Status(msgspec.Struct):
    kind: str | None = None
    message: str | None = None


@dataclass(eq=False)
class _Pool:
    """An HTTP connection pool and how many requests use it now."""

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

    async def read(
        self,
        path: str,
        *,
        verb: Verb = "GET",
        params: Mapping[str, str] | None = None,
        accept: str = "application/json",
        body: bytes | None = None,
    ) -> bytes:
        """The body of the answer to one request."""
        async with self.answer(path, verb=verb, params=params, accept=accept, body=body) as answer:
            with transport_failures():
                async with asyncio.timeout(BODY_DEADLINE):
                    return await _bounded(answer)

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
        credential = await self._server.credentials.current()
        pool = self._pool(credential, watch=verb == "WATCH")
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
                self._server.credentials.rejected(credential)

            raise

        return pool, answer

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
                        self._server.url.rstrip("/") + path,
                        params=params,
                        data=body,
                        headers=self._headers(credential, verb, accept),
                        proxy=self._server.proxy,
                        server_hostname=self._server.tls.server_name,
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

    def _headers(self, credential: Credential, verb: Verb, accept: str) -> list[tuple[str, str]]:
        compressed = self._server.compression and verb != "WATCH"
        headers = [
            ("Accept", accept),
            ("Accept-Encoding", "gzip" if compressed else "identity"),
            ("User-Agent", self._user_agent),
            *self._server.impersonation,
        ]
        if verb == "POST":
            headers.append(("Content-Type", "application/json"))

        if credential.authorization is not None:
            headers.append(("Authorization", credential.authorization))

        return headers

    def _pool(self, credential: Credential, *, watch: bool) -> _Pool:
        """The pool for this sort of request; a new one when the client certificate changed."""
        if credential.key_pair != self._key_pair:
            self._retire_pools()
            self._key_pair = credential.key_pair

        if not self._pools:
            context = ssl_context(self._server.tls, credential.key_pair)
            self._pools = {each: _Pool(self._session(context)) for each in (False, True)}

        return self._pools[watch]

    def _session(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            ssl=context,
            resolver=self._resolver,
            ttl_dns_cache=30,
            socket_factory=_kept_alive_socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_DEADLINE),
            trust_env=False,
        )

    def _retire_pools(self) -> None:
        """
        Stop using the present pools; each is closed when what it carries has ended.

        Certificate files are read again for the next request.
        """
        self._retired += self._pools.values()
        self._pools = {}

    async def _leave(self, pool: _Pool) -> None:
        pool.users -= 1
        idle = [one for one in self._retired if not one.users]
        self._retired = [one for one in self._retired if one.users]
        for one in idle:
            await one.session.close()


def _kept_alive_socket(address: Any) -> socket.socket:
    """
    A socket on which a peer that vanished is noticed after about a minute.

    Without it Linux waits for 13 to 30 minutes (client-go's own answer is HTTP/2 pings).
    """
    family, type_, protocol, *_ = address
    made = socket.socket(family, type_, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", 30),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 60_000),
    ):
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    return made


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise Malformed(f"an answer of more than {LARGEST_BODY} bytes")

    return b"".join(parts)


async def _refusal(answer: aiohttp.ClientResponse, what: str) -> ApiError | Unreachable:
    """The exception for an answer other than 2xx. Only a Status' message is kept of the body."""
    if 300 <= answer.status < 400:
        return Unreachable("http", f"{what}: {answer.status} redirects elsewhere; we do not follow")

    if answer.status == 407:
        return Unreachable("proxy", f"{what}: 407 the proxy asks for credentials")

    message = answer.reason or ""
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            status = msgspec.json.decode(await answer.content.read(64 * 1024), type=_Status)
        if status.kind == "Status" and status.message:
            message = status.message[:256]
    except (msgspec.MsgspecError, UnicodeDecodeError, aiohttp.ClientError, TimeoutError):
        pass  # HTML from a load balancer, or nothing: the status alone has to do

    return api_error(answer.status, f"{what}: {message}", _retry_after(answer.headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; API servers never send the date form (apiserver, priority-and-fairness filter)."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
