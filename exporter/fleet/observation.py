"""
One cluster being read: met, followed kind by kind, watched over, and met again when it was lost.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from aiohttp.abc import AbstractResolver

from exporter import __version__
from exporter.discovery.provider import Cluster
from exporter.events.counter import Event, EventCounter
from exporter.families.kind import Kind
from exporter.families.writer import KindWriter
from exporter.fleet.claims import Claims
from exporter.fleet.contact import PROBE, Contact, Expired
from exporter.fleet.custom_resources import (
    API_VERSION,
    PLURAL,
    CustomResources,
    Definition,
    Start,
)
from exporter.fleet.health import ClusterHealth, KindHealth
from exporter.fleet.kubelets import Kubelets
from exporter.fleet.mirror import Mirror, Sink
from exporter.fleet.plan import EVENTS, Places, Plan, Scope
from exporter.fleet.rounds import Rounds
from exporter.fleet.sharding import Sharded
from exporter.fleet.standing import Displaced, Standing
from exporter.fleet.turns import InTurn, Turns
from exporter.fleet.unit import Unit
from exporter.kinds.custom.object import CustomObject
from exporter.kinds.node import nodes
from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import IdentityChanged
from exporter.kubernetes.objects import HasMetadata
from exporter.kubernetes.resource import Resource
from exporter.store.budget import Budget
from exporter.store.store import Store
from exporter.telemetry import Telemetry

T = TypeVar("T", bound=HasMetadata)

log = structlog.get_logger()


@dataclass(frozen=True)
class _Part:
    """One list and watch: of which kind (None: events), of which of its objects, and its health."""

    kind: Kind[Any] | None
    scope: Scope
    health: KindHealth

    @property
    def places(self) -> Places:
        """Where it can be read."""
        return EVENTS if self.kind is None else ((self.kind.api_version, self.kind.resource),)


class Observation:
    """
    A cluster from its discovery to its removal. `run` is its only task. `has_rival` is whether
    another cluster was found that has its name.
    """

    def __init__(
        self,
        cluster: Cluster,
        plan: Plan,
        claims: Claims,
        turns: Turns,
        telemetry: Telemetry,
        resolver: AbstractResolver,
    ) -> None:
        self.plan = plan
        self.health = ClusterHealth(cluster.name)
        self.kubelets = Kubelets()
        self.unit: Unit | None = None
        self.has_rival = False
        self._standing = Standing(cluster, claims, self.health)
        self._connection: Connection | None = None
        self._contact: Contact | None = None
        self._turns = turns
        self._rounds = Rounds(plan.polling.interval)
        self._telemetry = telemetry
        self._resolver = resolver
        self._parts = [
            self._part(kind, scope)
            for kind in plan.kinds
            for scope in plan.scopes(kind.resource, namespaced=kind.namespaced)
        ]
        if plan.events:
            scopes = plan.scopes("events", namespaced=True)
            self._parts += [self._part(None, scope) for scope in scopes]

        if plan.custom_resources is not None:
            self._definitions = KindHealth(PLURAL)
            self.health.parts[PLURAL] = [self._definitions]

        self._counters = {part.scope: EventCounter() for part in self._parts if part.kind is None}

    def _part(self, kind: Kind[Any] | None, scope: Scope) -> _Part:
        health = KindHealth(scope.resource)
        self.health.parts.setdefault(scope.resource, []).append(health)
        return _Part(kind, scope, health)

    @property
    def events(self) -> list[EventCounter]:
        """The counts of events, a counter for each list that is taken of them."""
        return list(self._counters.values())

    @property
    def stores(self) -> Mapping[str, list[Store[Any]]]:
        """The stores whose series are on the page now, by resource."""
        return self.unit.shown() if self.unit else {}

    @property
    def cluster(self) -> Cluster:
        """As discovery has it now."""
        return self._standing.cluster

    @property
    def described(self) -> Cluster:
        """The same, with what its other names say of it; see `Claims.described`."""
        return self._standing.described

    def mark(self, cluster: Cluster) -> None:
        """The settings say something else of the cluster, which is reached as before."""
        self._standing.replace(cluster)

    def hand_over(self, successor: Observation) -> None:
        """Another observation goes on with the cluster; what it is does not become unknown."""
        self._standing.hand_over()
        successor.has_rival = self.has_rival
        successor.health.uid = self.health.uid

    async def replace(self, cluster: Cluster) -> None:
        """
        Discovery has another way to the cluster, such as new credentials. Its data stays; if
        another cluster is there, that is found out at once.
        """
        self._standing.replace(cluster)
        if self._connection is not None and cluster.server is not None:
            await self._connection.replace(cluster.server)

        if self._contact is not None:
            self._contact.look()

    async def run(self) -> None:
        """Read the cluster for ever. A fault of our own is logged, counted, and begins anew."""
        backoff = Backoff(longest=PROBE)
        while True:
            await self._standing.until_offered()
            try:
                await self._connect()
            except Exception:  # the boundary of one cluster: others must not notice
                log.exception("reading a cluster failed", cluster=self.health.name)
                self._telemetry.observation_crashes.labels(self.health.name).inc()
                await asyncio.sleep(backoff.failed())

    async def _connect(self) -> None:
        """Read the cluster until discovery refuses it."""
        if self.cluster.server is None:
            return

        self._connection = Connection(
            self.cluster.server,
            self.health.observe_request,
            f"kube-fleet-exporter/{__version__}",
            self._resolver,
        )
        try:
            while self.cluster.refusal is None:
                await self._observe(self._connection)
        finally:
            self._standing.release()
            await self._connection.close()
            self._connection = None

    async def _observe(self, connection: Connection) -> None:
        """One unit: from meeting a cluster until it is another one, or was away for too long."""
        places = [part.places for part in self._parts]
        contact = self._contact = Contact(connection, self.health, places)
        try:
            await contact.meet(self._turns.meetings)
            await self._standing.until_granted(contact.verify)
            await self._read(contact)
        except* IdentityChanged as changed:
            log.warning("another cluster answers", cluster=self.health.name, error=str(changed))
            self._standing.release()
        except* Displaced:
            log.warning("the cluster may not be read any more", cluster=self.health.name)
        except* Expired:
            log.warning("the data of an unreachable cluster is dropped", cluster=self.health.name)
        finally:
            self._contact = None

    async def _read(self, contact: Contact) -> None:
        """Follow everything, for one unit."""
        self._rounds.begin()
        unit, sinks = self._new_unit()
        self.unit = unit
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(contact.watch_over(lambda: unit.expired))
                group.create_task(self._standing.until_lost())
                group.create_task(unit.settle())
                if (document := self.plan.custom_resources) is not None:
                    custom = CustomResources(document, self._starting(contact, unit, group))
                    group.create_task(self._follow_definitions(contact, custom))

                for part in self._parts:
                    group.create_task(self._mirror(contact, part, sinks[part.scope]))
        finally:
            self.unit = None
            self._forget_custom_resources()

    def _forget_custom_resources(self) -> None:
        """They were the ended unit's; the next one finds out anew which there are."""
        lasting = {PLURAL, *(part.scope.resource for part in self._parts)}
        for resource in self.health.parts.keys() - lasting:
            del self.health.parts[resource]

    def _new_unit(self) -> tuple[Unit, Mapping[Scope, list[Sink[Any]]]]:
        """An empty unit, and what is told of the objects of each scope."""
        budget = Budget(self.plan.series_limit)
        stores = defaultdict(list)
        sinks: dict[Scope, list[Sink[Any]]] = {}
        for part in self._parts:
            part.health.begin()
            if part.kind is None:
                sinks[part.scope] = self._sharded([self._counters[part.scope]])
                continue

            writer = self.plan.kinds[part.kind]
            store = Store(self.health.name, part.kind, writer, budget, self._telemetry)
            stores[part.scope.resource].append((part.health, store))
            told: list[Sink[Any]] = [store, self.kubelets] if part.kind is nodes else [store]
            sinks[part.scope] = self._sharded(told)

        also = [] if self.plan.custom_resources is None else [self._definitions]
        for health in also:
            health.begin()

        return Unit(self.health, stores, self.plan.staleness, budget, also), sinks

    async def _mirror(self, contact: Contact, part: _Part, sinks: list[Sink[Any]]) -> None:
        while (place := next((p for p in part.places if p in contact.served), None)) is None:
            part.health.served = False
            await asyncio.sleep(PROBE)

        await self._follow(contact, part, place, sinks)

    async def _follow(
        self, contact: Contact, part: _Part, place: tuple[str, str], sinks: list[Sink[Any]]
    ) -> None:
        resource: Resource[Any] = Resource(
            contact.connection,
            *place,
            Event if part.kind is None else part.kind.type,
            namespace=part.scope.namespace,
            metadata_only=part.kind is not None and part.kind.metadata_only,
            columns=None if part.kind is None else part.kind.columns,
            field_selector=part.scope.field_selector,
        )
        polled = part.scope.resource in self.plan.polling.resources
        mirror = Mirror(sinks, part.health, contact.faulted)
        await mirror.run(
            self._in_turn(resource),
            contact.verify,
            contact.rest,
            self._rounds.until_next if polled else None,
        )

    async def _follow_definitions(self, contact: Contact, custom: CustomResources) -> None:
        resource = Resource(contact.connection, API_VERSION, PLURAL, Definition)
        mirror = Mirror([custom], self._definitions, contact.faulted)
        await mirror.run(self._in_turn(resource), contact.verify, contact.rest)

    def _in_turn(self, resource: Resource[T]) -> InTurn[T]:
        return InTurn(resource, self._turns, self.health.name)

    def _starting(self, contact: Contact, unit: Unit, group: asyncio.TaskGroup) -> Start:
        """What follows a custom resource in `group` from when its definition comes."""

        def start(kind: Kind[CustomObject]) -> Callable[[], None]:
            version = ".".join(reversed(kind.api_version.split("/")))
            name = f"{kind.resource}.{version}"  # widgets.v1.lab.example.io, as kubectl has it
            writer = KindWriter(kind, self.plan.selection)
            parts, tasks = [], []
            for scope in self.plan.custom_scopes(name, namespaced=kind.namespaced):
                part = self._part(kind, scope)
                store = Store(self.health.name, kind, writer, unit.budget, self._telemetry)
                sinks = self._sharded([store])
                place = (kind.api_version, kind.resource)
                parts.append((part.health, store))
                tasks.append(group.create_task(self._follow(contact, part, place, sinks)))

            unit.add(name, parts)

            def end() -> None:
                for task in tasks:
                    task.cancel()

                unit.drop(name)
                self.health.parts.pop(name, None)

            return end

        return start

    def _sharded(self, sinks: list[Sink[Any]]) -> list[Sink[Any]]:
        shard = self.plan.shard
        return sinks if shard is None else [Sharded(sink, shard) for sink in sinks]
