"""How far one gets on the way to an API server: its name, its port, its certificate."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from exporter.kubernetes.addresses import GuardedResolver
from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.errors import KubernetesError, Unreachable
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.session import new_session
from exporter.kubernetes.x509 import Certificate, NotACertificate, certificate

CONNECT_DEADLINE = 3.0
"""Seconds for DNS, and as many for TCP: the rest of the time is for TLS and the questions."""

_STEPS = {"dns": "DNS", "refused": "TCP", "proxy": "proxy"}


async def reach(server: Server, resolver: AbstractResolver) -> None:
    """
    Resolve the name and connect to the port, or to the proxy's; send nothing.

    Raises:
        Unreachable: reason ``dns``, or ``refused`` for whatever keeps us from the port.
        RefusedByPolicy: the server is at a local address, and may not be.
    """
    parts = urlsplit(server.proxy or server.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    problem = "there are no addresses"
    for address in await _resolved(server, resolver, host, port):
        try:
            async with asyncio.timeout(CONNECT_DEADLINE):
                _, writer = await asyncio.open_connection(address, port)
        except TimeoutError:
            problem = f"no answer within {CONNECT_DEADLINE:.0f} s"
        except OSError as error:
            problem = error.strerror or type(error).__name__
        else:
            writer.transport.abort()
            return

    where = f"the proxy {host}" if server.proxy else host
    raise Unreachable("refused", f"cannot connect to {where}, port {port}: {problem}")


async def _resolved(server: Server, resolver: AbstractResolver, host: str, port: int) -> list[str]:
    guarded = resolver if server.local_addresses else GuardedResolver(resolver)
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            found = await guarded.resolve(host, port, socket.AF_UNSPEC)
    except TimeoutError:
        raise Unreachable("dns", f"no answer about {host} in time") from None
    except OSError:
        raise Unreachable("dns", f"cannot resolve {host}") from None

    return [one["host"] for one in found]


async def explained(error: KubernetesError, server: Server, resolver: AbstractResolver) -> str:
    """What went wrong, the step first; of a certificate that is not accepted, whose it is."""
    if not isinstance(error, Unreachable):
        return str(error)

    if not error.reason.startswith("tls"):
        return f"{_STEPS.get(error.reason, 'HTTP')}: {error}"

    problem = f"TLS: {error}".removesuffix(".")
    shown = await _shown(server, resolver)
    if shown is None:
        return problem

    issuer = f"by {shown.issuer!r}" if shown.issuer else "by nobody named"
    dates = f"valid from {shown.begins:%Y-%m-%d} until {shown.ends:%Y-%m-%d}"
    return f"{problem}; it was issued {issuer} and is {dates}"


async def _shown(server: Server, resolver: AbstractResolver) -> Certificate | None:
    """The certificate that nobody accepts. Whoever shows it gets no credentials to see."""
    seen: list[bytes] = []
    session = new_session(
        ssl_context(Tls(insecure=True), None),
        resolver,
        local_addresses=server.local_addresses,
        served=seen.append,
    )
    try:
        with transport_failures():
            async with (
                asyncio.timeout(CONNECT_DEADLINE),
                session,
                session.head(
                    server.url,
                    proxy=server.proxy,
                    server_hostname=server.tls.server_name,
                    allow_redirects=False,
                ),
            ):
                pass
    except KubernetesError:
        pass  # the handshake is over by then, or there is nothing to tell

    try:
        return certificate(seen[0]) if seen else None
    except NotACertificate:
        return None
