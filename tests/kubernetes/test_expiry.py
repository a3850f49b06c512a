"""When credentials, authorities and certificates end, and who renews them."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.credentials import Credential, KeyPair, Rotation
from exporter.kubernetes.errors import Unreachable
from exporter.kubernetes.exec_plugin import exec_credential
from exporter.kubernetes.expiry import Expiries, Expiry
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.simulation.api_server import ApiServer
from tests.kubernetes.conftest import Anonymous

V1 = "client.authentication.k8s.io/v1"
TODAY = datetime(2030, 1, 1, tzinfo=UTC)


def token(**claims: float) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer e30.{payload}.c2ln"


def in_days(days: float) -> int:
    return int((TODAY + timedelta(days=days)).timestamp())


def issued(
    authority: trustme.CA, begins: float, ends: float, name: str = "127.0.0.1"
) -> trustme.LeafCert:
    return authority.issue_cert(
        name,
        not_before=TODAY + timedelta(days=begins),
        not_after=TODAY + timedelta(days=ends),
    )


def pair_of(leaf: trustme.LeafCert, *more: bytes) -> KeyPair:
    chain = b"".join((leaf.cert_chain_pems[0].bytes(), *more))
    return KeyPair(chain, leaf.private_key_pem.bytes())


def of(credential: Credential) -> list[Expiry]:
    expiries = Expiries()
    expiries.presented(credential)
    return expiries.known


def test_a_token_ends_when_it_says() -> None:
    assert of(Credential(token(exp=in_days(400), iat=in_days(0)))) == [
        Expiry("token", "manual", in_days(400))
    ]


def test_what_its_source_says_of_a_token_goes_before_what_it_says_itself() -> None:
    credential = Credential(token(exp=in_days(9)), expires=TODAY, rotation="exec")

    assert of(credential) == [Expiry("token", "exec", in_days(0))]


@pytest.mark.parametrize("rotation", ["file", "exec", "oidc"])
def test_who_renews_a_token_is_told(rotation: Rotation) -> None:
    assert of(Credential(token(exp=in_days(1), iat=in_days(0)), rotation=rotation)) == [
        Expiry("token", rotation, in_days(1))
    ]


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_what_is_valid_for_a_month_at_most_is_renewed_by_something(claim: str) -> None:
    def rotation(days: float) -> str:
        credential = Credential(token(**{"exp": in_days(days), claim: in_days(0)}))
        return of(credential)[0].rotation

    assert (rotation(31), rotation(31.1)) == ("auto", "manual")


@pytest.mark.parametrize("authorization", [None, "Bearer opaque", "Basic dTpw", token(iat=1.0)])
def test_what_says_no_end_has_none(authorization: str | None) -> None:
    assert of(Credential(authorization)) == []


def test_a_chain_ends_with_the_first_of_its_certificates() -> None:
    authority = trustme.CA()
    early = issued(authority, -400, 30).cert_chain_pems[0].bytes()

    assert of(Credential(key_pair=pair_of(issued(authority, -400, 90), early))) == [
        Expiry("client-certificate", "manual", in_days(30))
    ]


def test_a_file_with_a_token_says_nothing_of_the_certificate_beside_it() -> None:
    pair = pair_of(issued(trustme.CA(), -300, 90))

    assert [one.rotation for one in of(Credential(key_pair=pair, rotation="file"))] == ["manual"]
    assert [one.rotation for one in of(Credential(key_pair=pair, rotation="exec"))] == ["exec"]


def test_a_new_credential_takes_the_place_of_the_old_one() -> None:
    expiries = Expiries()
    expiries.presented(Credential(token(exp=in_days(1)), pair_of(issued(trustme.CA(), 0, 9))))
    expiries.presented(Credential(token(exp=in_days(2))))

    assert expiries.known == [Expiry("token", "manual", in_days(2))]


def test_a_certificate_that_cannot_be_read_has_no_date() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\naGk=\n-----END CERTIFICATE-----\n"

    assert of(Credential(key_pair=KeyPair(pem, b""))) == []


def test_trust_ends_with_the_last_of_several_authorities() -> None:
    old, new = trustme.CA(), trustme.CA()
    ends = ssl_context(Tls(ca_data=new.cert_pem.bytes()), None).get_ca_certs()[0]["notAfter"]
    bundle = old.create_child_ca().cert_pem.bytes() + new.cert_pem.bytes()
    expiries = Expiries()

    expiries.trusted(ssl_context(Tls(ca_data=bundle), None))

    assert expiries.known == [Expiry("ca", "manual", ssl.cert_time_to_seconds(str(ends)))]


@asynccontextmanager
async def connected(tls: Tls, leaf: trustme.LeafCert) -> AsyncIterator[tuple[Server, Connection]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    async with ApiServer("eu-1").serving(ssl_context=context) as url:
        server = Server(url, tls, Anonymous())
        connection = Connection(server, lambda *_: None, "tests", ThreadedResolver())
        try:
            yield server, connection
        finally:
            await connection.close()
            await asyncio.sleep(0)


def kinds(server: Server) -> dict[str, str]:
    return {one.kind: one.rotation for one in server.expiries.known}


async def test_what_the_server_shows_is_known_after_one_small_answer() -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    async with connected(Tls(ca_data=authority.cert_pem.bytes()), leaf) as (server, connection):
        await connection.read("/version")

        assert kinds(server) == {"ca": "manual", "serving-certificate": "manual"}
        assert "expiries" not in repr(server)


async def test_nobody_checks_an_insecure_server_so_nothing_of_it_ends() -> None:
    leaf = trustme.CA().issue_cert("127.0.0.1")
    async with connected(Tls(insecure=True), leaf) as (server, connection):
        await connection.read("/version")

        assert kinds(server) == {}


async def test_a_certificate_that_is_not_accepted_is_not_shown() -> None:
    mine, other = trustme.CA(), trustme.CA()
    tls = Tls(ca_data=mine.cert_pem.bytes())
    async with connected(tls, other.issue_cert("127.0.0.1")) as (server, connection):
        with pytest.raises(Unreachable):
            await connection.read("/version")

        assert kinds(server) == {"ca": "manual"}


async def test_sources_say_who_renews_what_they_give(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("opaque")
    printed = json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": {"token": "t"}})

    assert (await StoredCredential("Bearer opaque").read()).rotation == "manual"
    assert (await StoredCredential(token_file=file).read()).rotation == "file"
    assert exec_credential(printed.encode(), V1).rotation == "exec"
