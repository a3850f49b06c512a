"""Pods that are thrown off their node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.eviction import evict
from exporter.simulation.storage import Key

REPLICA_SETS = "apps/v1/replicasets"

EventCounts = Callable[[SimulatedCluster, str], Counter[str]]


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    return bool(conditions["Ready"] == "True")


def ready_pod(cluster: SimulatedCluster, owner: str) -> dict[str, Any]:
    return next(
        pod
        for pod in cluster.server.objects("pods")
        if pod["metadata"]["ownerReferences"][0]["kind"] == owner
        and pod["status"]["phase"] == "Running"
        and is_ready(pod)
    )


def key_of(given: dict[str, Any]) -> Key:
    return given["metadata"]["namespace"], given["metadata"]["name"]


def test_an_evicted_pod_fails_is_replaced_and_cleared_away(
    cluster: SimulatedCluster, event_counts: EventCounts
) -> None:
    pod = ready_pod(cluster, "ReplicaSet")
    owner = pod["metadata"]["ownerReferences"][0]["name"]
    key = key_of(pod)
    total = len(cluster.server.keys("pods"))
    steps = evict(cluster, key)

    next(steps)

    evicted = cluster.server.get("pods", *key)
    assert (evicted["status"]["phase"], evicted["status"]["reason"]) == ("Failed", "Evicted")
    replica_set = cluster.server.get(REPLICA_SETS, key[0], owner)
    missing = replica_set["spec"]["replicas"] - replica_set["status"].get("readyReplicas", 0)
    assert missing >= 1
    assert len(cluster.server.keys("pods")) == total + 1
    for _ in steps:
        pass
    assert key not in cluster.server.keys("pods")
    replica_set = cluster.server.get(REPLICA_SETS, key[0], owner)
    now_ready = replica_set["status"].get("readyReplicas", 0)
    assert replica_set["spec"]["replicas"] - now_ready == missing - 1
    assert event_counts(cluster, "Pod")["Evicted"] == 1


def test_pods_that_nobody_replaces_are_not_evicted(cluster: SimulatedCluster) -> None:
    key = key_of(ready_pod(cluster, "DaemonSet"))

    assert list(evict(cluster, key)) == []
    assert list(evict(cluster, ("shop", "gone"))) == []
