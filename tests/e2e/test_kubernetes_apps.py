"""
Whatever kubernetes-mixin's group kubernetes-apps would tell of an object, we tell of it, and of no
other one.

Two simulated clusters with the same objects, in one of which a condition holds for each of them;
the exporter, without any setting; a Prometheus with the rules of alerts/, where time passes faster.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from exporter.simulation import surroundings, workloads
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.jobs import JOBS
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from tests.alerts import compression
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.e2e.afflictions import NAMESPACE, Affliction, afflictions, go_on
from tests.e2e.exporter_process import exporter_on
from tests.e2e.scrape_jobs import one_page
from tests.e2e.simulated import served

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(900)]

FACTOR = 60
"""How much faster time passes in rules."""

MIXIN: Mapping[str, Any] = json.loads(
    (Path(compression.__file__).parent / "kubernetes_mixin.json").read_text()
)["kubernetes-apps"]

OBJECT = {
    PODS: "pod",
    workloads.DEPLOYMENTS: "deployment",
    workloads.STATEFUL_SETS: "statefulset",
    workloads.DAEMON_SETS: "daemonset",
    JOBS: "job_name",
    surroundings.AUTOSCALERS: "horizontalpodautoscaler",
    surroundings.BUDGETS: "poddisruptionbudget",
}
"""The label that names an object in an alert about it."""

Told = tuple[str, ...]
"""An alert, and the labels by which one knows what it is about: cluster, namespace, object."""


async def test_each_condition_that_it_knows_is_told_of_the_object_it_holds_for_until_it_is_mended(
    tmp_path: Path,
) -> None:
    afflicted, healthy = (SimulatedCluster(*place(index), seed=0) for index in range(2))
    troubles = afflictions()
    assert {one.condition for one in troubles} == MIXIN.keys()
    for cluster in (afflicted, healthy):
        populate(cluster, 150, now(), healthy=True)
        put(cluster, ((one.resource, one.healthy) for one in troubles))
        assert all(len(cluster.server.keys(resource)) > 3 for resource in OBJECT)
    put(afflicted, ((one.resource, one.afflicted) for one in troubles))

    async with (
        served([afflicted, healthy], tmp_path / "kubeconfig"),
        evaluated(tmp_path, clusters=2) as prometheus,
    ):
        async with going_on(afflicted):
            await eventually(
                partial(fires_exactly, prometheus, expected(troubles, afflicted)), within=300
            )

        put(afflicted, ((one.resource, one.healthy) for one in troubles))
        await eventually(partial(fires_exactly, prometheus, set()), within=120)


def expected(troubles: Iterable[Affliction], cluster: SimulatedCluster) -> set[Told]:
    """Each condition's own alert, and what follows from it, all about the same object."""
    return {
        (alert, cluster.name, NAMESPACE, f"{OBJECT[one.resource]}={one.name}")
        for one in troubles
        for alert in (MIXIN[one.condition]["alert"], *one.also)
    }


async def fires_exactly(prometheus: Prometheus, alerts: set[Told]) -> None:
    """These alerts, and none of any other rule file either."""
    found = await prometheus.query('ALERTS{alertstate="firing"}')
    assert {told(one.labels) for one in found} == alerts


def told(labels: Mapping[str, str]) -> Told:
    cluster, namespace = labels.get("cluster", ""), labels.get("namespace", "")
    objects = (f"{name}={labels[name]}" for name in OBJECT.values() if name in labels)
    return (labels["alertname"], cluster, namespace, *objects)


def put(cluster: SimulatedCluster, documents: Iterable[tuple[str, dict[str, Any]]]) -> None:
    for resource, document in documents:
        cluster.server.put(resource, document)


@asynccontextmanager
async def evaluated(folder: Path, *, clusters: int) -> AsyncIterator[Prometheus]:
    """The rules on `folder`/kubeconfig, once all clusters are seen."""
    (folder / "exporter").mkdir()
    async with (
        exporter_on(folder / "kubeconfig", folder / "exporter") as exporter,
        started_prometheus(
            one_page(exporter), folder / "prometheus", scrape_interval="2s"
        ) as prometheus,
    ):

        async def all_are_seen() -> None:
            seen = "count(group by (cluster) (kube_node_info))"
            assert await prometheus.value(seen) == clusters

        await eventually(all_are_seen, within=90)
        await prometheus.evaluate(compression.compressed_rules(FACTOR))
        yield prometheus


@asynccontextmanager
async def going_on(cluster: SimulatedCluster) -> AsyncIterator[None]:
    """What the afflicted pods do, while the block runs."""

    async def second_by_second() -> None:
        for _ in go_on(cluster):
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(second_by_second())
        yield
        task.cancel()
