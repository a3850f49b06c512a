"""The example configurations of docs/examples do what their pages say, in a real Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.controlplane.binaries import program
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.process import running
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.web.exporter import Exporter, exporter_on, small_cluster

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(90)]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
CLUSTERS = {"eu-1", "us-1"}


def example(name: str, exporter: Exporter) -> dict[str, Any]:
    """An example that asks this exporter, in a hurry."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for address, url in (
        ("exporter:8080", exporter.metrics),
        ("exporter:8081", exporter.telemetry),
    ):
        text = text.replace(address, urlsplit(url).netloc)
    configuration: dict[str, Any] = yaml.safe_load(text)
    configuration["global"]["scrape_interval"] = "1s"
    for job in configuration["scrape_configs"]:
        job |= {"scrape_interval": "1s", "scrape_timeout": "1s"}
        for found in job.get("http_sd_configs", ()):
            found["refresh_interval"] = "1s"

    return configuration


async def everything_is_there_once(prometheus: Prometheus) -> None:
    """Each object under its own cluster, of one job and one instance; facts; the process."""
    nodes = await prometheus.query("kube_node_info")
    assert {one.labels["cluster"] for one in nodes} == CLUSTERS
    assert len(nodes) == len(CLUSTERS)
    assert {(one.labels["job"], one.labels["instance"]) for one in nodes} == {
        ("kube-state-metrics", "kube-fleet-exporter")
    }
    assert await prometheus.value("count(max by (cluster) (kube_fleet_cluster_up) == 1)") == 2
    assert await prometheus.value('count(process_open_fds{job="kube-fleet-exporter"})') == 1
    assert await prometheus.query('{__name__=~".+",exported_cluster!=""}') == []


@pytest.mark.parametrize("name", ["prometheus/one-page", "prometheus/target-per-cluster"])
async def test_a_server_has_everything_once(name: str, tmp_path: Path) -> None:
    fleet = {cluster: small_cluster(cluster) for cluster in CLUSTERS}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*CLUSTERS)
        jobs = example(name, exporter)["scrape_configs"]
        async with started_prometheus(jobs, tmp_path / "prometheus") as prometheus:
            await eventually(lambda: everything_is_there_once(prometheus), within=20)


@pytest.mark.parametrize("name", ["prometheus-agent/prometheus", "mimir/agent"])
async def test_what_an_agent_writes_keeps_its_clusters_and_gains_the_external_labels(
    name: str, tmp_path: Path
) -> None:
    fleet = {cluster: small_cluster(cluster) for cluster in CLUSTERS}
    receiving = "--web.enable-remote-write-receiver"
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*CLUSTERS)
        configuration = example(name, exporter)
        external = configuration["global"]["external_labels"]
        with reserved_port() as own:
            listen = f"--web.listen-address=127.0.0.1:{own}"
            async with started_prometheus([], tmp_path / "store", receiving) as store:
                address = await eventually(lambda: where_it_is(store), within=20)
                configuration["remote_write"][0]["url"] = f"http://{address}/api/v1/write"
                file = tmp_path / "agent.yaml"
                file.write_text(yaml.safe_dump(configuration))
                agent: list[str | Path] = [
                    *(program("prometheus", "prometheus"), "--agent", f"--config.file={file}"),
                    *(f"--storage.agent.path={tmp_path / 'agent'}", listen),
                ]
                async with running("agent", agent, tmp_path):
                    await eventually(lambda: arrived(store, external), within=40)


async def where_it_is(store: Prometheus) -> str:
    """It scrapes itself, and so knows its address."""
    itself = await store.query('up{job="prometheus"}')
    assert itself
    return itself[0].labels["instance"]


async def arrived(store: Prometheus, external: dict[str, str]) -> None:
    nodes = await store.query("kube_node_info")
    assert {one.labels["cluster"] for one in nodes} == CLUSTERS
    assert len(nodes) == len(CLUSTERS)
    for one in nodes:
        assert one.labels.items() >= external.items()
        assert one.labels["instance"] == "kube-fleet-exporter"
