"""A connection to a scripted API server."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.credentials import Credential
from exporter.kubernetes.server import Server, Tls
from exporter.simulation.api_server import ApiServer


class Anonymous:
    """Presents nothing."""

    async def current(self) -> Credential:
        return Credential()

    def rejected(self, credential: Credential) -> None:
        """There is nothing else to present."""


@pytest.fixture
def requests() -> Counter[tuple[str, str]]:
    """What the connection reported: requests by verb and code."""
    return Counter()


@pytest.fixture
def api() -> ApiServer:
    """A cluster with nothing but what every cluster has."""
    return ApiServer("eu-1")


@pytest.fixture
async def url(api: ApiServer) -> AsyncIterator[str]:
    """Where `api` is served."""
    async with api.serving() as served:
        yield served


@pytest.fixture
async def connection(url: str, requests: Counter[tuple[str, str]]) -> AsyncIterator[Connection]:
    """A connection to `api`."""

    def observe(verb: str, code: str, seconds: float) -> None:
        requests[verb, code] += 1

    made = Connection(Server(url, Tls(), Anonymous()), observe, "tests", ThreadedResolver())
    yield made
    await made.close()
