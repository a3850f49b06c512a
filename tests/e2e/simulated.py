"""Simulated clusters, served in the test's own process."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.fleet import kubeconfig


@asynccontextmanager
async def served(clusters: Sequence[SimulatedCluster], file: Path) -> AsyncIterator[dict[str, str]]:
    """Serve while the block runs; their kubeconfig is in `file`. Gives their URLs by name."""
    async with AsyncExitStack() as serving:
        urls = {
            cluster.name: await serving.enter_async_context(cluster.server.serving("127.0.0.1"))
            for cluster in clusters
        }
        file.write_text(json.dumps(kubeconfig(urls)))
        yield urls
