"""
Every recorded case, from kube-state-metrics' arguments to the page: `migrate` makes the settings,
the exporter reads the recorded cluster over HTTP, and the page is compared.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exporter.kinds import KINDS
from exporter.migrate import settings_for
from exporter.settings import read_settings
from exporter.simulation.api_server import ApiServer
from tests.exposition.strict_parser import strictly_parsed
from tests.parity.differences import CLUSTER, DIFFERENCES
from tests.parity.page import read, types
from tests.web.exporter import exporter_on

RECORDED = Path(__file__).parent / "recorded"
CASES: dict[str, dict[str, Any]] = json.loads((RECORDED / "cases.json").read_text())


def recorded(name: str) -> str:
    return gzip.decompress((RECORDED / name).read_bytes()).decode()


def ours(name: str) -> bool:
    """What kube-state-metrics says of itself is not about the cluster."""
    return not name.startswith(("kube_fleet_", "kube_state_metrics_"))


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The recorded kube-state-metrics ran in UTC, which schedules without a time zone follow."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("case", CASES)
async def test_the_page_is_that_of_kube_state_metrics(case: str, tmp_path: Path) -> None:
    flags = [
        flag.replace("=crs.yaml", f"={RECORDED / 'crs.yaml'}") for flag in CASES[case]["flags"]
    ]
    file = tmp_path / "settings.yaml"
    file.write_text(settings_for(flags))
    api = ApiServer("recorded")
    api.load_recording(json.loads(recorded("recording.json.gz")))
    _, _, query = CASES[case]["path"].partition("?")
    async with exporter_on(tmp_path, {CLUSTER: api}, read_settings(file)) as exporter:
        await exporter.complete(CLUSTER)
        text = await exporter.page(
            f"/clusters/{CLUSTER}/metrics?{query}", Accept=CASES[case]["accept"] or "*/*"
        )

    expected = read(recorded(f"{case}.prom.gz"), ("",))
    for difference in DIFFERENCES:
        expected = difference.of(expected)

    if "openmetrics" in case:
        strictly_parsed(text)
    else:
        theirs = types(recorded(f"{case}.prom.gz"), ("",))
        assert {name: one for name, one in types(text, ("",)).items() if ours(name)} == theirs

    found = {one: values for one, values in read(text, ("",)).items() if ours(one.name)}
    assert found.keys() - expected.keys() == set()
    assert expected.keys() - found.keys() == set()
    assert {
        one: (values, expected[one])
        for one, values in found.items()
        if not set(values) <= set(expected[one])
    } == {}


def test_every_family_is_recorded_with_at_least_one_series() -> None:
    """So that each of them is compared at least once."""
    names = {
        one.name for case in ("all", "labels") for one in read(recorded(f"{case}.prom.gz"), ("",))
    }

    assert {family.name for kind in KINDS for family in kind.families} - names == set()
