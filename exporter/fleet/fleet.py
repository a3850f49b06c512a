"""The clusters now observed: started and ended as snapshots come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from aiohttp.abc import AbstractResolver

from exporter.discovery.provider import Cluster, Provider, Snapshot
from exporter.discovery.union import Union, listen
from exporter.fleet.claims import Claims
from exporter.fleet.observation import Observation
from exporter.fleet.plans import Plans
from exporter.fleet.turns import Turns
from exporter.telemetry import Telemetry

log = structlog.get_logger()


class Fleet:
    """
    One task for each cluster. `observations` are in the order of discovery, by name.

    `discovered` is whether there was a first snapshot: what readiness means, since a fleet with a
    dead cluster is never synced as a whole. `conflicts` are clusters that are not read, because
    others have their names.

    Args:
        reads: whether this process is the one that reads the cluster of a name.
    """

    def __init__(
        self,
        plans: Plans,
        telemetry: Telemetry,
        resolver: AbstractResolver,
        reads: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._plans = plans
        self._reads = reads
        self.telemetry = telemetry
        self._resolver = resolver
        self.claims = Claims()
        self._turns = Turns()
        telemetry.lists_waiting.set_function(lambda: self._turns.waiting)
        self._group = asyncio.TaskGroup()
        self._discovery: asyncio.Task[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._found: dict[str, Cluster] = {}
        self._all: Snapshot = ()
        self.observations: dict[str, Observation] = {}
        self.conflicts: Snapshot = ()
        self.discovered = False

    async def run(self, providers: Sequence[Provider]) -> None:
        """
        Observe whatever the providers find, for ever.

        Raises:
            KubernetesError: what a provider is configured with cannot be used.
        """
        async with self._group:
            self._discovery = self._group.create_task(self._discover(providers), name="discover")

    async def follow(self, providers: Sequence[Provider]) -> None:
        """
        From now on observe what these providers find, while it runs. Clusters that they find too go
        on, and the others stay until all providers have spoken.
        """
        if self._discovery is not None:
            before = self._discovery
            before.cancel()
            await asyncio.wait([before])
            self._discovery = self._group.create_task(self._discover(providers), name="discover")

    def change(self, plans: Plans) -> None:
        """
        From now on read by these plans. A cluster that has another plan than before is begun anew,
        the others go on. All that is shown is by the new plans when this returns.
        """
        self._plans = plans
        self._order()
        for name, found in self._found.items():
            cluster, observation = plans.cluster(found), self.observations[name]
            if observation.plan is not plans.plan(name):
                log.info("cluster is read anew", cluster=name)
                self._tasks[name].cancel()
                self._begin(found)
                observation.hand_over(self.observations[name])
            elif observation.cluster != cluster:
                log.info("cluster changed", cluster=name)
                observation.mark(cluster)

    async def _discover(self, providers: Sequence[Provider]) -> None:
        async def change_to(union: Union) -> None:
            if union.complete or not self.discovered:
                await self._change_to(union)

            self.discovered = self.discovered or union.complete

        await listen(providers, change_to)

    async def _change_to(self, union: Union) -> None:
        """Begin with clusters that are new, end with those that have gone, tell the others."""
        wanted = {one.name: one for one in union.clusters if self._reads(one.name)}
        conflicts = tuple(one for one in union.conflicts if self._reads(one.name))
        await self._end(
            [name for name in self.observations if not self._stays(wanted.get(name), name)]
        )
        self._all = union.clusters
        self._order()
        for name, found in wanted.items():
            observation, cluster = self.observations.get(name), self._plans.cluster(found)
            self._found[name] = found
            if observation is None:
                self._begin(found)
                await asyncio.sleep(0)  # a thousand of them take a third of a second
            elif observation.cluster != cluster:
                log.info("cluster changed", cluster=name)
                await observation.replace(cluster)

        rivals = {cluster.name for cluster in conflicts}
        for name, observation in self.observations.items():
            observation.has_rival = name in rivals

        self.observations = {name: self.observations[name] for name in wanted}
        self._tell(conflicts)

    def _tell(self, conflicts: Snapshot) -> None:
        for conflict in conflicts:
            if conflict not in self.conflicts and conflict.refusal is not None:
                log.error(
                    "a cluster is not read",
                    cluster=conflict.name,
                    source=conflict.source,
                    error=conflict.refusal.message,
                )

        self.conflicts = conflicts

    def _order(self) -> None:
        self.claims.order([self._plans.cluster(found) for found in self._all])

    def _stays(self, found: Cluster | None, name: str) -> bool:
        """
        Whether the cluster of this name is still there. A name that another source has now is
        another cluster's, until that one says who it is: nothing of the old one may stay under it.
        """
        before = self._found[name]
        return found is not None and (found.provider, found.source) == (
            before.provider,
            before.source,
        )

    async def _end(self, names: Sequence[str]) -> None:
        tasks = [self._tasks.pop(name) for name in names]
        for name, task in zip(names, tasks, strict=True):
            del self.observations[name], self._found[name]
            task.cancel()
            log.info("cluster removed", cluster=name)

        if tasks:
            await asyncio.wait(tasks)

        for name in names:
            self.telemetry.observation_crashes.remove(name)

    def _begin(self, found: Cluster) -> None:
        name = found.name
        observation = Observation(
            self._plans.cluster(found),
            self._plans.plan(name),
            self.claims,
            self._turns,
            self.telemetry,
            self._resolver,
        )
        self.observations[name] = observation
        running = _observe(observation, self._tasks.get(name))
        self._tasks[name] = self._group.create_task(running, name=f"observe {name}")


async def _observe(observation: Observation, before: asyncio.Task[None] | None) -> None:
    """Read a cluster, once whoever read it `before` has let go of it."""
    if before is not None:
        await asyncio.wait([before])

    await observation.run()
