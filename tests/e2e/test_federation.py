"""A second Prometheus gets the same from the first one and from the exporter's own /federate."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.e2e.exporter_process import exporter_on
from tests.e2e.scrape_jobs import one_page
from tests.e2e.simulated import served

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(180)]

SELECTORS = (
    "kube_node_info",
    'kube_pod_status_phase{phase="Running",namespace!="kube-system"}',
    '{__name__=~"kube_(deployment|statefulset)_.+",__name__!~".*_(created|condition)"}',
    'kube_pod_info{created_by_kind=~"Daemon.*",host_ip!~""}',
)
"""With all four matchers, with and without a name; of nothing that changes by itself."""

OF_THE_SCRAPE = {"job", "instance"}

Series = set[tuple[frozenset[tuple[str, str]], float]]


async def test_both_agree(tmp_path: Path) -> None:
    clusters = [SimulatedCluster(*place(index), seed=0) for index in range(3)]
    for cluster in clusters:
        populate(cluster, 80, now())
    file = tmp_path / "kubeconfig"
    async with (
        served(clusters, file),
        exporter_on(file, tmp_path) as exporter,
        started_prometheus(one_page(exporter), tmp_path / "first") as first,
        started_prometheus(
            [
                federating("prometheus", f"http://{first.address}"),
                federating("exporter", exporter.metrics),
            ],
            tmp_path / "second",
        ) as second,
    ):
        await eventually(partial(agree, first, second), within=60)


def federating(source: str, url: str) -> dict[str, Any]:
    """https://prometheus.io/docs/prometheus/latest/federation/; it says whence a series came."""
    return {
        "job_name": f"federate-{source}",
        "honor_labels": True,
        "metrics_path": "/federate",
        "params": {"match[]": list(SELECTORS)},
        "static_configs": [{"targets": [urlsplit(url).netloc]}],
        "metric_relabel_configs": [{"target_label": "source", "replacement": source}],
    }


async def agree(first: Prometheus, second: Prometheus) -> None:
    by_selector = [await series(first, selector) for selector in SELECTORS]
    assert all(by_selector)
    original = set().union(*by_selector)
    for source in ("prometheus", "exporter"):
        assert await series(second, f'{{source="{source}",cluster!=""}}') == original, source


async def series(prometheus: Prometheus, selector: str) -> Series:
    """Labels, but for those of the scrape, and values."""
    left_out = OF_THE_SCRAPE | {"source"}
    return {
        (frozenset((k, v) for k, v in one.labels.items() if k not in left_out), one.value)
        for one in await prometheus.query(selector)
    }
