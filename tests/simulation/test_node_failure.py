"""Nodes that fall silent and come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.node_failure import fail_node
from exporter.simulation.storage import Key

EventCounts = Callable[[SimulatedCluster, str], Counter[str]]


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    return bool(conditions["Ready"] == "True")


def key_of(given: dict[str, Any]) -> Key:
    return given["metadata"]["namespace"], given["metadata"]["name"]


def busy_node(cluster: SimulatedCluster) -> str:
    return max(cluster.nodes, key=lambda name: len(cluster.pods_on(name)))


def node_ready(cluster: SimulatedCluster, name: str) -> str:
    node = cluster.server.get("nodes", "", name)
    status: str = {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"]
    return status


def _metadata(cluster: SimulatedCluster, key: Key) -> dict[str, Any]:
    metadata: dict[str, Any] = cluster.server.get("pods", *key)["metadata"]
    return metadata


def test_a_failing_node_goes_not_ready_loses_its_pods_and_comes_back(
    cluster: SimulatedCluster, event_counts: EventCounts
) -> None:
    name = busy_node(cluster)
    lost = cluster.pods_on(name)
    total = len(cluster.server.keys("pods"))
    steps = fail_node(cluster, name)

    next(steps)
    assert node_ready(cluster, name) == "Unknown"
    taints = cluster.server.get("nodes", "", name)["spec"]["taints"]
    assert "node.kubernetes.io/unreachable" in {taint["key"] for taint in taints}
    there = [cluster.server.get("pods", *key) for key in lost]
    assert not any(is_ready(pod) for pod in there if pod["status"]["phase"] == "Running")
    next(steps)
    terminating = [key for key in lost if "deletionTimestamp" in _metadata(cluster, key)]
    assert terminating
    for _ in steps:
        pass

    assert node_ready(cluster, name) == "True"
    assert "taints" not in cluster.server.get("nodes", "", name)["spec"]
    assert not set(terminating) & set(cluster.server.keys("pods"))
    assert len(cluster.server.keys("pods")) == total
    assert event_counts(cluster, "Node") == {"NodeNotReady": 1, "NodeReady": 1}
    assert event_counts(cluster, "Pod")["TaintManagerEviction"] == len(terminating)
    assert event_counts(cluster, "Pod")["NodeNotReady"] >= len(terminating)


def test_pods_of_daemon_sets_survive_their_node(cluster: SimulatedCluster) -> None:
    name = busy_node(cluster)
    staying = {
        key_of(pod)
        for pod in cluster.server.objects("pods")
        if pod["spec"].get("nodeName") == name
        and pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
    }
    for _ in fail_node(cluster, name):
        pass

    assert staying
    assert all(is_ready(cluster.server.get("pods", *key)) for key in staying)
