"""
What befalls many clusters at once wakes people once; what is wanted wakes nobody.

As test_alerts.py, with one fleet to which one thing after another happens.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.fleet import kubeconfig
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from tests.controlplane.deadline import eventually
from tests.e2e.alerting import Alerting, pass_time, watched
from tests.e2e.simulated import served

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(600)]

CLUSTERS = 16

FACTOR = 60
"""How much faster time passes in rules and routes."""


@dataclass
class Pager:
    """Who is woken, whichever way the exporter is scraped."""

    ways: Sequence[Alerting]
    pages: list[tuple[str, str]] = field(default_factory=list)
    """All that is expected so far: alerts, and their clusters."""

    async def rings(self, alert: str, cluster: str = "") -> None:
        """Once more, and once only, however long nobody does anything."""
        self.pages.append((alert, cluster))
        for way in self.ways:
            await eventually(partial(self._has_rung, way), within=60)
        await pass_time(minutes=15, factor=FACTOR)
        for way in self.ways:
            await self._has_rung(way)

    async def _has_rung(self, way: Alerting) -> None:
        assert [(one.alert, one.cluster) for one in way.pages] == self.pages


async def test_each_storm_is_one_page_and_a_removed_cluster_is_none(tmp_path: Path) -> None:
    clusters = [SimulatedCluster(*place(index), seed=0) for index in range(CLUSTERS)]
    for cluster in clusters:
        populate(cluster, 10, now(), healthy=True)
    alone, removed, together = clusters[-1], clusters[-2], clusters[:10]
    file = tmp_path / "kubeconfig"
    async with (
        served(clusters, file) as urls,
        watched(tmp_path, FACTOR, CLUSTERS) as (exporter, alertings),
    ):
        ways = list(alertings.values())
        pager = Pager(ways)

        await alone.server.go_down()
        await pager.rings("FleetClusterDown", alone.name)
        await alone.server.come_back()

        for way in ways:
            await eventually(partial(an_hour_is_known, way), within=120)
        del urls[removed.name]
        file.write_text(json.dumps(kubeconfig(urls)))
        for way in ways:
            await eventually(partial(there_is_a_ticket, way, removed), within=60)

        for cluster in together:
            await cluster.server.go_down()
        await pager.rings("FleetManyClustersDown")
        for cluster in together:
            await cluster.server.come_back()

        for way in ways:
            await eventually(partial(all_is_over, way), within=180)
        exporter.process.kill()
        await pager.rings("FleetExporterDown")

        for way in ways:
            await there_is_a_ticket(way, removed)


async def an_hour_is_known(way: Alerting) -> None:
    known = f"count(kube_fleet_cluster_info offset {3600 // FACTOR}s)"
    assert await way.prometheus.value(known)


async def there_is_a_ticket(way: Alerting, removed: SimulatedCluster) -> None:
    """For the removed cluster, and for nothing else."""
    assert way.tickets == {("FleetClusterDisappeared", removed.name)}


async def all_is_over(way: Alerting) -> None:
    """By itself, and whoever was told of something was told of its end."""
    assert await way.firing() == set()
    last = {(one.receiver, one.alert, one.cluster): one.status for one in way.webhook.received}
    assert set(last.values()) == {"resolved"}
