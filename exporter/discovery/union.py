"""Many sources of clusters as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import structlog

from exporter.discovery.provider import Cluster, Provider, Refusal, Snapshot

PATIENCE = 30.0
"""Seconds after the start that a provider is waited for which has not said anything yet."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Union:
    """
    The clusters of several providers, no name twice, in configuration order; and in `conflicts`
    those whose name another one has, which are listed and not read.

    `complete` is whether every provider has spoken, or was waited for long enough.
    """

    clusters: Snapshot
    conflicts: Snapshot
    complete: bool = True


def united(snapshots: Sequence[Snapshot]) -> Union:
    """
    What providers say, in configuration order, as one.

    Of several clusters with one name the first has it, whether or not it can be read: another one
    is another cluster, and its series under this name would be taken for the first one's. It gets
    the name when the first has gone from its own source.
    """
    taken: dict[str, Cluster] = {}
    conflicts = []
    for cluster in (cluster for snapshot in snapshots for cluster in snapshot):
        first = taken.setdefault(cluster.name, cluster)
        if first is not cluster:
            refusal = Refusal("name-conflict", "", f"another cluster has its name: {first.source}")
            conflicts.append(replace(cluster, server=None, refusal=refusal))

    return Union(tuple(taken.values()), tuple(conflicts))


async def listen(
    providers: Sequence[Provider], changed: Callable[[Union], Awaitable[None]]
) -> None:
    """
    Listen to all `providers` for ever; when what they say changes, tell `changed` all of it.

    At the start a provider counts once all before it have spoken, so that no cluster has a name
    for a moment that an earlier provider gives to another one. A provider that is silent for 30 s,
    as with a dead hub, is no longer waited for; when it speaks at last, its names are its own as
    configured, and whoever had them meanwhile has a name conflict.

    Raises:
        KubernetesError: what a provider is configured with cannot be used.
    """
    await _Listener(providers, changed).listen()


class _Listener:
    def __init__(
        self, providers: Sequence[Provider], changed: Callable[[Union], Awaitable[None]]
    ) -> None:
        self._providers = providers
        self._changed = changed
        self._latest: dict[int, Snapshot] = {}
        self._waiting = True
        self._all_spoke = asyncio.Event()
        self._turn = asyncio.Lock()

    async def listen(self) -> None:
        async with asyncio.TaskGroup() as group:
            for place, provider in enumerate(self._providers):
                task = self._listen_to(place, provider)
                group.create_task(task, name=f"discover {provider.name}")

            group.create_task(self._wait(), name="discover, first")

    async def _listen_to(self, place: int, provider: Provider) -> None:
        async with aclosing(provider.snapshots()) as snapshots:
            async for snapshot in snapshots:
                async with self._turn:
                    self._latest[place] = snapshot
                    if len(self._latest) == len(self._providers):
                        self._all_spoke.set()

                    if place < self._counting:
                        await self._tell()

    @property
    def _counting(self) -> int:
        """How many providers count, from the first on."""
        if not self._waiting:
            return len(self._providers)

        places = range(len(self._providers))
        return next((place for place in places if place not in self._latest), len(places))

    async def _wait(self) -> None:
        """Tell what there is without the providers that do not speak."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._all_spoke.wait()
                return

        async with self._turn:
            self._waiting = False
            silent = [
                provider.name
                for place, provider in enumerate(self._providers)
                if place not in self._latest
            ]
            log.warning("sources of clusters that are not waited for any more", providers=silent)
            await self._tell()

    async def _tell(self) -> None:
        latest = [self._latest[place] for place in range(self._counting) if place in self._latest]
        complete = self._counting == len(self._providers)
        await self._changed(replace(united(latest), complete=complete))
