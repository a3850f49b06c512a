"""Many sources of clusters as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

import structlog

from exporter.discovery.provider import Cluster, Provider, Snapshot

log = structlog.get_logger()


async def discover(
    providers: Sequence[Provider], changed: Callable[[Snapshot], Awaitable[None]]
) -> None:
    """
    Listen to all `providers` for ever; after each word of one, tell `changed` all there is.

    Of two clusters with one name, the one whose provider comes first is taken.

    Raises:
        KubernetesError: what a provider is configured with cannot be used.
    """
    latest: dict[int, Snapshot] = {}
    turn = asyncio.Lock()

    async def listen(place: int, provider: Provider) -> None:
        async with aclosing(provider.snapshots()) as snapshots:
            async for snapshot in snapshots:
                async with turn:
                    latest[place] = snapshot
                    await changed(merged(latest))

    async with asyncio.TaskGroup() as group:
        for place, provider in enumerate(providers):
            group.create_task(listen(place, provider), name=f"discover {provider.name}")


def merged(snapshots: Mapping[int, Snapshot]) -> Snapshot:
    """The clusters of all snapshots, those of the lowest place first; no name twice."""
    taken: dict[str, Cluster] = {}
    for place in sorted(snapshots):
        for cluster in snapshots[place]:
            other = taken.setdefault(cluster.name, cluster)
            if other is not cluster:
                log.error(
                    "two clusters of one name; the first is taken",
                    cluster=cluster.name,
                    first=other.source,
                    second=cluster.source,
                )

    return tuple(taken.values())
