"""Sessions that connect to no local address, whatever the URL says."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_network

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes import addresses
from exporter.kubernetes.errors import KubernetesError, Malformed, RefusedByPolicy, Unreachable
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.session import bounded, new_session
from exporter.simulation.api_server import ApiServer


class Changing(AbstractResolver):
    """A name server of somebody who means harm: every question has the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
def context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
async def guarded(context: ssl.SSLContext) -> AsyncIterator[aiohttp.ClientSession]:
    async with new_session(context, ThreadedResolver(), local_addresses=False) as session:
        yield session


async def fetch(
    session: aiohttp.ClientSession, url: str, proxy: str | None = None
) -> bytes | KubernetesError:
    try:
        with transport_failures():
            async with session.get(url, proxy=proxy) as answer:
                return await answer.read()
    except KubernetesError as error:
        return error


def port_of(url: str) -> str:
    return url.rpartition(":")[2]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
     "[::ffff:7f00:1]", "[::127.0.0.1]", "[fe80::1%25lo]", "0x7f.1", "0x7f000001", "127。0。0。1"],
)  # fmt: skip
@pytest.mark.parametrize("through", ["url", "proxy"])
async def test_our_own_machine_is_refused_in_every_spelling(
    api: ApiServer, url: str, guarded: aiohttp.ClientSession, host: str, through: str
) -> None:
    there = f"http://{host}:{port_of(url)}/version"
    if through == "url":
        outcome = await fetch(guarded, there)
    else:
        outcome = await fetch(guarded, "http://192.0.2.1/", proxy=there)

    assert isinstance(outcome, RefusedByPolicy)
    assert "allow.local_addresses: true permits it" in str(outcome)
    assert not api.requests


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "127.0.1", "017700000001", "0177.0.0.1", "127.0.0.1.", "localhost.",
     "%31%32%37.0.0.1"],
)  # fmt: skip
async def test_what_only_some_read_as_an_address_leads_nowhere(
    api: ApiServer, url: str, guarded: aiohttp.ClientSession, host: str
) -> None:
    outcome = await fetch(guarded, f"http://{host}:{port_of(url)}/version")

    assert isinstance(outcome, Unreachable | RefusedByPolicy)
    assert not api.requests


async def test_a_local_address_is_served_where_that_is_allowed(
    url: str, context: ssl.SSLContext
) -> None:
    async with new_session(context, ThreadedResolver(), local_addresses=True) as session:
        outcome = await fetch(session, f"http://localhost:{port_of(url)}/version")

    assert isinstance(outcome, bytes)


async def test_what_is_not_local_is_connected_to(
    url: str, guarded: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_NETWORKS", [])

    assert isinstance(await fetch(guarded, f"{url}/version"), bytes)
    assert isinstance(await fetch(guarded, f"http://localhost:{port_of(url)}/version"), bytes)


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    api: ApiServer, url: str, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was checked is what is connected to: the name is not resolved a second time."""
    monkeypatch.setattr(addresses, "_NETWORKS", [("loopback", ip_network("127.0.0.2"))])
    resolver = Changing(["127.0.0.1"], ["127.0.0.2"])
    there = f"http://eu-1.example:{port_of(url)}/version"

    async with new_session(context, resolver, local_addresses=False) as session:
        assert isinstance(await fetch(session, there), bytes)

    async with new_session(context, resolver, local_addresses=False) as session:
        assert isinstance(await fetch(session, there), RefusedByPolicy)

    assert len(api.requests) == 1


async def test_an_answer_with_an_end_is_read_whole(url: str, context: ssl.SSLContext) -> None:
    async with new_session(context, ThreadedResolver(), local_addresses=True) as session:
        async with session.get(f"{url}/version") as answer:
            assert b"gitVersion" in await bounded(answer, 10_000)

        async with session.get(f"{url}/version") as answer:
            with pytest.raises(Malformed, match="an answer of more than 10 bytes"):
                await bounded(answer, 10)
