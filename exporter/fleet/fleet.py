"""The clusters now observed: started and ended as snapshots come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp.abc import AbstractResolver

from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.union import discover
from exporter.fleet.observation import Observation
from exporter.fleet.plan import Plan
from exporter.fleet.turns import Turns
from exporter.telemetry import Telemetry

log = structlog.get_logger()


class Fleet:
    """
    One task for each cluster. `observations` are in the order of discovery, by name.

    `discovered` is whether there was a first snapshot: what readiness means, since a fleet with a
    dead cluster is never synced as a whole.
    """

    def __init__(self, plan: Plan, telemetry: Telemetry, resolver: AbstractResolver) -> None:
        self._plan = plan
        self.telemetry = telemetry
        self._resolver = resolver
        self._turns = Turns()
        telemetry.lists_waiting.set_function(lambda: self._turns.waiting)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.observations: dict[str, Observation] = {}
        self.discovered = False

    async def run(self, providers: Sequence[Provider]) -> None:
        """
        Observe whatever the providers find, for ever.

        Raises:
            KubernetesError: what a provider is configured with cannot be used.
        """
        async with asyncio.TaskGroup() as group:

            async def change_to(snapshot: Snapshot) -> None:
                await self._change_to(snapshot, group)
                self.discovered = True

            await discover(providers, change_to)

    async def _change_to(self, snapshot: Snapshot, group: asyncio.TaskGroup) -> None:
        wanted = {cluster.name: cluster for cluster in snapshot}
        ended = [
            name
            for name, observation in self.observations.items()
            if wanted.get(name) != observation.cluster
        ]
        tasks = [self._tasks.pop(name) for name in ended]
        for name, task in zip(ended, tasks, strict=True):
            del self.observations[name]
            task.cancel()
            log.info("cluster removed" if name not in wanted else "cluster changed", cluster=name)

        if tasks:
            await asyncio.wait(tasks)

        for name in [name for name in wanted if name not in self.observations]:
            observation = Observation(
                wanted[name], self._plan, self._turns, self.telemetry, self._resolver
            )
            self.observations[name] = observation
            self._tasks[name] = group.create_task(observation.run(), name=f"observe {name}")
            await asyncio.sleep(0)  # a thousand of them take a third of a second

        self.observations = {name: self.observations[name] for name in wanted}
