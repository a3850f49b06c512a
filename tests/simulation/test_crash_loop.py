"""A container that ends again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.crash_loop import crash

EventCounts = Callable[[SimulatedCluster, str], Counter[str]]


def test_a_crash_raises_the_restart_count_and_the_count_of_its_events(
    cluster: SimulatedCluster, event_counts: EventCounts
) -> None:
    key = cluster.crash_looping[0]
    before = cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
    events = event_counts(cluster, "Pod")["BackOff"]
    states = [
        cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
        for _ in range(3)
        for _ in crash(cluster, key)
    ]

    after = cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
    assert after["restartCount"] == before["restartCount"] + 3
    assert [list(each["state"]) for each in states] == [["running"]] * 3
    assert after["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    conditions = cluster.server.get("pods", *key)["status"]["conditions"]
    assert {each["type"]: each["status"] for each in conditions}["Ready"] == "False"
    assert after["lastState"]["terminated"]["reason"] in ("Error", "OOMKilled")
    assert after["containerID"] != before["containerID"]
    assert event_counts(cluster, "Pod")["BackOff"] == events + 3
    [back_off] = [
        event
        for event in cluster.server.objects("events")
        if event["reason"] == "BackOff" and event["involvedObject"]["name"] == key[1]
    ]
    assert back_off["count"] == 3


def test_a_pod_that_is_gone_does_not_crash(cluster: SimulatedCluster) -> None:
    assert list(crash(cluster, ("shop", "gone"))) == []
