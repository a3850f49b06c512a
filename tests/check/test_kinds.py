"""Each kind is counted, and what we may not do with it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from exporter.check import kinds as module
from exporter.check.report import ClusterReport, KindReport
from exporter.settings import Collect, Poll, Settings
from exporter.simulation import faults
from exporter.simulation.access_review import PATH, RULES_PATH
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, lists
from tests.check.conftest import report_on, server


def kind(report: ClusterReport, resource: str) -> KindReport:
    (found,) = [one for one in report.kinds if one.resource == resource]
    return found


def reviews(api: ApiServer) -> list[str]:
    return [one.path for one in api.requests if one.path in (PATH, RULES_PATH)]


async def test_objects_series_and_text_of_a_kind_are_counted(tmp_path: Path) -> None:
    pods = kind(await report_on(server(pods=130), tmp_path), "pods")

    assert pods.objects == 130
    assert pods.series % 130 == 0 and pods.series > 0
    assert pods.size > 20 * pods.series


async def test_only_a_sample_of_a_large_kind_is_read(tmp_path: Path) -> None:
    api = server(pods=130)

    await report_on(api, tmp_path)

    limits = {request.query["limit"] for request in api.requests if lists("pods")(request)}
    assert limits == {str(module.SAMPLE)}


async def test_one_review_is_enough_where_everything_is_allowed(tmp_path: Path) -> None:
    api = server(pods=1)

    assert (await report_on(api, tmp_path)).well
    assert reviews(api) == [RULES_PATH]


async def test_a_kind_that_is_forbidden_is_a_failure_that_names_the_verbs(tmp_path: Path) -> None:
    api = server(pods=1)
    api.forbidden = {"nodes"}

    report = await report_on(api, tmp_path)

    assert not report.well
    assert kind(report, "nodes").problem == "may not list and watch"
    assert reviews(api) == [RULES_PATH, PATH]


async def test_a_kind_that_may_not_be_watched_is_a_failure(tmp_path: Path) -> None:
    api = server(pods=1)
    api.denied_in_reviews = {"pods"}

    assert kind(await report_on(api, tmp_path), "pods").problem == "may not watch"


async def test_a_kind_that_is_polled_need_not_be_watched(tmp_path: Path) -> None:
    api = server(pods=1)
    api.denied_in_reviews = {"pods"}
    polling = Settings(collect=Collect(poll=Poll(resources=("pods",))))

    assert (await report_on(api, tmp_path, polling)).well


async def test_what_is_missing_in_one_namespace_names_it(tmp_path: Path) -> None:
    api = server(pods=1)
    api.forbidden = {"pods"}
    chosen = Settings(collect=Collect(resources=("pods",), namespaces=("shop",)))

    problem = kind(await report_on(api, tmp_path, chosen), "pods").problem

    assert problem == "may not list and watch in namespace shop"


async def test_events_are_asked_for_as_well(tmp_path: Path) -> None:
    api = server(pods=1)
    api.forbidden = {"events", "events.k8s.io/v1/events"}

    assert kind(await report_on(api, tmp_path), "events").problem == "may not list and watch"


@pytest.mark.parametrize("answer", ["forbidden", "unserved"])
async def test_reviews_that_are_not_answered_keep_nobody_back(
    tmp_path: Path, answer: Literal["forbidden", "unserved"]
) -> None:
    api = server(pods=1)
    api.access_reviews = answer

    assert (await report_on(api, tmp_path)).well


async def test_a_kind_that_is_not_served_is_named_and_no_failure(tmp_path: Path) -> None:
    api = server(pods=1)
    api.unserved = {"nodes"}

    report = await report_on(api, tmp_path)

    assert not kind(report, "nodes").served
    assert report.well


async def test_a_list_that_is_garbage_is_told(tmp_path: Path) -> None:
    api = server(pods=1)
    api.faults.append(Fault(faults.garbage(), on=lists("pods")))

    assert "pods" in kind(await report_on(api, tmp_path), "pods").problem
