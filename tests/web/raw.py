"""Bytes to a port, and bytes back, as nobody who speaks proper HTTP would have it."""

import asyncio
import socket
from urllib.parse import urlsplit

DEADLINE = 10.0
"""Seconds until a port that does not answer counts as one that hangs."""

QUIET = 0.05
"""Seconds in which a port that waits for more of a request says nothing."""


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the port of a URL."""
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def answered(url: str, request: bytes) -> bytes:
    """All that comes back on a connection of its own; `TimeoutError` if it never ends."""
    reader, writer = await connected(url)
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(request)
            return await reader.read()
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def answered_to(url: str, request: bytes, *, whole: bool) -> bytes:
    """
    The same from a thread. A request that is not `whole` is ended by us once the port is quiet.
    """
    parts = urlsplit(url)
    received = bytearray()
    with socket.create_connection((parts.hostname, parts.port), DEADLINE) as own:
        own.sendall(request)
        if not whole:
            own.settimeout(QUIET)
            try:
                while part := own.recv(65536):
                    received += part
            except (TimeoutError, ConnectionError):
                pass

            own.settimeout(DEADLINE)
            try:
                own.shutdown(socket.SHUT_WR)
            except OSError:
                return bytes(received)

        try:
            while part := own.recv(65536):
                received += part
        except ConnectionError:
            pass

    return bytes(received)
