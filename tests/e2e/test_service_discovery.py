"""A real Prometheus that is told its targets by /sd: each cluster is one, and has its own `up`."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from yarl import URL

from exporter.overrides import ClusterOverride
from exporter.settings import Duration, Settings, Staleness, Web
from exporter.simulation.api_server import ApiServer
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.web.exporter import NOBODY, exporter_on, small_cluster

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(120)]

WELL = (
    "eu-1",
    "arn:aws:eks:eu-west-1:1234:cluster/prod",
    "gke_shop_europe-west1_main",
    "100%25",
    "a%2Fb",
    "a/b",
    "admin@eu 1?x#y",
    "köln",
)
HOLD = 3.0
NODES = 'group by (cluster, node) (kube_node_info{job="kube-state-metrics"})'


def sd(url: str, name: str, query: str = "", **more: Any) -> dict[str, Any]:
    """A job as docs/prometheus.md has it, but in a hurry."""
    return {
        "job_name": name,
        "honor_labels": True,
        "http_sd_configs": [{"url": f"{url}/sd{query}", "refresh_interval": "1s"}],
        **more,
    }


def overridden() -> Settings:
    """Data is dropped after some seconds; one cluster has a label."""
    return Settings(
        staleness=Staleness(hold=Duration(HOLD)),
        clusters={"eu-1": ClusterOverride(labels={"tier": "gold"})},
    )


async def test_each_cluster_is_a_target_with_its_own_labels_and_its_own_end(
    tmp_path: Path,
) -> None:
    servers = {name: small_cluster(f"number-{place}") for place, name in enumerate(WELL)}
    fleet: dict[str, ApiServer | str] = {**servers, "away": NOBODY}
    async with exporter_on(tmp_path, fleet, overridden()) as exporter:
        meta = "__meta_kube_fleet_"
        relabelled = [
            {"action": "keep", "source_labels": [f"{meta}label_tier"], "regex": "gold"},
            {"source_labels": [f"{meta}provider"], "target_label": "provider"},
            {"target_label": "instance", "replacement": "chosen"},
        ]
        jobs = [
            sd(exporter.metrics, "discovered"),
            sd(exporter.metrics, "gold", "?job=gold", relabel_configs=relabelled),
            sd(exporter.metrics, "named by the job", "?job="),
        ]
        await exporter.complete(*WELL)
        async with started_prometheus(jobs, tmp_path / "prometheus") as prometheus:
            await eventually(lambda: only_away_is_down(prometheus), within=20)
            await eventually(lambda: nodes_are_told_apart(prometheus), within=10)
            assert await prometheus.query('{exported_cluster!=""}') == []
            assert await prometheus.query('{exported_instance!=""}') == []
            await eventually(lambda: jobs_choose(prometheus, len(fleet)), within=20)

            await servers["eu-1"].go_down()
            await eventually(lambda: eu_1_is_dropped(prometheus), within=30)
            await servers["eu-1"].come_back()
            await eventually(lambda: only_away_is_down(prometheus), within=60)
            await eventually(lambda: nodes_are_told_apart(prometheus), within=10)


async def only_away_is_down(prometheus: Prometheus) -> None:
    samples = await prometheus.query('up{job="kube-state-metrics"}')

    assert {one.labels["cluster"]: one.value for one in samples} == {
        **dict.fromkeys(WELL, 1),
        "away": 0,
    }
    for one in samples:
        assert one.labels.keys() == {"__name__", "cluster", "job", "instance"}
        assert one.labels["instance"] == "kube-fleet-exporter"


async def jobs_choose(prometheus: Prometheus, count: int) -> None:
    """A job may relabel its targets, and name them itself."""
    (gold,) = await prometheus.query('up{job="gold"}')
    assert gold.labels == {
        "__name__": "up",
        "cluster": "eu-1",
        "job": "gold",
        "instance": "chosen",
        "provider": "kubeconfig",
    }
    assert await prometheus.value('count(up{job="named by the job"})') == count


async def nodes_are_told_apart(prometheus: Prometheus) -> None:
    assert {
        (one.labels["cluster"], one.labels["node"]) for one in await prometheus.query(NODES)
    } == {(name, f"node-of-number-{place}") for place, name in enumerate(WELL)}


async def eu_1_is_dropped(prometheus: Prometheus) -> None:
    """Its target is down, what it had is gone at once, and nothing of any other is."""
    assert await prometheus.value('up{job="kube-state-metrics",cluster="eu-1"}') == 0
    left = {one.labels["cluster"] for one in await prometheus.query(NODES)}
    assert left == set(WELL) - {"eu-1"}


async def test_targets_behind_a_proxy_are_reached_by_the_external_url(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with reserved_port() as port:
        external = f"https://127.0.0.1:{port}/fleet%20one"
        settings = Settings(web=Web(external_url=external))
        name = WELL[1]
        async with (
            exporter_on(tmp_path, {name: small_cluster("prod")}, settings) as exporter,
            proxy(exporter.metrics, URL(external, encoded=True), authority),
        ):
            await exporter.complete(name)
            tls = {"ca_file": str(tmp_path / "ca.pem")}
            jobs = [sd(exporter.metrics, "discovered", tls_config=tls)]
            async with started_prometheus(jobs, tmp_path / "prometheus") as prometheus:
                await eventually(lambda: is_up(prometheus, name), within=20)


async def is_up(prometheus: Prometheus, cluster: str) -> None:
    assert await prometheus.value(f'up{{cluster="{cluster}"}}') == 1


@asynccontextmanager
async def proxy(exporter: str, external: URL, authority: trustme.CA) -> AsyncIterator[None]:
    """What stands before the exporter: takes TLS and the path's beginning away."""
    async with aiohttp.ClientSession() as session:

        async def passed_on(request: web.Request) -> web.Response:
            path = request.rel_url.raw_path
            if not path.startswith(f"{external.raw_path}/"):
                raise web.HTTPNotFound

            rest = path.removeprefix(external.raw_path)
            async with session.get(URL(exporter + rest, encoded=True)) as answer:
                kind = {"Content-Type": answer.headers["Content-Type"]}
                return web.Response(status=answer.status, body=await answer.read(), headers=kind)

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        application = web.Application()
        application.add_routes([web.get("/{path:.*}", passed_on)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, external.host, external.port, ssl_context=context)
            await site.start()
            yield
        finally:
            await runner.cleanup()
