"""Two real clusters of different versions, the exporter on them, a Prometheus that scrapes it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.controlplane.binaries import built
from tests.controlplane.cluster import Cluster, started_clusters
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import deployment, namespace, node
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.e2e.exporter_process import Exporter, started_exporter
from tests.e2e.scrape_jobs import one_page, targets

NODES = {"east": 3, "west": 2}
PODS = {"east": 4, "west": 6}


@dataclass(frozen=True)
class Fleet:
    """Everything that runs. Tests give back what they change, or use a namespace of their own."""

    clusters: dict[str, Cluster]
    exporter: Exporter
    prometheus: Prometheus

    async def by_cluster(self, expression: str) -> dict[str, float]:
        """The values of an expression that has one series for each cluster."""
        samples = await self.prometheus.query(expression)
        return {sample.labels["cluster"]: sample.value for sample in samples}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every program of the session keeps its data and its log."""
    return tmp_path_factory.mktemp("e2e")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def clusters(directory: Path) -> AsyncIterator[dict[str, Cluster]]:
    """`east` is the newer Kubernetes. Each has nodes, and a Deployment `web` whose pods run."""
    modules = {"east": "kubernetes-1.36", "west": "kubernetes-1.30"}
    async with started_clusters(modules, directory) as started:
        async with asyncio.TaskGroup() as filling:
            for cluster in started:
                filling.create_task(_fill(cluster))
        yield {cluster.name: cluster for cluster in started}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fleet(clusters: dict[str, Cluster], directory: Path) -> AsyncIterator[Fleet]:
    """The clusters, the exporter and Prometheus, once Prometheus has seen both clusters."""
    built("prometheus")
    async with started_exporter(list(clusters.values()), directory / "exporter") as exporter:
        jobs = {job["job_name"]: job for way in (one_page, targets) for job in way(exporter)}
        async with started_prometheus(list(jobs.values()), directory / "prometheus") as prometheus:
            yield Fleet(clusters, exporter, prometheus)


async def _fill(cluster: Cluster) -> None:
    for number in range(NODES[cluster.name]):
        name = f"{cluster.name}-{number}"
        await cluster.api.create("/api/v1/nodes", node(name, cluster.version))
    await start_deployment(cluster, "shop", "web", PODS[cluster.name])


async def start_deployment(cluster: Cluster, where: str, name: str, replicas: int) -> None:
    """Create a namespace and a Deployment in it; return when all its pods run."""
    await cluster.api.create("/api/v1/namespaces", namespace(where))
    path = f"/apis/apps/v1/namespaces/{where}/deployments"
    await cluster.api.create(path, deployment(name, replicas))

    async def all_run() -> None:
        pods = await cluster.api.items(f"/api/v1/namespaces/{where}/pods")
        assert [pod["status"]["phase"] for pod in pods] == ["Running"] * replicas

    await eventually(all_run, within=60)
