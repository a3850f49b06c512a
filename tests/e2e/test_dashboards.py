"""
Every panel of every dashboard shows something in the scenario that it is made for.

Simulated clusters, two for each scenario, the exporter on all of them, a Prometheus that scrapes it
and evaluates alerts/; then every query of every panel, with the clusters of its scenario chosen.
"""

import asyncio
import itertools
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml

from exporter import app
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.settings import Settings, Telemetry, Web
from exporter.simulation.cluster import NODES, PODS, SimulatedCluster
from exporter.simulation.fleet import kubeconfig
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.scenarios import SCENARIOS
from tests.controlplane.binaries import program
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.process import running
from tests.controlplane.prometheus_server import Prometheus
from tests.dashboards.asked import Asked, asked
from tests.dashboards.interpolation import interpolated
from tests.dashboards.series import AWAITED, rule_files

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(150)]

CLUSTERS = 2
"""For each scenario."""

PODS_PER_CLUSTER = 250
"""In each cluster: enough for one of every trouble that the simulation knows."""


NOT_SIMULATED = {
    "kube_fleet_credential_expiry_timestamp_seconds": "simulated clusters take no credentials",
    "kube_fleet_exporter_config_last_reload_successful": "there is no settings file",
}
"""What nothing here brings about, and why. It must not show anything, else it does not belong."""

Clusters = Mapping[str, list[SimulatedCluster]]
"""By the scenario that plays in them."""


async def test_every_panel_shows_something_in_the_scenario_that_it_is_made_for(
    tmp_path: Path,
) -> None:
    async with (
        simulated(tmp_path / "kubeconfig") as clusters,
        app.serve(settings(tmp_path / "kubeconfig")) as exporter,
        scraping(exporter, tmp_path) as prometheus,
    ):
        complete = "count(group by (cluster) (kube_node_info))"

        async def all_are_complete() -> None:
            assert await prometheus.value(complete) == CLUSTERS * len(SCENARIOS)

        await eventually(all_are_complete, within=60)
        await eventually(lambda: what_is_known_is_shown(prometheus, clusters), within=20)
        async with playing(clusters):
            await all_show_something(prometheus, clusters)
        for name in NOT_SIMULATED:
            assert await prometheus.query(name) == [], f"{name} can be asked for"


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
    left_out = AWAITED.keys() | NOT_SIMULATED.keys()
    empty = [one for one in asked() if not one.names & left_out]

    async def none_is_left() -> None:
        for one in list(empty):
            if await shows_something(prometheus, text(one, clusters)):
                empty.remove(one)
        still = "\n".join(f"{one.where}: {text(one, clusters)}" for one in empty)
        assert not empty, f"nothing in\n{still}"

    await eventually(none_is_left, within=80)


@asynccontextmanager
async def simulated(file: Path) -> AsyncIterator[Clusters]:
    """Serve clusters for each scenario, by its name; their kubeconfig is in `file`."""
    places = map(place, itertools.count())
    found = {
        scenario: [SimulatedCluster(*next(places), 0) for _ in range(CLUSTERS)]
        for scenario in SCENARIOS
    }
    urls = {}
    async with AsyncExitStack() as serving:
        for cluster in itertools.chain(*found.values()):
            populate(cluster, PODS_PER_CLUSTER, now())
            url = await serving.enter_async_context(cluster.server.serving("127.0.0.1"))
            urls[cluster.name] = url
        file.write_text(json.dumps(kubeconfig(urls)))
        yield found


@asynccontextmanager
async def playing(clusters: Clusters) -> AsyncIterator[None]:
    """Each scenario in its clusters, while the block runs."""
    async with asyncio.TaskGroup() as scenarios:
        tasks = [scenarios.create_task(SCENARIOS[name](its)) for name, its in clusters.items()]
        yield
        for task in tasks:
            task.cancel()


def settings(file: Path) -> Settings:
    """The exporter on these clusters, on any free port."""
    return Settings(
        discovery=(Kubeconfig(files=(str(file),)),),
        web=Web(listen="127.0.0.1:0"),
        telemetry=Telemetry(listen="127.0.0.1:0"),
    )


@asynccontextmanager
async def scraping(exporter: app.Serving, folder: Path) -> AsyncIterator[Prometheus]:
    """A Prometheus with the rules of alerts/ that scrapes both ports, and the facts twice."""
    (folder / "rules.yaml").write_text(yaml.safe_dump(impatient_rules()))
    (folder / "prometheus.yaml").write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "2s", "evaluation_interval": "1s"},
                "rule_files": ["rules.yaml"],
                "scrape_configs": [
                    job("everything", exporter.metrics, "/metrics"),
                    job("facts", exporter.metrics, "/metrics/fleet"),
                    job("telemetry", exporter.telemetry, "/metrics"),
                ],
            }
        )
    )
    with reserved_port() as port:
        command: list[str | Path] = [
            program("prometheus", "prometheus"),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        async with (
            running("prometheus", command, folder) as process,
            aiohttp.ClientSession(
                f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(total=10)
            ) as session,
        ):
            prometheus = Prometheus(session, process)
            await eventually(prometheus.check_ready, within=30)
            yield prometheus


def job(name: str, url: str, path: str) -> dict[str, Any]:
    """A scrape configuration as README has it."""
    targets = [{"targets": [urlsplit(url).netloc]}]
    return {
        "job_name": name,
        "honor_labels": True,
        "metrics_path": path,
        "static_configs": targets,
    }


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
