"""
What happens in a simulated fleet. A new scenario is one function and one line of the table; which
alerts it brings about is proved by `tests/e2e/test_alerts.py`.

Everything but the outages is an iterator whose steps are a fixed time apart, so that it can be
played in real time or stepped through.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.crash_loop import crash
from exporter.simulation.event_recorder import SCHEDULER, kubelet
from exporter.simulation.eviction import evict
from exporter.simulation.heartbeat import renew_leases
from exporter.simulation.moments import now
from exporter.simulation.node_failure import fail_node
from exporter.simulation.rollout import roll_out
from exporter.simulation.storage import Key
from exporter.simulation.workloads import DEPLOYMENTS

Clusters = Sequence[SimulatedCluster]


class Play(Protocol):
    """Lets things happen in clusters until it is cancelled."""

    def __call__(self, clusters: Clusters, speed: float = 1.0) -> Coroutine[Any, Any, None]:
        """`speed`: how many seconds of the scenario pass in a second."""
        ...


@dataclass(frozen=True)
class Scenario:
    """A day in the life of a fleet, which brings about one alert of `alerts/` or none."""

    play: Play
    healthy: bool = True
    """Whether all is well in the clusters before it begins; otherwise see `populate`."""


# All in seconds.
LEASE_RENEWAL = 40
CRASH_INTERVAL = 300
EVICTION_INTERVAL = 30
NODE_FAILURE_INTERVAL = 20
NODE_FAILURE_STEP = 8
OUTAGE_AFTER = 15.0
OUTAGE = 1200.0
OUTAGE_PAUSE = 600.0
STORM = 20
STORM_PAUSE = 10
STORM_STEP = 0.1

STORM_EVENTS = 30
"""Events in one step of a storm: 300 a second."""


async def steady(clusters: Clusters, speed: float = 1.0) -> None:
    """
    Leases are renewed, some pods crash again and again, now and then one is evicted.

    Alerts: a ticket for each sort of trouble that some pods and Jobs of any fleet have, no page.
    """
    await _play(ordinary_life(clusters), 1, speed)


async def rollout(clusters: Clusters, speed: float = 1.0) -> None:
    """
    Deployments get new images, one after another, in up to four clusters at a time.

    Alerts: none.
    """
    await _play_beside_ordinary_life(clusters, rolling_updates(clusters), 1, speed)


async def node_failures(clusters: Clusters, speed: float = 1.0) -> None:
    """
    Nodes go NotReady, lose their pods to others, and come back, again and again.

    Alerts: FleetNodeFlapping, once a node has gone three times within an hour.
    """
    await _play_beside_ordinary_life(clusters, failing_nodes(clusters), 1, speed)


async def event_storm(clusters: Clusters, speed: float = 1.0) -> None:
    """
    The last cluster writes hundreds of events a second, with short pauses.

    Alerts: FleetEventStorm after 10 minutes, until the storm is what is usual.
    """
    await _play_beside_ordinary_life(clusters, storm(clusters[-1]), STORM_STEP, speed)


async def cluster_outage(clusters: Clusters, speed: float = 1.0) -> None:
    """
    The last cluster refuses connections for 20 minutes, again and again, with 10 in between.

    Alerts: FleetClusterDown after 5 minutes, the only page of all scenarios.
    """
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(steady(clusters, speed))
        tasks.create_task(_outages(clusters[-1], speed))


SCENARIOS: dict[str, Scenario] = {
    "steady": Scenario(steady, healthy=False),
    "rollout": Scenario(rollout),
    "cluster-outage": Scenario(cluster_outage),
    "node-failures": Scenario(node_failures),
    "event-storm": Scenario(event_storm),
}


def ordinary_life(clusters: Clusters) -> Iterator[None]:
    """What happens in any fleet, second by second."""
    leases = renew_leases(clusters, LEASE_RENEWAL)
    going: list[Iterator[None]] = []
    for second in itertools.count():
        next(leases)
        going += [crash(cluster, key) for cluster, key in _crashes_due(clusters, second)]
        if second % EVICTION_INTERVAL == EVICTION_INTERVAL - 1:
            cluster = clusters[second // EVICTION_INTERVAL % len(clusters)]
            if cluster.server.keys(PODS):
                going.append(evict(cluster, _any_of(cluster, PODS)))
        going = _advanced(going)
        yield


def rolling_updates(clusters: Clusters) -> Iterator[None]:
    """Rolling updates, a step of each a second; never two in one cluster."""
    able = [cluster for cluster in clusters if cluster.server.keys(DEPLOYMENTS)]
    turns = itertools.cycle(able)
    going: dict[str, Iterator[None]] = {}
    while True:
        if able and len(going) < min(4, len(able)):
            cluster = next(each for each in turns if each.name not in going)
            going[cluster.name] = roll_out(cluster, _any_of(cluster, DEPLOYMENTS))
        left = _advanced(going.values())
        going = {name: steps for name, steps in going.items() if steps in left}
        yield


def failing_nodes(clusters: Clusters) -> Iterator[None]:
    """Failing nodes, one more every few seconds; never two in one cluster."""
    going: list[Iterator[None]] = []
    turns = itertools.cycle(clusters)
    for second in itertools.count():
        if second % NODE_FAILURE_INTERVAL == 0:
            cluster = next(turns)
            if not cluster.unreachable:
                node, _ = cluster.choose_node()
                going.append(_slowly(fail_node(cluster, node), NODE_FAILURE_STEP))
        going = _advanced(going)
        yield


def storm(cluster: SimulatedCluster) -> Iterator[None]:
    """Events in plenty, with a pause now and then."""
    while True:
        for _ in range(int(STORM / STORM_STEP)):
            for _ in range(STORM_EVENTS):
                _record_trouble(cluster)
            yield
        for _ in range(int(STORM_PAUSE / STORM_STEP)):
            yield


def _record_trouble(cluster: SimulatedCluster) -> None:
    """Some pod fails some check: often the same one, so that counts rise quickly."""
    chance = cluster.chance
    pods = cluster.server.keys(PODS)
    if not pods:
        return
    pod = cluster.server.get(PODS, *pods[int(len(pods) * chance.random() ** 4)])
    if chance.random() < 0.3:
        message = "0/40 nodes are available: 40 Insufficient memory."
        reporter, reason = SCHEDULER, "FailedScheduling"
    else:
        message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
        reporter, reason = kubelet(pod["spec"].get("nodeName", "")), "Unhealthy"
    cluster.events.record(reporter, PODS, pod, "Warning", reason, message, now())


async def _outages(cluster: SimulatedCluster, speed: float) -> None:
    await asyncio.sleep(OUTAGE_AFTER / speed)
    while True:
        await cluster.server.go_down()
        await asyncio.sleep(OUTAGE / speed)
        await cluster.server.come_back()
        await asyncio.sleep(OUTAGE_PAUSE / speed)


async def _play(steps: Iterable[None], interval: float, speed: float) -> None:
    for _ in steps:
        await asyncio.sleep(interval / speed)


async def _play_beside_ordinary_life(
    clusters: Clusters, steps: Iterable[None], interval: float, speed: float
) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(steady(clusters, speed))
        tasks.create_task(_play(steps, interval, speed))


def _crashes_due(clusters: Clusters, second: int) -> list[tuple[SimulatedCluster, Key]]:
    """A share of all crash-looping pods, so that each has its turn once in the interval."""
    everywhere = [(cluster, key) for cluster in clusters for key in cluster.crash_looping]
    return everywhere[second % CRASH_INTERVAL :: CRASH_INTERVAL]


def _any_of(cluster: SimulatedCluster, path_resource: str) -> Key:
    return cluster.chance.choice(cluster.server.keys(path_resource))


def _slowly(steps: Iterator[None], factor: int) -> Iterator[None]:
    for _ in steps:
        yield from itertools.repeat(None, factor)


def _advanced(going: Iterable[Iterator[None]]) -> list[Iterator[None]]:
    """Take the next step of each; those that are not over."""
    over = object()
    return [steps for steps in going if next(steps, over) is not over]
