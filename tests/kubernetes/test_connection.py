"""Requests to one API server: credentials, headers, TLS, and failures as reasons."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes import connection as module
from exporter.kubernetes import session
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.credentials import Credential, KeyPair
from exporter.kubernetes.errors import Forbidden, Malformed, Unauthorized, Unreachable
from exporter.kubernetes.server import Server, Tls
from exporter.simulation import faults
from exporter.simulation.answer import Answer
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault

Connect = Callable[..., Connection]


class Presenting:
    """Presents one credential after the other, each until it is rejected."""

    def __init__(self, *credentials: Credential) -> None:
        self.left = list(credentials)
        self.rejections = 0

    async def current(self) -> Credential:
        return self.left[0]

    def rejected(self, credential: Credential) -> None:
        self.rejections += 1
        if len(self.left) > 1:
            self.left.pop(0)


def bearer(token: str) -> Credential:
    return Credential(authorization=f"Bearer {token}")


@pytest.fixture
async def connect(requests: Counter[tuple[str, str]]) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        def observe(verb: str, code: str, seconds: float) -> None:
            requests[verb, code] += 1

        def make(url: str, tls: Tls = Tls(), **more: Any) -> Connection:  # noqa: B008  immutable
            more.setdefault("credentials", Presenting(Credential()))
            server = Server(url, tls, **more)
            made = Connection(server, observe, "kube-fleet-exporter/1", ThreadedResolver())
            stack.push_async_callback(made.close)
            return made

        yield make


async def failure(reading: Awaitable[bytes]) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        async with asyncio.timeout(10):
            await reading

    return caught.value


async def test_a_request_says_who_we_are_and_what_we_may_do(
    api: ApiServer, url: str, connect: Connect
) -> None:
    impersonation = (("Impersonate-User", "jane"), ("Impersonate-Group", "dev"))
    connection = connect(
        url, credentials=Presenting(bearer("t")), impersonation=impersonation, compression=False
    )

    await connection.read("/version")

    (request,) = api.requests
    assert request.headers["User-Agent"] == "kube-fleet-exporter/1"
    assert request.headers["Authorization"] == "Bearer t"
    assert request.headers["Impersonate-User"] == "jane"
    assert request.headers["Impersonate-Group"] == "dev"
    assert request.headers["Accept-Encoding"] == "identity"


async def test_compression_is_asked_for_unless_the_kubeconfig_says_otherwise(
    api: ApiServer, url: str, connect: Connect
) -> None:
    await connect(url).read("/version")

    (request,) = api.requests
    assert request.headers["Accept-Encoding"] == "gzip"


async def test_a_rejected_credential_is_read_again_once(
    api: ApiServer, url: str, connect: Connect, requests: Counter[tuple[str, str]]
) -> None:
    api.tokens = {"new"}
    credentials = Presenting(bearer("old"), bearer("new"))

    await connect(url, credentials=credentials).read("/version")

    assert credentials.rejections == 1
    assert requests == {("GET", "401"): 1, ("GET", "200"): 1}


async def test_a_credential_that_is_rejected_twice_is_an_error(
    api: ApiServer, url: str, connect: Connect, requests: Counter[tuple[str, str]]
) -> None:
    api.tokens = {"other"}

    with pytest.raises(Unauthorized):
        await connect(url, credentials=Presenting(bearer("t"))).read("/version")

    assert requests == {("GET", "401"): 2}


async def test_of_an_error_only_the_message_of_a_status_is_kept(
    api: ApiServer, url: str, connect: Connect
) -> None:
    api.forbidden = {"pods"}
    connection = connect(url)

    with pytest.raises(Forbidden, match=r"list /api/v1/pods: .*pods"):
        await connection.read("/api/v1/pods", verb="LIST")

    secret = Answer(403, b'{"kind":"Secret","message":"hunter2"}')
    api.faults.append(Fault(faults.instead(secret)))

    with pytest.raises(Forbidden) as caught:
        await connection.read("/api/v1/pods", verb="LIST")

    assert "hunter2" not in str(caught.value)


async def test_an_answer_without_end_is_cut_off(
    api: ApiServer, url: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_BODY", 1000)
    api.faults.append(Fault(faults.instead(Answer(200, b"x" * 5000))))

    with pytest.raises(Malformed, match="more than 1000 bytes"):
        await connect(url).read("/version")


async def test_nobody_listening_is_refused(
    connect: Connect, requests: Counter[tuple[str, str]]
) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        error = await failure(connect(f"http://127.0.0.1:{held.getsockname()[1]}").read("/version"))

    assert error.reason == "refused"
    assert requests == {("GET", "error"): 1}


async def test_a_name_that_does_not_exist_is_dns(connect: Connect) -> None:
    error = await failure(connect("http://no-such-cluster.invalid").read("/version"))

    assert error.reason == "dns"


async def test_a_server_that_accepts_and_says_nothing_is_a_timeout(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CONNECT_DEADLINE", 0.2)
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 0.2)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]

        plain = await failure(connect(f"http://127.0.0.1:{port}").read("/version"))
        encrypted = await failure(connect(f"https://127.0.0.1:{port}").read("/version"))

    assert (plain.reason, encrypted.reason) == ("timeout", "timeout")


async def test_a_proxy_that_is_away_is_a_reason_of_its_own(url: str, connect: Connect) -> None:
    error = await failure(connect(url, proxy="http://127.0.0.1:1").read("/version"))

    assert error.reason == "proxy"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def trusting(authority: trustme.CA, **more: Any) -> Tls:
    return Tls(ca_data=authority.cert_pem.bytes(), **more)


async def test_a_certificate_of_the_cluster_s_own_authority_is_accepted(
    api: ApiServer, connect: Connect, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    async with api.serving(ssl_context=context) as url:
        assert b"gitVersion" in await connect(url, trusting(authority)).read("/version")


@pytest.mark.parametrize("case", ["expired", "hostname", "ca"])
async def test_why_a_certificate_is_not_accepted_is_told_apart(
    api: ApiServer, connect: Connect, authority: trustme.CA, case: str
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate, trusted = {
        "expired": (authority.issue_cert("127.0.0.1", not_after=yesterday), authority),
        "hostname": (authority.issue_cert("elsewhere.example"), authority),
        "ca": (trustme.CA().issue_cert("127.0.0.1"), authority),
    }[case]
    async with api.serving(ssl_context=server_context(certificate)) as url:
        error = await failure(connect(url, trusting(trusted)).read("/version"))

    assert error.reason == f"tls-{case}"


async def test_tls_server_name_is_expected_in_place_of_the_host(
    api: ApiServer, connect: Connect, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("kubernetes.default.svc"))
    async with api.serving(ssl_context=context) as url:
        tls = trusting(authority, server_name="kubernetes.default.svc")
        assert await connect(url, tls).read("/version")


async def test_an_authority_whose_file_was_replaced_is_read_again(
    api: ApiServer, connect: Connect, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(trustme.CA().cert_pem.bytes())
    context = server_context(authority.issue_cert("127.0.0.1"))
    async with api.serving(ssl_context=context) as url:
        connection = connect(url, Tls(ca_file=file))
        assert (await failure(connection.read("/version"))).reason == "tls-ca"

        file.write_bytes(authority.cert_pem.bytes())

        assert await connection.read("/version")


def key_pair(authority: trustme.CA) -> KeyPair:
    leaf = authority.issue_cert("client@example.com")
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    return KeyPair(chain, leaf.private_key_pem.bytes())


async def test_a_new_client_certificate_is_used_at_once_and_old_connections_end_in_peace(
    api: ApiServer, connect: Connect, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    pairs = [Credential(key_pair=key_pair(authority)) for _ in range(2)]
    credentials = Presenting(*pairs)
    async with api.serving(ssl_context=context) as url:
        connection = connect(url, trusting(authority), credentials=credentials)
        watch = {"watch": "1", "resourceVersion": str(api.resource_version)}
        async with connection.answer("/api/v1/pods", verb="WATCH", params=watch) as watching:
            credentials.rejected(pairs[0])
            assert await connection.read("/version")

            api.put("pods", {"metadata": {"name": "a", "namespace": "shop"}})
            assert b"ADDED" in await watching.content.readline()


async def test_a_hundred_new_certificates_leave_no_connection_behind(
    api: ApiServer, connect: Connect, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    same = key_pair(authority)
    pairs = [
        Credential(key_pair=KeyPair(same.certificate + b"\n" * n, same.key)) for n in range(100)
    ]
    credentials = Presenting(*pairs)
    async with api.serving(ssl_context=context) as url:
        connection = connect(url, trusting(authority), credentials=credentials)
        await connection.read("/version")
        before = open_files()
        for pair in pairs:
            credentials.rejected(pair)
            await connection.read("/version")

        await settled(lambda: open_files() <= before + 2)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
