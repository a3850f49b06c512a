"""A proxy for what can be reached in a hub only."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trustme

from tests.e2e.member import Member


class Services:
    """A proxy that leads to what `services` has under a name, as the hub's DNS would."""

    def __init__(self) -> None:
        self.services: dict[str, int] = {}
        self.asked: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self.url

    @asynccontextmanager
    async def virtual_cluster(self, member: Member, namespace: str) -> AsyncIterator[None]:
        """
        Serve a member at the Service of its name, with a certificate for localhost, which is
        where its kubeconfig leads to.
        """
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        pem = authority.cert_pem.bytes()
        async with member.server.serving(ssl_context=context) as url:
            port = int(url.rpartition(":")[2])
            self.services[f"{member.name}.{namespace}.svc:443"] = port
            member.url = f"https://localhost:{port}"
            member.cluster = {
                "certificate-authority-data": b64encode(pem).decode(),
                "proxy-url": self.url,
            }
            yield

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode()
            verb, target, _ = asked.split(" ", 2)
            self.asked.append(target)
            assert verb == "CONNECT"
            to, there = await asyncio.open_connection("127.0.0.1", self.services[target])
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as group:
                group.create_task(carry(reader, there))
                group.create_task(carry(to, writer))
        except (OSError, KeyError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
