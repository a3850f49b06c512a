"""The sources of clusters that the settings declare, while the settings change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import chain, count

from exporter.discovery.declared import Declared
from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.providers import AnyProvider
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.in_cluster import is_in_cluster
from exporter.kubernetes.kubeconfig import default_paths
from exporter.settings import Settings
from exporter.telemetry import Telemetry


def declared(settings: Settings) -> tuple[AnyProvider, ...]:
    """
    Those in the settings; without any the default kubeconfig, or in a pod without one the cluster
    around it.
    """
    if settings.discovery:
        return settings.discovery

    in_pod = is_in_cluster() and not any(path.exists() for path in default_paths())
    return (InCluster() if in_pod else Kubeconfig(),)


class Source:
    """
    A declared provider, which is listened to once: who asks it for snapshots later, as after a
    reload, gets the last one at once.
    """

    def __init__(self, declaration: AnyProvider, provider: Provider, health: SourceHealth) -> None:
        self.declaration = declaration
        self.name = provider.name
        self.health = health
        self._provider = provider
        self._last: Snapshot | None = None
        self._told = asyncio.Event()

    def check(self) -> None:
        """See `Provider.check`."""
        self._provider.check()

    async def run(self) -> None:
        """Listen to the provider for ever; raises what that raises."""
        async with aclosing(self._provider.snapshots()) as snapshots:
            async for snapshot in snapshots:
                self._last = snapshot
                self._told.set()  # wakes who waits now, and nobody later
                self._told = asyncio.Event()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """See `Provider.snapshots`; one that was followed by another meanwhile is left out."""
        said = None
        while True:
            if self._last is None or self._last is said:
                await self._told.wait()
            else:
                said = self._last
                yield said


class Sources:
    """
    Has one task for each source that is declared now.

    Args:
        make: makes what is declared.
    """

    def __init__(
        self, make: Callable[[AnyProvider, SourceHealth], Provider], telemetry: Telemetry
    ) -> None:
        self.all: tuple[Source, ...] = ()
        self._make = make
        self._telemetry = telemetry
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[Source, asyncio.Task[None]] = {}

    async def prepared(self, settings: Settings) -> tuple[Source, ...]:
        """
        The sources that the settings declare: those that there are, where they declare the same,
        and new ones, which have been checked.

        Raises:
            KubernetesError: clusters cannot be discovered with what is configured.
        """
        left = list(self.all)
        names = {source.health.source for source in left}
        sources = []
        for declaration in declared(settings):
            kept = next((one for one in left if one.declaration == declaration), None)
            if kept is not None:
                left.remove(kept)

            sources.append(kept or self._new(declaration, names))

        await asyncio.to_thread(check_sources, [one for one in sources if one not in self.all])
        return tuple(sources)

    def _new(self, declaration: AnyProvider, names: set[str]) -> Source:
        """A source whose name none of `names` is: `argocd`, `argocd-2`."""
        provider = declaration.provider_name
        others = (f"{provider}-{number}" for number in count(2))
        name = next(name for name in chain([provider], others) if name not in names)
        names.add(name)
        health = SourceHealth(provider, name, self._telemetry)
        return Source(declaration, self._make(declaration, health), health)

    def change(self, sources: Sequence[Source]) -> None:
        """Have `sources` from now on: those that are new begin, the others of before end."""
        self.all = tuple(sources)
        for source in self._tasks.keys() - set(self.all):
            self._tasks.pop(source).cancel()
            source.health.end()

        if self._group is not None:
            self._begin(self._group)

    async def run(self) -> None:
        """
        Listen to all sources, for ever.

        Raises:
            KubernetesError: what a source is configured with cannot be used.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._begin(group)
            await asyncio.Event().wait()

    def _begin(self, group: asyncio.TaskGroup) -> None:
        for source in self.all:
            if source not in self._tasks:
                source.health.begin()
                name = f"listen to {source.health.source}"
                self._tasks[source] = group.create_task(source.run(), name=name)


def unheard(declaration: Declared) -> Provider:
    """What is declared, for whoever asks it something once: its health is shown nowhere."""
    name = declaration.provider_name
    return declaration.provider(SourceHealth(name, name, Telemetry()))


def check_sources(sources: Sequence[Provider]) -> None:
    """
    What is wrong with the settings shows before anything starts. May block.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
    """
    for source in sources:
        source.check()
