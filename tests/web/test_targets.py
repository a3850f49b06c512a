import json
import re
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import make_mocked_request

from exporter.discovery.provider import Cluster
from exporter.exposition.negotiation import Format
from exporter.settings import Settings, Web
from exporter.simulation.api_server import ApiServer
from exporter.web.clusters import Clusters, Listing, Page
from exporter.web.description import conflicting
from exporter.web.page import Choice
from exporter.web.targets import Targets
from tests.web.exporter import NOBODY, Exporter, exporter_on, small_cluster

ODD_NAMES = (
    "arn:aws:eks:eu-west-1:1234:cluster/prod",
    "admin@eu 1",
    "quotes\"and'ticks",
    "back\\slash",
    "<b>&amp;</b>",
    "100%25",
    "a+b?c#d;e",
    "{braces}",
    "köln",
    "a%2Fb",
    "a/b",
    "eu//metrics",
    "dots/../up",
)


async def targets(exporter: Exporter, query: str = "", **headers: str) -> dict[str, Any]:
    """The targets of /sd, by cluster."""
    answer = await exporter.get(f"/sd{query}", **headers)

    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    return {one["labels"]["cluster"]: one for one in json.loads(answer.text)}


async def test_there_is_a_target_for_each_cluster_reachable_or_not(tmp_path: Path) -> None:
    fleet: dict[str, ApiServer | str] = {"eu-1": small_cluster("eu-1"), "away": NOBODY}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete("eu-1")
        found = await targets(exporter)

    assert list(found) == ["eu-1", "away"]
    assert found["away"]["labels"] == {
        "cluster": "away",
        "job": "kube-state-metrics",
        "instance": "kube-fleet-exporter",
        "__metrics_path__": "/clusters/away/metrics",
        "__meta_kube_fleet_provider": "kubeconfig",
        "__meta_kube_fleet_source": f"kubeconfig {tmp_path / 'kubeconfig'}",
        "__meta_kube_fleet_uid": "",
    }


async def test_a_target_tells_the_identity_of_its_cluster(tmp_path: Path) -> None:
    server = small_cluster("eu-1")
    async with exporter_on(tmp_path, {"eu-1": server}) as exporter:
        await exporter.complete("eu-1")
        found = await targets(exporter)

    assert found["eu-1"]["labels"]["__meta_kube_fleet_uid"] == server.uid


async def test_the_job_can_be_chosen(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        found = await targets(exporter, "?job=kubernetes")

    assert found["eu-1"]["labels"]["job"] == "kubernetes"


async def test_targets_are_where_prometheus_asked(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        found = await targets(exporter, Host="exporter.monitoring.svc:8080")

    assert found["eu-1"]["targets"] == ["exporter.monitoring.svc:8080"]
    assert "__scheme__" not in found["eu-1"]["labels"]


@pytest.mark.parametrize(
    ("external_url", "target", "scheme", "path"),
    [
        ("https://fleet.example", "fleet.example", "https", "/clusters/eu-1/metrics"),
        ("http://fleet.example:81/", "fleet.example:81", "http", "/clusters/eu-1/metrics"),
        ("https://example/fleet/", "example", "https", "/fleet/clusters/eu-1/metrics"),
        ("https://[::1]:8080/a/b", "[::1]:8080", "https", "/a/b/clusters/eu-1/metrics"),
        ("http://example/a%20b", "example", "http", "/a b/clusters/eu-1/metrics"),
    ],
)
async def test_targets_are_at_the_external_url(
    tmp_path: Path, external_url: str, target: str, scheme: str, path: str
) -> None:
    settings = Settings(web=Web(external_url=external_url))
    async with exporter_on(tmp_path, {"eu-1": NOBODY}, settings) as exporter:
        found = await targets(exporter, Host="elsewhere:8080")

    assert found["eu-1"]["targets"] == [target]
    assert found["eu-1"]["labels"]["__scheme__"] == scheme
    assert found["eu-1"]["labels"]["__metrics_path__"] == path


class Known(Clusters):
    """One cluster of which nothing but the name is known."""

    def __init__(self, name: str) -> None:
        cluster = Cluster(name=name, provider="p", source="s", server=None, digest="")
        self._listing = Listing([conflicting(cluster)], whole=True)

    async def discovered(self) -> bool:
        return True

    def page(self, choice: Choice, format_: Format) -> Page:
        raise NotImplementedError

    def page_of(self, cluster: str, choice: Choice, format_: Format) -> Page:
        raise NotImplementedError

    async def listing(self) -> Listing:
        return self._listing


@pytest.mark.parametrize(("tls", "scheme"), [(True, "https"), (False, None)])
async def test_targets_take_tls_where_prometheus_asked_over_tls(
    tls: bool, scheme: str | None
) -> None:
    listed = Targets(Known("eu-1"), "cluster", external_url="")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
    request = make_mocked_request("GET", "/sd", {"Host": "exporter:8080"}, sslcontext=context)
    answer = await listed.service_discovery(request)
    assert isinstance(answer.text, str)
    (target,) = json.loads(answer.text)

    assert target["targets"] == ["exporter:8080"]
    assert target["labels"].get("__scheme__") == scheme


def unescaped(labels: Iterable[str]) -> set[str]:
    return {label.replace(r"\"", '"').replace(r"\n", "\n").replace(r"\\", "\\") for label in labels}


def asked_by_prometheus(target: dict[str, Any]) -> str:
    """Go's net/url escapes the path of a target; these it leaves as they are."""
    return quote(target["labels"]["__metrics_path__"], safe="/$&+,:;=@~")


async def test_the_target_of_a_cluster_with_an_odd_name_is_its_page(tmp_path: Path) -> None:
    fleet = {name: small_cluster(f"number-{place}") for place, name in enumerate(ODD_NAMES)}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*fleet)
        found = await targets(exporter)
        pages = {
            name: await exporter.page(asked_by_prometheus(target)) for name, target in found.items()
        }

    assert list(found) == list(fleet)
    for place, (name, page) in enumerate(pages.items()):
        assert unescaped(re.findall(r'\bcluster="((?:[^"\\]|\\.)*)"', page)) == {name}
        assert f'node="node-of-number-{place}"' in page


async def test_a_cluster_with_an_odd_name_can_be_chosen(tmp_path: Path) -> None:
    fleet = {name: small_cluster(f"number-{place}") for place, name in enumerate(ODD_NAMES)}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*fleet)
        for name in fleet:
            page = await exporter.page(f"/metrics?collect[]=nodes&cluster={quote(name, safe='')}")

            labels = re.findall(r'\bcluster="((?:[^"\\]|\\.)*)"', page)
            assert unescaped(labels) == {name}


async def test_targets_bear_the_clusters_name_under_the_configured_label(tmp_path: Path) -> None:
    settings = Settings(cluster_label="kubernetes_cluster")
    async with exporter_on(tmp_path, {"eu-1": NOBODY}, settings) as exporter:
        found = json.loads(await exporter.page("/sd"))

    assert found[0]["labels"]["kubernetes_cluster"] == "eu-1"
    assert "cluster" not in found[0]["labels"]


async def test_a_cluster_that_is_well_is_described_as_json(tmp_path: Path) -> None:
    server = small_cluster("eu-1", "web-0", "web-1")
    async with exporter_on(tmp_path, {"eu-1": server}) as exporter:
        await exporter.complete("eu-1")
        await exporter.shows("/api/v1/clusters", '"synced"')
        answer = await exporter.get("/api/v1/clusters")

    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    (described,) = json.loads(answer.text)["clusters"]
    objects, series = described.pop("objects"), described.pop("series")
    assert objects.items() >= {"namespaces": 2, "nodes": 1, "pods": 2}.items()
    assert series.keys() == objects.keys()
    assert series["pods"] > objects["pods"]
    assert described == {
        "name": "eu-1",
        "source": f"kubeconfig {tmp_path / 'kubeconfig'}",
        "provider": "kubeconfig",
        "uid": server.uid,
        "up": True,
        "conditions": [{"condition": "synced", "reason": ""}],
        "version": "v1.36.3",
        "labels": {},
    }


async def test_a_cluster_that_is_away_is_described_as_json(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        await exporter.shows("/api/v1/clusters", '"refused"')
        (described,) = json.loads(await exporter.page("/api/v1/clusters"))["clusters"]

    assert described["up"] is False
    assert described["uid"] == described["version"] == ""
    assert described["conditions"] == [{"condition": "unreachable", "reason": "refused"}]
