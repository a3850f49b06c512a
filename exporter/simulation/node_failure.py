"""A node whose kubelet falls silent, what becomes of its pods, and how it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exporter.simulation import nodes, pods
from exporter.simulation.cluster import NODES, PODS, SimulatedCluster
from exporter.simulation.event_recorder import NODES as NODE_CONTROLLER
from exporter.simulation.event_recorder import TAINTS, kubelet
from exporter.simulation.moments import now
from exporter.simulation.replicas import recount, replace_pod, replica_set_of
from exporter.simulation.storage import Key


def fail_node(cluster: SimulatedCluster, name: str) -> Iterator[None]:
    """
    NotReady; then its pods are evicted and replaced elsewhere; then it is Ready again.

    Pods that nobody replaces (those of DaemonSets and StatefulSets) stay and become Ready again.
    """
    keys = cluster.pods_on(name)
    _lose(cluster, name, keys)
    yield
    terminating = _evict_all(cluster, keys)
    replacements = [replace_pod(cluster, pod) for pod in terminating]
    yield
    bound = [cluster.bind_pod(pod, now()) for pod in replacements if pod is not None]
    yield
    for pod in bound:
        cluster.start_pod(pod, now())
    _recount_all(cluster, bound)
    yield
    _return(cluster, name)
    for pod in terminating:
        cluster.remove_pod(pod)


def _lose(cluster: SimulatedCluster, name: str, keys: list[Key]) -> None:
    cluster.unreachable.add(name)
    node = cluster.server.put(NODES, nodes.out_of_touch(cluster.server.get(NODES, "", name), now()))
    message = f"Node {name} status is now: NodeNotReady"
    cluster.events.record(NODE_CONTROLLER, NODES, node, "Normal", "NodeNotReady", message, now())
    unready = [
        cluster.server.put(PODS, pods.unready(pod, now()))
        for pod in map(cluster.find_pod, keys)
        if pod is not None and pod["status"]["phase"] == "Running"
    ]
    for pod in unready:
        cluster.events.record(
            NODE_CONTROLLER, PODS, pod, "Warning", "NodeNotReady", "Node is not ready", now()
        )
    _recount_all(cluster, unready)


def _evict_all(cluster: SimulatedCluster, keys: list[Key]) -> list[dict[str, Any]]:
    """Delete what a ReplicaSet will replace; without a kubelet these pods go on terminating."""
    terminating = []
    for key in keys:
        pod = cluster.find_pod(key)
        if pod is None or pod["status"]["phase"] != "Running" or replica_set_of(pod) is None:
            continue
        message = f"Marking for deletion Pod {key[0]}/{key[1]}"
        cluster.events.record(TAINTS, PODS, pod, "Normal", "TaintManagerEviction", message, now())
        terminating.append(cluster.server.put(PODS, pods.terminating(pod, now())))
    return terminating


def _return(cluster: SimulatedCluster, name: str) -> None:
    cluster.unreachable.discard(name)
    node = cluster.server.get(NODES, "", name)
    node = cluster.server.put(NODES, nodes.back_in_touch(node, now()))
    message = f"Node {name} status is now: NodeReady"
    cluster.events.record(kubelet(name), NODES, node, "Normal", "NodeReady", message, now())
    for key in cluster.pods_on(name):
        pod = cluster.find_pod(key)
        if pod is not None and pod["status"]["phase"] == "Running":
            cluster.server.put(PODS, pods.ready_again(pod, now()))


def _recount_all(cluster: SimulatedCluster, given: list[dict[str, Any]]) -> None:
    for key in sorted({key for pod in given if (key := replica_set_of(pod)) is not None}):
        recount(cluster, key)
