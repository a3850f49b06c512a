"""What a Prometheus has of the exporter, when it scrapes as the chart's objects say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.controlplane.client import Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.helm.chart import NAMESPACE, of_kind, only
from tests.helm.release import Pod, installed, running_pod

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

ADDED = {
    "namespace": NAMESPACE,
    "service": "fleet-kube-fleet-exporter",
    "pod": "fleet-kube-fleet-exporter-0",
    "container": "exporter",
    "job": "fleet-kube-fleet-exporter",
}
"""Target labels that the Prometheus operator makes for a ServiceMonitor, before its relabelings."""

METRICS = ("kube_node_info", "kube_pod_info", "kube_service_info", "kube_fleet_cluster_up")


def relabelings(given: list[Object]) -> list[dict[str, Any]]:
    names = {"sourceLabels": "source_labels", "targetLabel": "target_label"}
    return [{names.get(key, key): value for key, value in one.items()} for one in given]


def of_monitor(monitor: Object, pod: Pod) -> list[dict[str, Any]]:
    """Scrape configurations as the Prometheus operator writes them."""
    addresses = {"http": urlsplit(pod.metrics).netloc, "telemetry": urlsplit(pod.telemetry).netloc}
    return [
        {
            "job_name": f"serviceMonitor/{NAMESPACE}/{endpoint['port']}",
            "honor_labels": endpoint["honorLabels"],
            "metrics_path": endpoint["path"],
            "static_configs": [
                {
                    "targets": [addresses[endpoint["port"]]],
                    "labels": {**ADDED, "endpoint": endpoint["port"]},
                }
            ],
            "relabel_configs": relabelings(endpoint["relabelings"]),
        }
        for endpoint in monitor["spec"]["endpoints"]
    ]


def of_scrape_config(found: Object, pod: Pod) -> dict[str, Any]:
    """The same for a ScrapeConfig; the Service's host is where the exporter runs."""
    spec = found["spec"]
    config: dict[str, Any] = {
        "job_name": f"scrapeConfig/{found['metadata']['name']}",
        "honor_labels": spec["honorLabels"],
    }
    if sources := spec.get("httpSDConfigs"):
        url = urlsplit(sources[0]["url"])
        config["http_sd_configs"] = [
            {"url": f"{pod.metrics}{url.path}?{url.query}", "refresh_interval": "1s"}
        ]
    else:
        (static,) = spec["staticConfigs"]
        served = pod.metrics if static["targets"][0].endswith(":8080") else pod.telemetry
        config["static_configs"] = [{**static, "targets": [urlsplit(served).netloc]}]
        config["metrics_path"] = spec["metricsPath"]

    return config


async def names_of(prometheus: Prometheus, metric: str) -> set[str]:
    """The label names of a metric's series, at least one of which there has to be."""
    samples = await prometheus.query(metric)
    assert samples, metric
    return {name for one in samples for name in one.labels}


async def test_series_have_the_labels_of_the_page_and_none_of_the_exporter_s_pod(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"serviceMonitor": {"enabled": True}}))
    async with (
        installed(clusters["newer"], values) as release,
        running_pod(release, tmp_path / "pod") as pod,
    ):
        jobs = of_monitor(only(release.objects, "ServiceMonitor"), pod)
        # Beside it one that adds nothing: what is on the page.
        target = {"targets": [urlsplit(pod.metrics).netloc]}
        plain = {"job_name": "plain", "honor_labels": True, "static_configs": [target]}
        async with started_prometheus([*jobs, plain], tmp_path / "prometheus") as prometheus:

            async def alike() -> None:
                for metric in METRICS:
                    ours = f'{metric}{{job="kube-state-metrics",instance="kube-fleet-exporter"}}'
                    plainly = f'{metric}{{job="plain"}}'
                    assert await names_of(prometheus, ours) == await names_of(prometheus, plainly)

                up = await prometheus.query('up{instance="kube-fleet-exporter"}')
                assert sorted(one.labels["job"] for one in up) == [
                    "kube-fleet-exporter",
                    "kube-state-metrics",
                ]
                assert not await prometheus.query('{__name__=~".+",exported_namespace!=""}')

            await eventually(alike, within=40)


async def test_every_cluster_is_a_target_that_is_found_over_http(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"scrapeConfig": {"enabled": True}}))
    async with (
        installed(clusters["newer"], values) as release,
        running_pod(release, tmp_path / "pod") as pod,
    ):
        jobs = [of_scrape_config(one, pod) for one in of_kind(release.objects, "ScrapeConfig")]
        async with started_prometheus(jobs, tmp_path / "prometheus") as prometheus:

            async def scraped() -> None:
                up = await prometheus.query('up{instance="kube-fleet-exporter"} == 1')
                assert sorted((one.labels["job"], one.labels.get("cluster")) for one in up) == [
                    ("kube-fleet", None),
                    ("kube-fleet-exporter", None),
                    ("kube-state-metrics", "in-cluster"),
                ]
                (node,) = await prometheus.query("kube_node_info")
                assert node.labels["cluster"] == "in-cluster"
                for facts in (
                    'kube_fleet_cluster_up{job="kube-fleet"}',
                    'process_start_time_seconds{job="kube-fleet-exporter"}',
                ):
                    assert await prometheus.query(facts)

            await eventually(scraped, within=40)
