"""What happens in a fleet over time: virtual time, and no sockets but where they go down."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from exporter.simulation import scenarios
from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.scenarios import SCENARIOS
from exporter.simulation.storage import Change, Key


def fleet(clusters: int = 2, pods: int = 150) -> list[SimulatedCluster]:
    made = [SimulatedCluster(*place(index), seed=0) for index in range(clusters)]
    for cluster in made:
        populate(cluster, pods, now())
    return made


async def play(
    name: str, clusters: Sequence[SimulatedCluster], seconds: float, speed: float = 1
) -> None:
    """Let a scenario run for so long; it never ends by itself."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await SCENARIOS[name].play(clusters, speed)


def changes(cluster: SimulatedCluster, path_resource: str) -> list[Change]:
    """What changed since the cluster was made, as far as its history reaches."""
    collection = cluster.server.storage.collection(path_resource)
    return collection.changes_after(collection.floor)


def test_the_scenarios_are_those_of_the_demo() -> None:
    assert set(SCENARIOS) == {
        "steady",
        "rollout",
        "cluster-outage",
        "node-failures",
        "event-storm",
    }


@pytest.mark.looptime
async def test_steady_renews_leases_and_lets_pods_crash_and_be_evicted() -> None:
    clusters = fleet()

    await play("steady", clusters, scenarios.CRASH_INTERVAL + 5)

    for cluster in clusters:
        leases = Counter(change.key for change in changes(cluster, "coordination.k8s.io/v1/leases"))
        assert set(leases.values()) <= {7, 8}
        for key in cluster.crash_looping:
            status = cluster.find_pod(key)
            assert status is not None
            touched = [change for change in changes(cluster, "pods") if change.key == key]
            assert len(touched) >= 2
    evicted = [
        change
        for cluster in clusters
        for change in changes(cluster, "events")
        if b'"reason":"Evicted"' in change.object and change.type == "ADDED"
    ]
    assert 3 <= len(evicted) <= 10


@pytest.mark.looptime
async def test_steady_changes_little() -> None:
    clusters = fleet()
    before = [cluster.server.resource_version for cluster in clusters]

    await play("steady", clusters, 60)

    for cluster, version in zip(clusters, before, strict=True):
        assert cluster.server.resource_version - version < 60


@pytest.mark.looptime
async def test_rollout_updates_deployments_in_every_cluster() -> None:
    clusters = fleet(clusters=3)

    await play("rollout", clusters, 60)

    for cluster in clusters:
        updated = {
            change.key
            for change in changes(cluster, "apps/v1/deployments")
            if b'"image":"registry.example.com/shop' in change.object
        }
        assert updated
        created = [change for change in changes(cluster, "pods") if change.type == "ADDED"]
        assert created


def test_no_two_rollouts_meet_in_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would work on the same Deployment sooner or later, and delete what is gone."""
    clusters, going = fleet(clusters=3, pods=60), Counter[str]()

    def counted(cluster: SimulatedCluster, key: Key) -> Iterator[None]:
        going[cluster.name] += 1
        yield from itertools.repeat(None, 3 if cluster is clusters[0] else 1)
        going[cluster.name] -= 1

    monkeypatch.setattr(scenarios, "roll_out", counted)
    steps = scenarios.rolling_updates(clusters)
    for _ in range(50):
        next(steps)
        assert max(going.values()) == 1


@pytest.mark.looptime
async def test_rollout_has_nothing_to_do_where_there_are_no_deployments() -> None:
    await play("rollout", [SimulatedCluster(*place(0), seed=0)], 5)


@pytest.mark.looptime
async def test_node_failures_take_nodes_out_of_touch_and_bring_them_back() -> None:
    clusters = fleet()
    lost = []
    steps = scenarios.failing_nodes(clusters)
    for _ in range(90):
        next(steps)
        lost.append([len(cluster.unreachable) for cluster in clusters])

    assert max(max(counts) for counts in lost) == 1
    for index in range(len(clusters)):
        states = [counts[index] for counts in lost]
        assert [state for state, _ in itertools.groupby(states)][:3] in ([0, 1, 0], [1, 0, 1])


@pytest.mark.looptime
async def test_node_failures_run_beside_ordinary_life() -> None:
    clusters = fleet()

    await play("node-failures", clusters, 50)

    assert any(changes(cluster, "nodes") for cluster in clusters)
    assert all(changes(cluster, "coordination.k8s.io/v1/leases") for cluster in clusters)


@pytest.mark.looptime
async def test_an_event_storm_hits_the_last_cluster() -> None:
    clusters = fleet()
    before = [cluster.server.resource_version for cluster in clusters]

    await play("event-storm", clusters, scenarios.STORM - 1)

    written = [
        cluster.server.resource_version - start
        for cluster, start in zip(clusters, before, strict=True)
    ]
    assert written[0] < 100
    assert written[1] > 250 * (scenarios.STORM - 1)
    assert len(clusters[1].server.keys("events")) <= 300


@pytest.mark.looptime
@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"cluster-outage"}))
async def test_at_ten_times_the_speed_as_much_happens_in_a_tenth_of_the_time(name: str) -> None:
    slow, fast = fleet(clusters=1), fleet(clusters=1)

    await play(name, slow, 20.05)
    await play(name, fast, 2.005, speed=10)

    assert fast[0].server.resource_version == slow[0].server.resource_version


@pytest.mark.looptime
async def test_an_outage_takes_the_last_cluster_down_and_brings_it_back() -> None:
    clusters = fleet(pods=20)
    one, other = (cluster.server for cluster in clusters)
    async with one.serving() as steady_url, other.serving() as url:
        port, steady_port = (int(each.rpartition(":")[2]) for each in (url, steady_url))

        async def listens(port: int) -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return False
            writer.close()
            await writer.wait_closed()
            return True

        async with asyncio.TaskGroup() as tasks:
            scenario = tasks.create_task(SCENARIOS["cluster-outage"].play(clusters))
            seen = []
            await asyncio.sleep(scenarios.OUTAGE_AFTER / 2)
            seen.append((await listens(port), await listens(steady_port)))
            await asyncio.sleep(scenarios.OUTAGE_AFTER)
            for _ in range(2):
                seen.append((await listens(port), await listens(steady_port)))
                await asyncio.sleep(scenarios.OUTAGE)
                seen.append((await listens(port), await listens(steady_port)))
                await asyncio.sleep(scenarios.OUTAGE_PAUSE)
            scenario.cancel()

    assert seen == [(True, True), *[(False, True), (True, True)] * 2]
