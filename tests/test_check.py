"""The dry run says what would be read, and what stands in the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from exporter import check as module
from exporter.check import ClusterReport, check, discovered, listing, table
from exporter.settings import Kubeconfig, Settings
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, lists
from tests.web.exporter import NOBODY, kubeconfig


def settings(folder: Path, clusters: Mapping[str, str]) -> Settings:
    file = folder / "kubeconfig"
    file.write_text(kubeconfig(clusters))
    return Settings(discovery=(Kubeconfig((str(file),)),))


def server(pods: int) -> ApiServer:
    api = ApiServer("eu-1")
    for number in range(pods):
        api.put("pods", {"metadata": {"name": f"web-{number}", "namespace": "shop"}})

    return api


async def report_on(api: ApiServer, folder: Path) -> ClusterReport:
    async with api.serving() as url:
        (report,) = await check(settings(folder, {"eu-1": url}))

    return report


async def test_a_cluster_that_is_well_is_counted(tmp_path: Path) -> None:
    api = server(pods=130)

    report = await report_on(api, tmp_path)

    assert report.well
    assert (report.uid, report.version) == (api.uid, "v1.36.3")
    (pods,) = [kind for kind in report.kinds if kind.resource == "pods"]
    assert pods.objects == 130
    assert pods.series % 130 == 0 and pods.series > 0


async def test_only_a_sample_of_a_large_kind_is_read(tmp_path: Path) -> None:
    api = server(pods=130)

    await report_on(api, tmp_path)

    limits = {request.query["limit"] for request in api.requests if lists("pods")(request)}
    assert limits == {str(module.SAMPLE)}


async def test_a_kind_that_is_forbidden_is_a_failure_that_says_so(tmp_path: Path) -> None:
    api = server(pods=1)
    api.forbidden = {"nodes"}

    report = await report_on(api, tmp_path)

    assert not report.well
    assert "FAIL eu-1" in table([report])
    assert "nodes: 403" in table([report])


async def test_a_kind_that_may_not_be_watched_is_a_failure(tmp_path: Path) -> None:
    api = server(pods=1)
    api.denied_in_reviews = {"pods"}

    report = await report_on(api, tmp_path)

    assert "pods: may be listed but not watched" in table([report])


async def test_reviews_that_are_not_served_keep_nobody_back(tmp_path: Path) -> None:
    api = server(pods=1)
    api.access_reviews = "unserved"

    assert (await report_on(api, tmp_path)).well


async def test_a_kind_that_is_not_served_is_named_and_no_failure(tmp_path: Path) -> None:
    api = server(pods=1)
    api.unserved = {"nodes"}

    report = await report_on(api, tmp_path)

    assert "nodes: not served" in table([report])
    assert report.well


async def test_one_dead_cluster_is_told_beside_the_good_ones(tmp_path: Path) -> None:
    async with server(pods=1).serving() as url:
        good, dead = await check(settings(tmp_path, {"good": url, "dead": NOBODY}))

    assert good.well
    assert not dead.well
    assert "cannot connect" in dead.problem


async def test_a_list_that_is_garbage_is_told(tmp_path: Path) -> None:
    api = server(pods=1)
    api.faults.append(Fault(faults.garbage(), on=lists("pods")))

    assert not (await report_on(api, tmp_path)).well


def test_what_discovery_finds_is_listed_with_where_it_came_from(tmp_path: Path) -> None:
    found = discovered(settings(tmp_path, {"a": "http://127.0.0.1:1", "b": "http://127.0.0.1:2"}))

    (first, second) = json.loads(listing(found, "json"))["clusters"]
    assert (first["name"], second["name"]) == ("a", "b")
    assert first["source"] == f"kubeconfig {tmp_path / 'kubeconfig'}"
    assert listing(found, "table").splitlines()[0].startswith("a  http://127.0.0.1:1  kubeconfig")
