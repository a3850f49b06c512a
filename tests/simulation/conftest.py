"""A simulated cluster, and an HTTP client that knows nothing of Kubernetes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import ClientSession, ClientTimeout

from exporter.simulation.api_server import ApiServer
from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place


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


@pytest.fixture
def cluster() -> SimulatedCluster:
    """A cluster of 200 pods."""
    made = SimulatedCluster(*place(0), seed=0)
    populate(made, 200, now())
    return made


@pytest.fixture
def event_counts() -> Callable[[SimulatedCluster, str], Counter[str]]:
    """How often each reason was reported for the objects of a kind."""

    def count(cluster: SimulatedCluster, kind: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for event in cluster.server.objects("events"):
            if event["involvedObject"]["kind"] == kind:
                times = event.get("series", {}).get("count") or event.get("count", 1)
                counted[event["reason"]] += times
        return counted

    return count
