"""
What happens in clusters notifies whom it should, and nobody of anything else.

Simulated clusters, the exporter, a Prometheus for each way to scrape it with the rules of alerts/,
an Alertmanager with the routes of alerts/, and what the receivers get. Time passes faster in rules,
routes and scenarios.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from exporter.simulation import nodes
from exporter.simulation.cluster import NODES, SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.node_failure import fail_node
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.scenarios import SCENARIOS
from tests.controlplane.deadline import eventually
from tests.e2e.alerting import Alerting, pass_time, watched
from tests.e2e.simulated import served
from tests.e2e.webhook import Notification

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(600)]

Told = set[tuple[str, str]]
"""Receivers, and the alerts that they were told of."""

EXPECTED: Mapping[str, Told] = {
    "steady": {
        ("tickets", "FleetContainerOOMKilled"),
        ("tickets", "FleetContainerWaiting"),
        ("tickets", "FleetDeploymentReplicasMismatch"),
        ("tickets", "FleetPodCrashLooping"),
        ("tickets", "FleetPodNotReady"),
    },
    "rollout": set(),
    "cluster-outage": {("pager", "FleetClusterDown")},
    "node-failures": {("tickets", "FleetNodeFlapping")},
    "event-storm": {("tickets", "FleetEventStorm")},
    "rolling upgrade": set(),
}
"""By scenario of the demo; and for an upgrade of all nodes, one after another."""

IN_THE_LAST_CLUSTER = {"cluster-outage", "event-storm"}
"""The scenarios in which all is well in the others."""

FACTOR = 30
SPEED = {"cluster-outage": 1, "event-storm": 2, "node-failures": 10}
"""
How much faster than time scenarios play, if not by FACTOR: an outage that does not end, and events
that are not more in a second because seconds are shorter.
"""

PODS = {"steady": 150}
"""Pods of a cluster, if not 60: enough for one of every trouble that there is."""


async def test_each_scenario_notifies_of_what_it_should_and_of_nothing_else(
    tmp_path: Path,
) -> None:
    clusters = populated()
    everywhere = [cluster for its in clusters.values() for cluster in its]
    async with (
        served(everywhere, tmp_path / "kubeconfig"),
        watched(tmp_path, FACTOR, len(everywhere)) as (_, alertings),
        playing(clusters),
    ):
        # The longest that a warning waits, and a quarter of an hour.
        await pass_time(minutes=75, factor=FACTOR)
        for way in alertings.values():
            # A single scrape that fails lets every alert wait anew.
            await eventually(partial(all_were_told, way, clusters), within=200)
            assert told_in_others_than_the_last(way, clusters) == set()
            assert len(way.pages) == 1
            assert await firing_unnotified(way) == set()


async def all_were_told(way: Alerting, clusters: Mapping[str, list[SimulatedCluster]]) -> None:
    """Everything expected, and nothing besides it, in each scenario's clusters."""
    told: dict[str, Told] = {
        scenario: {
            (one.receiver, one.alert)
            for one in way.webhook.received
            if one.cluster in {cluster.name for cluster in its}
        }
        for scenario, its in clusters.items()
    }
    assert told == EXPECTED
    assert [one for one in way.webhook.received if not one.cluster] == []


def told_in_others_than_the_last(
    way: Alerting, clusters: Mapping[str, list[SimulatedCluster]]
) -> set[Notification]:
    others = {
        cluster.name for scenario in IN_THE_LAST_CLUSTER for cluster in clusters[scenario][:-1]
    }
    return {one for one in way.webhook.received if one.cluster in others}


async def firing_unnotified(way: Alerting) -> Told:
    """What fires and notifies nobody: a person who looks at Prometheus would wonder."""
    told = {(one.alert, one.cluster) for one in way.webhook.received}
    return await way.firing() - told


def populated() -> dict[str, list[SimulatedCluster]]:
    """Two clusters for each scenario, by its name."""
    places = map(place, itertools.count())
    found = {name: [SimulatedCluster(*next(places), seed=0) for _ in range(2)] for name in EXPECTED}
    for scenario, clusters in found.items():
        healthy = scenario not in SCENARIOS or SCENARIOS[scenario].healthy
        for cluster in clusters:
            populate(cluster, PODS.get(scenario, 60), now(), healthy=healthy)
    return found


@asynccontextmanager
async def playing(clusters: Mapping[str, list[SimulatedCluster]]) -> AsyncIterator[None]:
    """Each scenario in its clusters, while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        started = [
            tasks.create_task(SCENARIOS[name].play(clusters[name], SPEED.get(name, FACTOR)))
            for name in SCENARIOS
        ]
        upgrades = map(upgrade, clusters["rolling upgrade"])
        started += [tasks.create_task(step_by_step(steps)) for steps in upgrades]
        yield
        for task in started:
            task.cancel()


async def step_by_step(steps: Iterable[None]) -> None:
    """A step each minute of the rules."""
    for _ in steps:
        await pass_time(minutes=1, factor=FACTOR)


def upgrade(cluster: SimulatedCluster) -> Iterator[None]:
    """Each node is cordoned, loses its pods to others, is gone for a while, and comes back."""
    for key in cluster.server.keys(NODES):
        before = cluster.server.get(NODES, *key)
        cluster.server.put(NODES, nodes.cordoned(before, now()))
        yield
        yield from fail_node(cluster, key[1])
        status = cluster.server.get(NODES, *key)["status"]
        kubelet = {**status["nodeInfo"], "kubeletVersion": cluster.server.version}
        upgraded = {**before, "status": {**status, "nodeInfo": kubelet}}
        cluster.server.put(NODES, upgraded)
        yield
