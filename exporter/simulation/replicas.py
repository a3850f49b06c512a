"""What the ReplicaSet controller does when pods come and go without anybody rolling out."""

from __future__ import annotations

from typing import Any

import msgspec

from exporter.simulation import pods, workloads
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.event_recorder import REPLICA_SETS
from exporter.simulation.moments import now
from exporter.simulation.storage import Key


class _Condition(msgspec.Struct):
    type: str
    status: str


class _Status(msgspec.Struct):
    conditions: list[_Condition] = []


class _Pod(msgspec.Struct):
    status: _Status


_decode_pod = msgspec.json.Decoder(_Pod).decode


def replica_set_of(pod: dict[str, Any]) -> Key | None:
    """The ReplicaSet that a pod belongs to, None if it belongs to something else."""
    owner = pod["metadata"]["ownerReferences"][0]
    return (pod["metadata"]["namespace"], owner["name"]) if owner["kind"] == "ReplicaSet" else None


def replace_pod(cluster: SimulatedCluster, gone: dict[str, Any]) -> dict[str, Any] | None:
    """A new, Pending pod in the place of one that is gone; None if no ReplicaSet wants one."""
    key = replica_set_of(gone)
    if key is None or key not in cluster.server.keys(workloads.REPLICA_SETS):
        return None
    owner = cluster.server.get(workloads.REPLICA_SETS, *key)
    if not owner["spec"]["replicas"]:
        return None
    pod = cluster.create_pod(
        f"{key[1]}-{pods.suffix(cluster.chance)}",
        key[0],
        owner["spec"]["template"],
        workloads.owner_reference(workloads.REPLICA_SETS, owner),
        now(),
    )
    message = f"Created pod: {pod['metadata']['name']}"
    cluster.events.record(
        REPLICA_SETS, workloads.REPLICA_SETS, owner, "Normal", "SuccessfulCreate", message, now()
    )
    return pod


def recount(cluster: SimulatedCluster, key: Key) -> None:
    """Write how many pods of a ReplicaSet are Ready, into it and into its Deployment."""
    server = cluster.server
    replica_set = server.get(workloads.REPLICA_SETS, *key)
    replicas = replica_set["spec"]["replicas"]
    ready = min(replicas, _ready_pods(cluster, key))
    scaled = workloads.replica_set_scaled(replica_set, replicas, ready)
    server.put(workloads.REPLICA_SETS, scaled)
    owner = replica_set["metadata"]["ownerReferences"][0]["name"]
    deployment = server.get(workloads.DEPLOYMENTS, key[0], owner)
    status = workloads.deployment_status(
        deployment, replicas=replicas, updated=replicas, ready=ready, at=now()
    )
    server.put(workloads.DEPLOYMENTS, status)


def _ready_pods(cluster: SimulatedCluster, replica_set: Key) -> int:
    namespace, prefix = replica_set[0], f"{replica_set[1]}-"
    objects = cluster.server.storage.collection(PODS).objects
    return sum(
        any(each.type == "Ready" and each.status == "True" for each in _conditions(encoded))
        for key, encoded in objects.items()
        if key[0] == namespace and key[1].startswith(prefix)
    )


def _conditions(encoded: bytes) -> list[_Condition]:
    return _decode_pod(encoded).status.conditions
