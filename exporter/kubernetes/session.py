"""HTTP sessions as we want them: who may be connected to, silent peers, and bodies with an end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from isal import igzip_lib, isal_zlib

from exporter.kubernetes.addresses import GuardedResolver, refuse_local
from exporter.kubernetes.errors import Malformed

CONNECT_DEADLINE = 10.0
"""Seconds for DNS, TCP and the TLS handshake together."""


def new_session(
    context: ssl.SSLContext,
    resolver: AbstractResolver,
    *,
    local_addresses: bool,
    served: Callable[[bytes], None] | None = None,
) -> aiohttp.ClientSession:
    """
    A session without cookies and without the environment's proxies, for its caller to close. Bodies
    come as they are sent: see `bounded`.

    Without `local_addresses`, requests raise `RefusedByPolicy` that would connect to one. What is
    checked is what is connected to: all addresses of a name before the first is tried, so that
    none hides behind another, and once more the very address of each socket, because those that a
    URL spells out are never resolved.

    `served` is told of the certificate (DER) that the server at the other end of each connection
    showed, before anything is sent there; whether it was checked is the context's affair.
    """
    connector = _Connector(
        served,
        limit=0,
        ssl=context,
        resolver=resolver if local_addresses else GuardedResolver(resolver),
        ttl_dns_cache=30,
        socket_factory=_kept_alive_socket if local_addresses else _guarded_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_DEADLINE),
        trust_env=False,
        auto_decompress=False,
    )


async def bounded(answer: aiohttp.ClientResponse, largest: int) -> bytes:
    """
    The whole body; `Malformed` if it has more than `largest` bytes, compressed or not.

    It is inflated in one piece: aiohttp would do so chunk by chunk and copy the text of a large
    page three times, which was a tenth of a first sync.
    """
    parts, size = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > largest:
            raise Malformed(f"an answer of more than {largest} bytes")

    return _inflated(b"".join(parts), answer.headers.get("Content-Encoding", ""), largest)


def _inflated(body: bytes, encoding: str, largest: int) -> bytes:
    match encoding.lower():
        case "" | "identity":
            return body

        case "gzip" | "x-gzip":
            member = isal_zlib.decompressobj(16 + isal_zlib.MAX_WBITS)
            try:
                text = member.decompress(body, largest + 1)
            except igzip_lib.IsalError:  # type: ignore[misc]  # its stub calls it a variable
                raise Malformed("an answer that says it is gzip, and is not") from None

            if len(text) > largest:
                raise Malformed(f"an answer of more than {largest} bytes")

            if not member.eof:
                raise Malformed("an answer whose gzip is cut off")

            return text

        case _:
            raise Malformed("an answer in an encoding that was not asked for")


class _Connector(aiohttp.TCPConnector):
    """Says which certificate was shown: an answer may have left its connection when it is here."""

    def __init__(self, served: Callable[[bytes], None] | None, **settings: Any) -> None:
        super().__init__(**settings)
        self._served = served

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        transport = connection.transport
        if self._served is not None and transport is not None:
            tls = transport.get_extra_info("ssl_object")
            der = tls and tls.getpeercert(binary_form=True)
            if der:
                self._served(der)

        return connection


def _guarded_socket(address: Any) -> socket.socket:
    host = address[4][0]
    refuse_local(host, host)
    return _kept_alive_socket(address)


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
