"""A kubelet that throws a pod off its node, because memory runs low."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.simulation import pods
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.event_recorder import kubelet
from exporter.simulation.moments import now
from exporter.simulation.replicas import recount, replace_pod, replica_set_of
from exporter.simulation.storage import Key


def evict(cluster: SimulatedCluster, key: Key) -> Iterator[None]:
    """Evict a running pod of a ReplicaSet; another one takes its place, and it is cleared away."""
    pod = cluster.find_pod(key)
    if pod is None or pod["status"]["phase"] != "Running":
        return
    replica_set = replica_set_of(pod)
    if replica_set is None:
        return
    reporter = kubelet(pod["spec"]["nodeName"])
    message = pods.LOW_ON_MEMORY
    cluster.server.put(PODS, pods.evicted(pod, message, now()))
    cluster.events.record(reporter, PODS, pod, "Warning", "Evicted", message, now())
    replacement = replace_pod(cluster, pod)
    recount(cluster, replica_set)
    yield
    if replacement is not None:
        bound = cluster.bind_pod(replacement, now())
        yield
        cluster.start_pod(bound, now())
        recount(cluster, replica_set)
        yield
    cluster.remove_pod(pod)
