"""
Every recorded case, from kube-state-metrics' arguments to the page: `migrate` makes the settings,
a process of its own reads the recorded cluster over HTTP, and its page is compared.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exporter.kinds import KINDS
from exporter.migrate import settings_for
from exporter.simulation.api_server import ApiServer
from tests.exposition.strict_parser import strictly_parsed
from tests.installed import ANY_PORTS, DEADLINE, running
from tests.parity.differences import CLUSTER, DIFFERENCES
from tests.parity.page import read, types
from tests.web.exporter import kubeconfig

RECORDED = Path(__file__).parent / "recorded"
CASES: dict[str, dict[str, Any]] = json.loads((RECORDED / "cases.json").read_text())


def recorded(name: str) -> str:
    return gzip.decompress((RECORDED / name).read_bytes()).decode()


def ours(name: str) -> bool:
    """What kube-state-metrics says of itself is not about the cluster."""
    return not name.startswith(("kube_fleet_", "kube_state_metrics_"))


async def page(url: str, accept: str) -> str:
    """A page, once it is there."""
    async with (
        aiohttp.ClientSession(headers={"Accept": accept}) as session,
        asyncio.timeout(DEADLINE),
    ):
        while True:
            async with session.get(url) as answer:
                if answer.status == 200:
                    return await answer.text()

            await asyncio.sleep(0.05)


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
    async with api.serving() as url:
        clusters = tmp_path / "kubeconfig"
        clusters.write_text(kubeconfig({CLUSTER: url}))
        options = ("--config", file, "--kubeconfig", clusters, *ANY_PORTS)
        async with running("run", *options) as exporter:
            serving = (await exporter.logged("serving"))["metrics"]
            accept = CASES[case]["accept"] or "*/*"
            text = await page(f"{serving}/clusters/{CLUSTER}/metrics?{query}", accept)

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
