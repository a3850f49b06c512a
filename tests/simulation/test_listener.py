"""Sockets: outages, cut connections, TLS."""

from __future__ import annotations

import ssl

import pytest
import trustme
from aiohttp import ClientConnectorError, ClientPayloadError, ClientSession

from exporter.simulation.api_server import ApiServer


async def test_a_cluster_that_is_down_refuses_and_comes_back_at_the_same_port(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/api/v1/pods?watch=1") as watch:
        await server.go_down()

        with pytest.raises(ClientPayloadError):
            await watch.content.read()
        with pytest.raises(ClientConnectorError):
            await client.get("/version")
        await server.come_back()
        async with client.get("/version") as response:
            assert response.status == 200


async def test_disconnecting_cuts_watches_but_goes_on_listening(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/api/v1/pods?watch=1") as watch:
        server.disconnect()
        with pytest.raises(ClientPayloadError):
            await watch.content.read()
    async with client.get("/version") as response:
        assert response.status == 200


async def test_a_taken_port_is_an_error() -> None:
    async with ApiServer("one").serving() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)):
            async with ApiServer("two").serving(port=port):
                pass


async def test_it_speaks_tls(server: ApiServer) -> None:
    authority = trustme.CA()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    theirs = ssl.create_default_context()
    authority.configure_trust(theirs)
    async with server.serving(ssl_context=ours) as url, ClientSession() as session:
        async with session.get(f"{url}/version", ssl=theirs) as response:
            assert response.status == 200
        assert url.startswith("https://")
