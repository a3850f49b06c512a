"""
One cluster being read: met, followed kind by kind, watched over, and met again when it was lost.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp.abc import AbstractResolver

from exporter import __version__
from exporter.discovery.provider import Cluster
from exporter.events.counter import Event, EventCounter
from exporter.families.kind import Kind
from exporter.families.writer import Writer
from exporter.fleet.health import ClusterHealth, ConditionName, KindHealth
from exporter.fleet.kubelets import Kubelets
from exporter.fleet.mirror import Mirror, Sink
from exporter.fleet.unit import Staleness, Unit
from exporter.kinds.node import nodes
from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import (
    ApiError,
    IdentityChanged,
    KubernetesError,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.identity import Identity
from exporter.kubernetes.resource import Resource
from exporter.kubernetes.served import Served, find_served
from exporter.kubernetes.version import Version, read_version
from exporter.store.store import Store
from exporter.telemetry import Telemetry

PROBE = 15.0
"""Seconds between two looks at whether the cluster is there, and still the same."""

PROBE_DEADLINE = 10.0
"""Seconds for the answer."""

REVIEW = 300.0
"""Seconds between two looks at the version; clusters are upgraded in place."""

REDISCOVER = 60.0
"""Seconds between two looks at what is served, while something we want is not."""

SETTLE = 1.0
"""Seconds from a kind's fault to the look at the cluster: many kinds fail at once."""

EVENTS = (("events.k8s.io/v1", "events"), ("v1", "events"))
"""Where events are read, the first that is served; both serve the same objects."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Plan:
    """What is read of every cluster, and how it is shown."""

    kinds: Mapping[Kind[Any], Writer[Any]]
    events: bool
    staleness: Staleness

    @property
    def api_versions(self) -> frozenset[str]:
        """The API versions that anything is read from."""
        events = (api_version for api_version, _ in EVENTS) if self.events else ()
        return frozenset((*(kind.api_version for kind in self.kinds), *events))


class _Expired(Exception):
    """The cluster was away for longer than its data is held."""


class Observation:
    """A cluster from its discovery to its removal. `run` is its only task."""

    def __init__(
        self, cluster: Cluster, plan: Plan, telemetry: Telemetry, resolver: AbstractResolver
    ) -> None:
        self.cluster = cluster
        self.health = ClusterHealth(cluster.name, cluster.provider, cluster.source)
        self.events = EventCounter()
        self.kubelets = Kubelets()
        self.unit: Unit | None = None
        self._plan = plan
        self._telemetry = telemetry
        self._resolver = resolver
        self._probe_now = asyncio.Event()
        self._back = asyncio.Event()
        self._served = Served({})
        resources = [kind.resource for kind in plan.kinds]
        for resource in (*resources, *(["events"] if plan.events else [])):
            self.health.kinds[resource] = KindHealth(resource)

    @property
    def stores(self) -> Mapping[str, Store[Any]]:
        """The stores whose series are on the page now, by resource."""
        return self.unit.shown() if self.unit else {}

    def conditions(self) -> list[tuple[ConditionName, str]]:
        """What holds of the cluster now: condition and reason."""
        if self.health.down_condition is not None:
            down = self.health.down_condition
            return [down, ("stale", "")] if self.stores else [down]

        reasons = {kind.reason for kind in self.health.kinds.values()}
        found: list[tuple[ConditionName, str]] = []
        if self.unit is None or not self.unit.complete:
            found.append(("syncing", ""))

        if "stale" in reasons:
            found.append(("stale", ""))

        if "failing" in reasons:
            found.append(("incomplete", ""))

        if "forbidden" in reasons:
            found.append(("forbidden", ""))

        return found or [("synced", "")]

    async def run(self) -> None:
        """Read the cluster for ever. A fault of our own is logged, counted, and begins anew."""
        backoff = Backoff(longest=PROBE)
        while True:
            try:
                await self._connect()
            except Exception:  # the boundary of one cluster: others must not notice
                log.exception("reading a cluster failed", cluster=self.cluster.name)
                self._telemetry.observation_crashes.labels(self.cluster.name).inc()

            await asyncio.sleep(backoff.failed())

    async def _connect(self) -> None:
        connection = Connection(
            self.cluster.server,
            self.health.observe_request,
            f"kube-fleet-exporter/{__version__}",
            self._resolver,
        )
        try:
            while True:
                await self._observe(connection)
        finally:
            await connection.close()

    async def _observe(self, connection: Connection) -> None:
        """One unit: from meeting a cluster until it is another one, or was away for too long."""
        identity = Identity(connection)
        await self._meet(connection, identity)
        stores = {
            kind.resource: Store(self.cluster.name, kind, writer, self._telemetry)
            for kind, writer in self._plan.kinds.items()
        }
        for kind_health in self.health.kinds.values():
            kind_health.begin()

        self.unit = Unit(self.health, stores, self._plan.staleness)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_over(connection, identity, self.unit))
                for kind in self._plan.kinds:
                    group.create_task(self._mirror(connection, identity, kind, stores))

                if self._plan.events:
                    group.create_task(self._mirror_events(connection, identity))
        except* IdentityChanged as changed:
            log.warning("another cluster answers", cluster=self.cluster.name, error=str(changed))
        except* _Expired:
            log.warning("the data of an unreachable cluster is dropped", cluster=self.cluster.name)
        finally:
            self.unit = None

    async def _meet(self, connection: Connection, identity: Identity) -> None:
        """Ask until the cluster has answered who it is and what it serves."""
        backoff = Backoff(longest=PROBE)
        while True:
            try:
                await identity.verify()
                await self._review(connection)
                self._served = await find_served(connection, self._plan.api_versions)
            except KubernetesError as error:
                self._unanswered(error)
                await asyncio.sleep(backoff.failed(getattr(error, "retry_after", None)))
            else:
                self._answered(identity)
                return

    async def _review(self, connection: Connection) -> None:
        try:
            self.health.version = await read_version(connection)
        except Unauthorized:
            raise
        except ApiError:
            self.health.version = Version()  # not everybody may read it; it is only a fact

    def _answered(self, identity: Identity) -> None:
        if not self.health.up:
            log.info("cluster answers", cluster=self.cluster.name, uid=identity.uid)
            self._back.set()  # wakes who rests now, and nobody later
            self._back.clear()

        self.health.uid = identity.uid or self.health.uid
        self.health.answered()

    def _unanswered(self, error: KubernetesError) -> None:
        before = self.health.down_condition
        self.health.unanswered(error)
        if self.health.down_condition != before:
            log.warning("cluster does not answer", cluster=self.cluster.name, error=str(error))

    async def _watch_over(self, connection: Connection, identity: Identity, unit: Unit) -> None:
        """
        Look after the cluster as a whole: whether it answers, which one it is, what it serves.

        Raises:
            IdentityChanged: it is another cluster.
            _Expired: it was away for too long.
        """
        clock = asyncio.get_running_loop().time
        reviewed = discovered = clock()
        while True:
            await self._pause()
            try:
                async with asyncio.timeout(PROBE_DEADLINE):
                    await identity.verify()

                was_down = not self.health.up
                if was_down or clock() - reviewed > REVIEW:
                    await self._review(connection)
                    reviewed = clock()

                if self._misses_some() and clock() - discovered > REDISCOVER:
                    self._served = await find_served(connection, self._plan.api_versions)
                    discovered = clock()
            except TimeoutError:
                self._unanswered(Unreachable("timeout", "no answer in time"))
            except IdentityChanged:
                raise
            except KubernetesError as error:
                self._unanswered(error)
            else:
                self._answered(identity)

            if unit.expired:
                raise _Expired

    async def _pause(self) -> None:
        """Until the next look: sooner when a kind reported a fault of a cluster that seems up."""
        self._probe_now.clear()
        try:
            async with asyncio.timeout(PROBE * random.uniform(0.8, 1.0)):
                await self._probe_now.wait()
        except TimeoutError:
            return

        await asyncio.sleep(SETTLE)

    async def _rest(self, seconds: float) -> None:
        """A kind's pause after a fault; it is over when the cluster answers again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._back.wait()

    def _faulted(self, error: KubernetesError) -> None:
        if self.health.up and isinstance(error, Unreachable | Unauthorized):
            self._probe_now.set()

    def _misses_some(self) -> bool:
        return any(
            (kind.api_version, kind.resource) not in self._served for kind in self._plan.kinds
        )

    async def _mirror(
        self,
        connection: Connection,
        identity: Identity,
        kind: Kind[Any],
        stores: Mapping[str, Store[Any]],
    ) -> None:
        health = self.health.kinds[kind.resource]
        while (kind.api_version, kind.resource) not in self._served:
            health.served = False
            await asyncio.sleep(PROBE)

        sinks: Sequence[Sink[Any]] = [stores[kind.resource]]
        if kind is nodes:
            sinks = [*sinks, self.kubelets]

        resource = Resource(
            connection,
            kind.api_version,
            kind.resource,
            kind.type,
            metadata_only=kind.metadata_only,
        )
        await Mirror(sinks, health, self._faulted).run(resource, identity.verify, self._rest)

    async def _mirror_events(self, connection: Connection, identity: Identity) -> None:
        api_version, plural = next((place for place in EVENTS if place in self._served), EVENTS[-1])
        resource = Resource(connection, api_version, plural, Event)
        mirror = Mirror([self.events], self.health.kinds["events"], self._faulted)
        await mirror.run(resource, identity.verify, self._rest)
