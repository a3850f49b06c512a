import asyncio
from pathlib import Path

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.e2e.exporter_process import read_page, started_exporter

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


async def test_sigterm_ends_a_syncing_exporter_within_five_seconds(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    async with started_exporter(list(clusters.values()), tmp_path / "exporter") as exporter:
        assert await exporter.process.stop(within=5) == 0


async def test_sigterm_ends_a_watching_exporter_within_five_seconds(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    async with started_exporter(list(clusters.values()), tmp_path / "exporter") as exporter:
        pages = [f"{exporter.metrics}/clusters/{name}/metrics" for name in clusters]
        await eventually(lambda: asyncio.gather(*map(read_page, pages)), within=60)

        assert await exporter.process.stop(within=5) == 0
