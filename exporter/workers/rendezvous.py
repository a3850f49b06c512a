"""
Which worker reads a cluster: rendezvous hashing (Thaler and Ravishankar, 1998).

Each worker has a weight for each cluster, and the heaviest has it: one worker more takes its part
from all the others, and nothing else moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from exporter.discovery.provider import Provider, Snapshot


def owner(cluster: str, workers: int) -> int:
    """The number, from 0, of the worker that reads the cluster; the same in every process."""
    name = cluster.encode("utf-8", "surrogatepass")

    def weight(worker: int) -> bytes:
        return hashlib.blake2b(name, key=str(worker).encode(), digest_size=8).digest()

    return max(range(workers), key=weight)


class Share:
    """A provider of those clusters of another provider that one worker of `workers` reads."""

    def __init__(self, provider: Provider, worker: int, workers: int) -> None:
        self.name = provider.name
        self._provider = provider
        self._worker = worker
        self._workers = workers

    def check(self) -> None:
        """Raises what the provider raises."""
        self._provider.check()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """One for each of the provider's; raises what that raises."""
        async with aclosing(self._provider.snapshots()) as snapshots:
            async for snapshot in snapshots:
                yield self._of(snapshot)

    def _of(self, snapshot: Snapshot) -> Snapshot:
        return tuple(
            cluster for cluster in snapshot if owner(cluster.name, self._workers) == self._worker
        )
