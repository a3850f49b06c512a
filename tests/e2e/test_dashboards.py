"""
Every panel of every dashboard shows something in the scenario that it is made for.

Simulated clusters, two for each scenario, the exporter on all of them, a Prometheus that scrapes it
and evaluates alerts/; then every query of every panel, with the clusters of its scenario chosen.
"""

import asyncio
import itertools
import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.simulation.cluster import NODES, PODS, SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.scenarios import SCENARIOS
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.dashboards.asked import Asked, asked
from tests.dashboards.interpolation import interpolated
from tests.dashboards.series import AWAITED, rule_files
from tests.e2e.exporter_process import Exporter, exporter_on
from tests.e2e.scrape_jobs import Job, one_page, targets
from tests.e2e.simulated import served

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(150)]

CLUSTERS = 2
"""For each scenario."""

TROUBLED_PODS = 250
"""In each cluster that is not healthy: enough for one of every trouble that there is."""

Clusters = Mapping[str, list[SimulatedCluster]]
"""By the scenario that plays in them."""


async def test_every_panel_shows_something_in_the_scenario_that_it_is_made_for(
    tmp_path: Path,
) -> None:
    clusters = populated()
    file = tmp_path / "kubeconfig"
    async with (
        served([cluster for its in clusters.values() for cluster in its], file),
        exporter_on(file, tmp_path) as exporter,
        started_prometheus(
            jobs(exporter), tmp_path / "prometheus", scrape_interval="2s"
        ) as prometheus,
    ):
        await prometheus.evaluate(impatient_rules())
        complete = "count(group by (cluster) (kube_node_info))"

        async def all_are_complete() -> None:
            assert await prometheus.value(complete) == CLUSTERS * len(SCENARIOS)

        await eventually(all_are_complete, within=60)
        await eventually(lambda: what_is_known_is_shown(prometheus, clusters), within=20)
        async with playing(clusters):
            await all_show_something(prometheus, clusters)


async def what_is_known_is_shown(prometheus: Prometheus, clusters: Clusters) -> None:
    """While nothing happens in the clusters some numbers are known, of everything counted once."""
    chosen = clusters["steady"]
    nodes = [node for cluster in chosen for node in objects(cluster, NODES)]
    phases = Counter(pod["status"]["phase"] for cluster in chosen for pod in objects(cluster, PODS))
    known = {
        "overview / Clusters": CLUSTERS,
        "overview / Pods in trouble": phases["Pending"] + phases["Failed"],
        "cluster / Pods running": phases["Running"],
        "nodes / Nodes": len(nodes),
        "nodes / Cordoned": sum(node["spec"].get("unschedulable", False) for node in nodes),
        "namespaces / Namespaces": sum(len(objects(one, "namespaces")) for one in chosen),
    }
    queries = {one.where: one for one in asked() if one.where in known}
    shown = {
        where: await prometheus.value(text(one, {one.panel.scenario: chosen}))
        for where, one in queries.items()
    }
    assert shown == known


def objects(cluster: SimulatedCluster, path_resource: str) -> list[dict[str, Any]]:
    """All objects of a kind in a simulated cluster."""
    keys = cluster.server.keys(path_resource)
    return [cluster.server.get(path_resource, *key) for key in keys]


async def all_show_something(prometheus: Prometheus, clusters: Clusters) -> None:
    """Ask every query until it has returned something; what is awaited is not asked for."""
    empty = [one for one in asked() if not one.names & AWAITED.keys()]

    async def none_is_left() -> None:
        for one in list(empty):
            if await shows_something(prometheus, text(one, clusters)):
                empty.remove(one)
        still = "\n".join(f"{one.where}: {text(one, clusters)}" for one in empty)
        assert not empty, f"nothing in\n{still}"

    await eventually(none_is_left, within=80)


def populated() -> dict[str, list[SimulatedCluster]]:
    """Clusters for each scenario, by its name."""
    places = map(place, itertools.count())
    found = {
        name: [SimulatedCluster(*next(places), 0) for _ in range(CLUSTERS)] for name in SCENARIOS
    }
    for name, clusters in found.items():
        healthy = SCENARIOS[name].healthy
        for cluster in clusters:
            populate(cluster, 60 if healthy else TROUBLED_PODS, now(), healthy=healthy)
    return found


@asynccontextmanager
async def playing(clusters: Clusters) -> AsyncIterator[None]:
    """Each scenario in its clusters, while the block runs."""
    async with asyncio.TaskGroup() as scenarios:
        tasks = [scenarios.create_task(SCENARIOS[name].play(its)) for name, its in clusters.items()]
        yield
        for task in tasks:
            task.cancel()


def jobs(exporter: Exporter) -> list[Job]:
    """Everything on one page, and the facts a second time, as README has it."""
    found = {job["job_name"]: job for way in (one_page, targets) for job in way(exporter)}
    del found["discovered"]
    return list(found.values())


def impatient_rules() -> dict[str, Any]:
    """The rules of alerts/; an alert fires as soon as its expression holds."""
    groups = [
        group for file in rule_files() for group in yaml.safe_load(file.read_text())["groups"]
    ]
    for rule in (rule for group in groups for rule in group["rules"]):
        rule.pop("for", None)

    return {"groups": groups}


def text(one: Asked, clusters: Clusters) -> str:
    """The query with the clusters of its scenario chosen, and everything else at All."""
    its = "|".join(cluster.name for cluster in clusters[one.panel.scenario])
    chosen = {variable.name: variable.all_value for variable in one.dashboard.variables}
    return interpolated(one.query.text, {**chosen, "cluster": its})


async def shows_something(prometheus: Prometheus, expression: str) -> bool:
    """Whether a query returns a number; not a number is none."""
    samples = await prometheus.query(expression)
    return any(not math.isnan(sample.value) for sample in samples)
