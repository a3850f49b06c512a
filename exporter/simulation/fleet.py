"""Many simulated clusters, each on a port of its own, and what happens in them."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.scenarios import SCENARIOS

_TOKENS = {"yearly": timedelta(days=365), "weekly": timedelta(days=7)}
"""How long tokens are valid, by the name of their user."""


class SimulatedFleet:
    """
    Clusters that are served while the block runs, and a scenario that plays in them.

    What the clusters hold follows from their names and the seed. With `ssl_context` all speak TLS.
    Raises KeyError for a scenario that is not in SCENARIOS, OSError when no port is free.
    """

    def __init__(
        self,
        clusters: int,
        pods_per_cluster: int,
        scenario: str = "steady",
        seed: int = 0,
        *,
        host: str = "127.0.0.1",
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.clusters = [SimulatedCluster(*place(index), seed) for index in range(clusters)]
        self.urls: dict[str, str] = {}
        """Where each cluster is served, by name."""
        self._pods_per_cluster = pods_per_cluster
        self._scenario = SCENARIOS[scenario]
        self._host = host
        self._ssl_context = ssl_context
        self._running = AsyncExitStack()

    @property
    def pods(self) -> int:
        """How many pods there are now."""
        return sum(len(cluster.server.keys(PODS)) for cluster in self.clusters)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            for cluster in self.clusters:
                populate(cluster, self._pods_per_cluster, now(), healthy=self._scenario.healthy)
                serving = cluster.server.serving(self._host, ssl_context=self._ssl_context)
                self.urls[cluster.name] = await starting.enter_async_context(serving)
            tasks = await starting.enter_async_context(asyncio.TaskGroup())
            playing = tasks.create_task(self._scenario.play(self.clusters))
            starting.callback(playing.cancel)
            self._running = starting.pop_all()
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        try:
            return await self._running.__aexit__(exception_type, exception, traceback)
        except BaseExceptionGroup as group:
            if group.exceptions == (exception,):
                return False  # what the block raised is its own affair, not that of a group
            raise

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig with a context for each cluster, see `kubeconfig`."""
        return kubeconfig(self.urls)


def kubeconfig(urls: Mapping[str, str], authority: Path | None = None) -> dict[str, Any]:
    """
    A kubeconfig with a context for each API server. Every other one has a token that ends in a
    year, the rest have one that ends in a week.

    Nobody asks for the tokens; they are there because credentials that end are worth watching.
    `urls` are by cluster name; `authority` is the file, in PEM form, of who signed their
    certificates.
    """
    trust = {"certificate-authority": str(authority)} if authority else {}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": url, **trust}} for name, url in urls.items()
        ],
        "users": [
            {"name": name, "user": {"token": _token(now(), valid)}}
            for name, valid in _TOKENS.items()
        ],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": user}}
            for name, user in zip(urls, itertools.cycle(_TOKENS), strict=False)
        ],
        "current-context": next(iter(urls), ""),
    }


def _token(issued: datetime, valid: timedelta) -> str:
    """What a ServiceAccount's token looks like (RFC 7519), without a signature."""
    claims = {
        "sub": "system:serviceaccount:monitoring:kube-fleet-exporter",
        "iat": int(issued.timestamp()),
        "exp": int((issued + valid).timestamp()),
    }
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join((*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""))
