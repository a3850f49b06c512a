"""The kinds of one cluster: may they be read, and how much of them is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from exporter.check.report import KindReport
from exporter.events.counter import Event
from exporter.families.kind import Kind
from exporter.families.writer import KindWriter
from exporter.fleet.custom_resources import API_VERSION, PLURAL, Definition
from exporter.fleet.plan import EVENTS, Places, Plan, Scope
from exporter.kubernetes.access import Rules, may, read_rules
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import Forbidden, KubernetesError
from exporter.kubernetes.resource import Resource
from exporter.kubernetes.served import find_served

AT_ONCE = 5
"""Kinds of a cluster that are asked for at the same time."""

SAMPLE = 50
"""Objects of a kind that are written to estimate its series."""


class Kinds:
    """
    What `plan` wants of one cluster. Custom resources are not asked for, only whether their
    definitions may be read.
    """

    def __init__(self, cluster: str, connection: Connection, plan: Plan) -> None:
        self._cluster = cluster
        self._connection = connection
        self._plan = plan
        self._rules = Rules([])
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def ask(self, reports: list[KindReport]) -> None:
        """
        Add a report for each kind, filled as far as the answers have come.

        Raises:
            KubernetesError: the cluster does not answer at all; what is wrong with a single kind is
                in its report.
        """
        self._rules = await read_rules(self._connection)
        wanted = list(self._wanted())
        api_versions = {api_version for places, _ in wanted for api_version, _ in places}
        served = await find_served(self._connection, api_versions)
        async with asyncio.TaskGroup() as group:
            for places, kind in wanted:
                report = KindReport(places[0][1])
                reports.append(report)
                place = next((one for one in places if one in served), None)
                if place is None:
                    report.served = False
                else:
                    group.create_task(self._fill(report, place, kind))

    def _wanted(self) -> Iterator[tuple[Places, Kind[Any] | None]]:
        """Where each can be read; None for what has no series of its objects."""
        for kind in self._plan.kinds:
            yield ((kind.api_version, kind.resource),), kind

        if self._plan.events:
            yield EVENTS, None

        if self._plan.custom_resources is not None:
            yield ((API_VERSION, PLURAL),), None

    async def _fill(
        self, report: KindReport, place: tuple[str, str], kind: Kind[Any] | None
    ) -> None:
        namespaced = report.resource != PLURAL if kind is None else kind.namespaced
        problems = []
        async with self._turns:
            try:
                for scope in self._plan.scopes(report.resource, namespaced=namespaced):
                    missing = await self._missing(report, place, kind, scope)
                    where = f" in namespace {scope.namespace}" if scope.namespace else ""
                    problems += [f"may not {' and '.join(missing)}{where}"] if missing else []
            except KubernetesError as error:
                problems.append(str(error))

        report.problem = "; ".join(problems)

    async def _missing(
        self, report: KindReport, place: tuple[str, str], kind: Kind[Any] | None, scope: Scope
    ) -> list[str]:
        """Count what is in the scope; the verbs that we lack. Only a list proves that it may be."""
        missing = []
        try:
            await self._count(report, place, kind, scope)
        except Forbidden:
            missing.append("list")

        polled = report.resource in self._plan.polling.resources
        if not polled and await self._may_watch(place, scope) is False:
            missing.append("watch")

        return missing

    async def _may_watch(self, place: tuple[str, str], scope: Scope) -> bool | None:
        if self._rules.allow("watch", *place):
            return True

        return await may(self._connection, "watch", *place, namespace=scope.namespace)

    async def _count(
        self, report: KindReport, place: tuple[str, str], kind: Kind[Any] | None, scope: Scope
    ) -> None:
        nameless = Definition if report.resource == PLURAL else Event
        resource: Resource[Any] = Resource(
            self._connection,
            *place,
            nameless if kind is None else kind.type,
            namespace=scope.namespace,
            metadata_only=kind is not None and kind.metadata_only,
            columns=None if kind is None else kind.columns,
            field_selector=scope.field_selector,
        )
        objects, count = await resource.sample(SAMPLE)
        report.objects += count
        if kind is None or not objects:
            return

        texts = [self._text(self._plan.kinds[kind], obj) for obj in objects]
        report.series += round(sum(text.count("\n") for text in texts) / len(texts) * count)
        report.size += round(sum(len(text.encode()) for text in texts) / len(texts) * count)

    def _text(self, writer: KindWriter[Any], obj: Any) -> str:
        identity = writer.identify(self._cluster, obj)
        return "".join(write(identity, obj) for write in writer.writes)
