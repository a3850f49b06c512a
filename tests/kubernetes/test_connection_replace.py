"""A connection whose server, or credentials, are replaced while it is in use."""

from __future__ import annotations

import asyncio
import gc
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes.connection import Connection, Verb
from exporter.kubernetes.credentials import Credential, KeyPair, UserCredentials
from exporter.kubernetes.errors import RefusedByPolicy
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault

ROTATIONS = 100


def with_token(url: str, token: str, **more: Any) -> Server:
    return Server(url, Tls(), UserCredentials(StoredCredential(f"Bearer {token}")), **more)


def unobserved(verb: str, code: str, seconds: float) -> None:
    """Nobody counts."""


@pytest.fixture
async def connection(url: str) -> AsyncIterator[Connection]:
    made = Connection(with_token(url, "old"), unobserved, "tests", ThreadedResolver())
    yield made
    await made.close()


def tokens_of(api: ApiServer) -> list[str]:
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in api.requests]


async def test_what_comes_goes_to_the_new_server(
    api: ApiServer, url: str, connection: Connection
) -> None:
    await connection.read("/version")
    other = ApiServer("eu-2")
    async with other.serving() as elsewhere:
        await connection.replace(
            with_token(elsewhere, "new", impersonation=(("Impersonate-User", "jane"),))
        )
        await connection.read("/version")

    assert tokens_of(api) == ["old"]
    assert tokens_of(other) == ["new"]
    assert other.requests[0].headers["Impersonate-User"] == "jane"


async def test_what_is_under_way_goes_on(api: ApiServer, url: str, connection: Connection) -> None:
    watch = {"watch": "1", "resourceVersion": str(api.resource_version)}
    async with connection.answer("/api/v1/pods", verb="WATCH", params=watch) as watching:
        await connection.replace(with_token(url, "new"))
        await connection.read("/version")
        api.put("pods", {"metadata": {"name": "a", "namespace": "shop"}})

        assert b"ADDED" in await watching.content.readline()

    assert tokens_of(api) == ["old", "new"]


class Slow:
    """A command that takes its time."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.reread_after = float("inf")

    async def read(self) -> Credential:
        self.asked.set()
        await self.answers.wait()
        return Credential("Bearer old")


async def test_a_credential_that_comes_too_late_is_never_sent_to_the_new_server(
    api: ApiServer, url: str
) -> None:
    slow = Slow()
    other = ApiServer("eu-2")
    connection = Connection(
        Server(url, Tls(), UserCredentials(slow)), unobserved, "tests", ThreadedResolver()
    )
    async with other.serving() as elsewhere:
        reading = asyncio.create_task(connection.read("/version"))
        await slow.asked.wait()
        await connection.replace(with_token(elsewhere, "new"))
        slow.answers.set()
        await reading
        await connection.close()

    assert not api.requests
    assert tokens_of(other) == ["new"]


class Fixed:
    """Credentials that are one token, and remember that it was rejected."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.rejections = 0

    async def current(self) -> Credential:
        return Credential(f"Bearer {self.token}")

    def rejected(self, credential: Credential) -> None:
        self.rejections += 1


async def test_a_rejection_of_the_old_credential_is_none_of_the_new_one(
    api: ApiServer, url: str
) -> None:
    api.tokens = {"new"}
    api.faults.append(Fault(faults.delay(0.2), times=1))
    old, new = Fixed("old"), Fixed("new")
    connection = Connection(Server(url, Tls(), old), unobserved, "tests", ThreadedResolver())
    reading = asyncio.create_task(connection.read("/version"))
    await settled(lambda: bool(api.requests))

    await connection.replace(Server(url, Tls(), new))

    assert await reading
    assert tokens_of(api) == ["old", "new"]
    assert (old.rejections, new.rejections) == (1, 0)
    await connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_server_that_was_found_is_not_at_a_local_address(
    api: ApiServer, url: str, connection: Connection, host: str
) -> None:
    await connection.read("/version")
    there = url.replace("127.0.0.1", host)
    await connection.replace(with_token(there, "new", local_addresses=False))

    verbs: tuple[Verb, ...] = ("GET", "WATCH")
    for verb in verbs:
        with pytest.raises(RefusedByPolicy, match=r"allow\.local_addresses: true permits it"):
            await connection.read("/version", verb=verb)

    assert tokens_of(api) == ["old"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def rotated(url: str, authority: trustme.CA, number: int) -> Server:
    """The same server, to which the client shows another certificate."""
    issued = authority.issue_cert(f"client-{number}")
    stored = StoredCredential(
        certificate=issued.cert_chain_pems[0].bytes(), key=issued.private_key_pem.bytes()
    )
    tls = Tls(ca_data=authority.cert_pem.bytes())
    return Server(url, tls, UserCredentials(stored))


def mutual_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    return context


async def test_a_hundred_rotations_leave_nothing_behind_but_what_is_in_use(
    api: ApiServer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    watch = {"watch": "1", "resourceVersion": str(api.resource_version)}
    async with api.serving(ssl_context=mutual_tls(authority)) as url:
        connection = Connection(rotated(url, authority, 0), unobserved, "tests", ThreadedResolver())
        before = open_descriptors(), living(KeyPair), living(ssl.SSLContext)
        async with connection.answer("/api/v1/pods", verb="WATCH", params=watch) as watching:
            for number in range(1, ROTATIONS + 1):
                await connection.replace(rotated(url, authority, number))
                await connection.read("/version")

            # Both ends of two connections are here: the first one's watch, and the last one's.
            await settled(lambda: open_descriptors() <= before[0] + 4)
            assert living(KeyPair) <= before[1] + 2
            assert living(ssl.SSLContext) <= before[2] + 2
            api.put("pods", {"metadata": {"name": "a", "namespace": "shop"}})
            assert b"ADDED" in await watching.content.readline()

        await settled(lambda: open_descriptors() <= before[0] + 2)
        await settled(lambda: living(KeyPair) <= before[1] + 1)
        assert living(ssl.SSLContext) <= before[2] + 1

        await connection.close()
        await settled(lambda: open_descriptors() <= before[0])

    assert not list(tmp_path.iterdir())


async def test_a_connection_that_nobody_uses_is_closed_at_once(
    authority: trustme.CA, api: ApiServer
) -> None:
    async with api.serving(ssl_context=mutual_tls(authority)) as url:
        connection = Connection(rotated(url, authority, 0), unobserved, "tests", ThreadedResolver())
        before = open_descriptors(), living(KeyPair)
        await connection.read("/version")

        await connection.replace(rotated(url, authority, 1))

        await settled(lambda: open_descriptors() <= before[0])
        assert living(KeyPair) <= before[1]
        await connection.close()


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def living(kind: type) -> int:
    gc.collect()
    return sum(isinstance(one, kind) for one in gc.get_objects())


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
