"""
A dry run: what the exporter would find, and what would keep it from it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp.resolver import AsyncResolver

from exporter import __version__, app
from exporter.discovery.provider import Cluster
from exporter.families.kind import Kind
from exporter.families.writer import KindWriter
from exporter.fleet.plan import Plan, Scope
from exporter.kubernetes.access import may
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import KubernetesError, Unreachable
from exporter.kubernetes.identity import Identity
from exporter.kubernetes.resource import Resource
from exporter.kubernetes.served import find_served
from exporter.kubernetes.version import read_version
from exporter.settings import Settings
from exporter.telemetry import Telemetry

AT_ONCE = 20
"""Clusters that are asked at the same time."""

DEADLINE = 60.0
"""Seconds for one cluster."""

SAMPLE = 50
"""Objects of a kind that are written to estimate its series."""


@dataclass
class KindReport:
    """
    One kind at one cluster. `problem` is empty where it can be read; a kind that the cluster's
    version does not serve is none, only worth knowing.
    """

    resource: str
    served: bool = True
    objects: int = 0
    series: int = 0
    problem: str = ""


@dataclass
class ClusterReport:
    """One cluster. `problem` is empty where it answers."""

    name: str
    source: str
    uid: str = ""
    version: str = ""
    problem: str = ""
    kinds: list[KindReport] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.problem and not any(kind.problem for kind in self.kinds)


async def check(settings: Settings) -> list[ClusterReport]:
    """
    Ask every cluster that is discovered.

    Raises:
        KubernetesError: clusters cannot be discovered with what is configured.
    """
    clusters = await asyncio.to_thread(discovered, settings)
    plan = app.plan(settings)
    turns = asyncio.Semaphore(AT_ONCE)
    resolver = AsyncResolver()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_check(one, plan, resolver, turns)) for one in clusters]
    finally:
        await resolver.close()

    return [task.result() for task in tasks]


def discovered(settings: Settings) -> Sequence[Cluster]:
    """The clusters that the providers find now, in their order. May block."""
    return app.first_snapshot(app.providers(settings, Telemetry()))


async def _check(
    cluster: Cluster, plan: Plan, resolver: AsyncResolver, turns: asyncio.Semaphore
) -> ClusterReport:
    report = ClusterReport(cluster.name, cluster.source)
    async with turns:
        connection = Connection(
            cluster.server, _unobserved, f"kube-fleet-exporter/{__version__}", resolver
        )
        try:
            async with asyncio.timeout(DEADLINE):
                await _fill(report, connection, plan)
        except TimeoutError:
            report.problem = str(Unreachable("timeout", f"no answer within {DEADLINE:.0f} s"))
        except KubernetesError as error:
            report.problem = str(error)
        finally:
            await connection.close()

    return report


def _unobserved(verb: str, code: str, seconds: float) -> None:
    """A dry run counts nothing."""


async def _fill(report: ClusterReport, connection: Connection, plan: Plan) -> None:
    identity = Identity(connection)
    await identity.verify()
    report.uid = identity.uid
    report.version = (await read_version(connection)).git_version
    served = await find_served(connection, plan.api_versions)
    for kind in plan.kinds:
        found = KindReport(kind.resource)
        report.kinds.append(found)
        if (kind.api_version, kind.resource) not in served:
            found.served = False
            continue

        for scope in plan.scopes(kind.resource, namespaced=kind.namespaced):
            await _sample(found, connection, plan, kind, scope)


async def _sample(
    found: KindReport,
    connection: Connection,
    plan: Plan,
    kind: Kind[Any],
    scope: Scope,
) -> None:
    polled = kind.resource in plan.polling.resources
    resource = Resource(
        connection,
        kind.api_version,
        kind.resource,
        kind.type,
        namespace=scope.namespace,
        metadata_only=kind.metadata_only,
        columns=kind.columns,
        field_selector=scope.field_selector,
    )
    try:
        objects, count = await resource.sample(SAMPLE)
        if not polled and (
            await may(connection, "watch", kind.api_version, kind.resource) is False
        ):
            found.problem = "may be listed but not watched"
    except KubernetesError as error:
        found.problem = str(error)
        return

    found.objects += count
    if objects:
        lines = sum(_lines(plan.kinds[kind], obj) for obj in objects)
        found.series += round(lines / len(objects) * count)


def _lines(writer: KindWriter[Any], obj: Any) -> int:
    identity = writer.identify("", obj)
    return sum(write(identity, obj).count("\n") for write in writer.writes)


def listing(clusters: Sequence[Cluster], output: Literal["table", "json"]) -> str:
    """What discovery finds, with where each came from."""
    if output == "json":
        found = [
            {
                "name": one.name,
                "provider": one.provider,
                "source": one.source,
                "url": one.server.url,
            }
            for one in clusters
        ]
        return json.dumps({"clusters": found}, indent=1) + "\n"

    width = max((len(one.name) for one in clusters), default=0)
    return "".join(f"{one.name:{width}}  {one.server.url}  {one.source}\n" for one in clusters)


def _found(kind: KindReport) -> str:
    if not kind.served:
        return "not served by this version of Kubernetes"

    return kind.problem or f"{kind.objects} objects, about {kind.series} series"


def table(reports: Sequence[ClusterReport]) -> str:
    """What was found, for people."""
    lines = []
    for report in reports:
        state = report.problem or f"{report.version}, uid {report.uid or 'unknown'}"
        lines.append(
            f"{'ok  ' if report.well else 'FAIL'} {report.name} ({report.source}): {state}"
        )
        lines += [f"       {kind.resource}: {_found(kind)}" for kind in report.kinds]

    return "\n".join(lines) + "\n"
