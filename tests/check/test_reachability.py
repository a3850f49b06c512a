"""The step of the way is named that one does not get past."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import trustme
from aiohttp.resolver import ThreadedResolver

from exporter.check.reachability import explained, reach
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import Forbidden, KubernetesError, RefusedByPolicy, Unreachable
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.simulation.api_server import ApiServer

TRUSTED = trustme.CA(organization_name="ours")
OTHER = trustme.CA(organization_name="somebody else")
SECRET = "Bearer s3cret"


def at(url: str, ca: trustme.CA | None = None) -> Server:
    tls = Tls(ca_data=ca.cert_pem.bytes() if ca else None)
    return Server(url, tls, UserCredentials(StoredCredential(authorization=SECRET)))


@pytest.fixture
def api() -> ApiServer:
    return ApiServer("eu-1")


@pytest.fixture
async def url(api: ApiServer) -> AsyncIterator[str]:
    """Of a server whose certificate is for 127.0.0.1 and by `OTHER`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    OTHER.issue_cert("127.0.0.1").configure_cert(context)
    async with api.serving(ssl_context=context) as served:
        yield served


async def problem_of(server: Server) -> str:
    connection = Connection(server, lambda *_: None, "tests", ThreadedResolver())
    try:
        await reach(server, ThreadedResolver())
        await connection.read("/version")
    except KubernetesError as error:
        return await explained(error, server, ThreadedResolver())
    finally:
        await connection.close()

    return ""


async def test_who_is_there_is_reached(url: str) -> None:
    assert await problem_of(at(url, OTHER)) == ""


async def test_a_name_that_nobody_has_is_a_matter_of_dns() -> None:
    assert await problem_of(at("https://api.invalid:6443")) == "DNS: cannot resolve api.invalid"


async def test_a_port_that_nobody_listens_on_is_a_matter_of_tcp() -> None:
    problem = await problem_of(at("https://127.0.0.1:9"))

    assert problem.startswith("TCP: cannot connect to 127.0.0.1, port 9: ")


async def test_of_a_certificate_nobody_trusts_the_issuer_and_dates_are_told(url: str) -> None:
    problem = await problem_of(at(url, TRUSTED))

    assert problem.startswith("TLS: the certificate is not accepted: unable to get local issuer")
    assert "; it was issued by 'somebody else' and is valid from 2" in problem


async def test_no_credential_is_sent_to_find_that_out(api: ApiServer, url: str) -> None:
    await problem_of(at(url, TRUSTED))

    assert all("Authorization" not in request.headers for request in api.requests)


async def test_the_name_that_a_certificate_lacks_is_told(url: str) -> None:
    server = at(url, OTHER)
    elsewhere = replace(server, tls=replace(server.tls, server_name="api.example.org"))

    assert "not valid for 'api.example.org'; it was issued by" in await problem_of(elsewhere)


async def test_a_server_without_tls_has_no_certificate_to_tell_of() -> None:
    async with ApiServer("eu-1").serving() as url:
        problem = await problem_of(at(url.replace("http:", "https:")))

    assert problem.startswith("TLS: the TLS handshake failed")
    assert "issued" not in problem


async def test_a_local_address_that_may_not_be_is_not_connected_to(url: str) -> None:
    with pytest.raises(RefusedByPolicy):
        await reach(replace(at(url), local_addresses=False), ThreadedResolver())


async def test_a_proxy_is_reached_in_the_server_s_place() -> None:
    with pytest.raises(Unreachable, match=r"the proxy 127\.0\.0\.1, port 9"):
        await reach(
            replace(at("https://api.invalid"), proxy="http://u:p@127.0.0.1:9"), ThreadedResolver()
        )


async def test_what_an_api_server_says_itself_is_left_as_it_is() -> None:
    assert (
        await explained(Forbidden(403, "no"), at("https://api.invalid"), ThreadedResolver())
        == "403 no"
    )
