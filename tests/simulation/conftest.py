"""A simulated cluster, and an HTTP client that knows nothing of Kubernetes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ClientTimeout

from exporter.simulation.api_server import ApiServer


@pytest.fixture
def server() -> ApiServer:
    """A cluster with nothing but what every cluster has."""
    return ApiServer("eu-1")


@pytest.fixture
async def client(server: ApiServer) -> AsyncIterator[ClientSession]:
    """Asks `server`, which listens while the test runs."""
    timeout = ClientTimeout(total=20)
    async with server.serving() as url, ClientSession(url, timeout=timeout) as session:
        yield session
