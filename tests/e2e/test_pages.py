import pytest

from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import check_metrics
from tests.e2e.conftest import Fleet
from tests.e2e.exporter_process import read_page

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/clusters/east/metrics", "/clusters/west/metrics", "/metrics/fleet"],
)
async def test_promtool_has_nothing_against_a_page(fleet: Fleet, path: str) -> None:
    page = await eventually(lambda: read_page(fleet.exporter.metrics + path), within=60)

    assert check_metrics(page) == ""


async def test_promtool_has_nothing_against_the_telemetry_page(fleet: Fleet) -> None:
    page = await read_page(f"{fleet.exporter.telemetry}/metrics")

    assert check_metrics(page) == ""


async def test_the_tokens_of_the_clusters_are_nowhere(fleet: Fleet) -> None:
    pages = [
        await read_page(f"{fleet.exporter.metrics}/metrics"),
        await read_page(f"{fleet.exporter.metrics}/sd"),
        await read_page(f"{fleet.exporter.telemetry}/metrics"),
    ]

    for text in (*pages, fleet.exporter.process.log.read_text()):
        assert not [each for each in fleet.clusters.values() if each.token in text]
