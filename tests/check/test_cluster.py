"""One cluster is met as the exporter would meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.check import cluster
from exporter.settings import ClusterOverride, Settings
from exporter.simulation import faults
from exporter.simulation.faults import Fault, path
from tests.check.conftest import report_on, server


async def test_a_cluster_that_is_well_says_who_it_is(tmp_path: Path) -> None:
    api = server(pods=1)

    report = await report_on(api, tmp_path)

    assert report.well
    assert (report.uid, report.version) == (api.uid, "v1.36.3")


async def test_another_cluster_than_the_expected_one_is_a_failure(tmp_path: Path) -> None:
    expected = Settings(clusters={"eu-*": ClusterOverride(uid="another")})

    report = await report_on(server(pods=1), tmp_path, expected)

    assert report.problem.startswith("identity-mismatch: ")
    assert report.problem.endswith("expected is another")


async def test_who_is_not_let_in_learns_that(tmp_path: Path) -> None:
    api = server(pods=1)
    api.tokens = {"another"}

    assert (await report_on(api, tmp_path)).problem.startswith("401 ")


async def test_a_cluster_has_so_many_seconds_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "DEADLINE", 0.3)
    api = server(pods=1)
    api.faults.append(Fault(faults.hang_before_headers(), on=path("/version")))

    report = await report_on(api, tmp_path)

    assert report.uid == api.uid
    assert "within 0 s" in report.problem
