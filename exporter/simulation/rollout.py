"""A rolling update: a new ReplicaSet grows while the old one shrinks, pod by pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exporter.simulation import pods, workloads
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.event_recorder import DEPLOYMENTS, REPLICA_SETS
from exporter.simulation.moments import now
from exporter.simulation.storage import Key
from exporter.simulation.templates import with_tag


def roll_out(cluster: SimulatedCluster, key: Key) -> Iterator[None]:
    """
    Give a Deployment a new image and replace its pods, a quarter at a time.

    Each step is one look of the controllers at the cluster: the caller decides how much time
    passes between two.
    """
    rollout = _Rollout(cluster, key)
    yield
    while rollout.remaining:
        batch = max(1, rollout.replicas // 4)
        created = [rollout.create_pod() for _ in range(min(batch, rollout.remaining))]
        rollout.write_status()
        yield
        bound = [cluster.bind_pod(pod, now()) for pod in created]
        yield
        for pod in bound:
            cluster.start_pod(pod, now())
        rollout.ready += len(bound)
        stopped = rollout.stop_old_pods(len(bound) if rollout.remaining else None)
        rollout.write_status()
        yield
        for pod in stopped:
            cluster.remove_pod(pod)
        rollout.write_status()
        yield
    rollout.finish()


class _Rollout:
    """Where one rolling update stands."""

    def __init__(self, cluster: SimulatedCluster, key: Key) -> None:
        self._cluster = cluster
        self._server = cluster.server
        self._deployment = self._updated(self._server.get(workloads.DEPLOYMENTS, *key))
        self.replicas: int = self._deployment["spec"]["replicas"]
        self.remaining = self.replicas
        """Pods of the new ReplicaSet that are still to be created."""
        self.ready = 0
        """Pods of the new ReplicaSet that are Ready."""
        self._old = self._replica_sets()
        self._new = self._server.put(
            workloads.REPLICA_SETS, workloads.replica_set(self._deployment, 0, now())
        )
        self._old_pods = self._pods_of(self._old)

    def _updated(self, deployment: dict[str, Any]) -> dict[str, Any]:
        metadata = deployment["metadata"]
        revision = int(metadata["annotations"][workloads.REVISION]) + 1
        template = with_tag(deployment["spec"]["template"], f"3.{revision}.0")
        annotations = {**metadata["annotations"], workloads.REVISION: str(revision)}
        changed = {"generation": metadata["generation"] + 1, "annotations": annotations}
        return self._server.put(
            workloads.DEPLOYMENTS,
            {
                **deployment,
                "metadata": {**metadata, **changed},
                "spec": {**deployment["spec"], "template": template},
            },
        )

    def _replica_sets(self) -> list[dict[str, Any]]:
        """The ReplicaSets of the Deployment, the oldest revision first."""
        metadata = self._deployment["metadata"]
        found = (
            self._server.get(workloads.REPLICA_SETS, *key)
            for key in self._server.keys(workloads.REPLICA_SETS)
            if key[0] == metadata["namespace"] and key[1].startswith(metadata["name"])
        )
        owned = [
            each
            for each in found
            if each["metadata"]["ownerReferences"][0]["uid"] == metadata["uid"]
        ]
        return sorted(
            owned, key=lambda each: int(each["metadata"]["annotations"][workloads.REVISION])
        )

    def _pods_of(self, replica_sets: list[dict[str, Any]]) -> list[Key]:
        names = tuple(f"{each['metadata']['name']}-" for each in replica_sets)
        namespace = self._deployment["metadata"]["namespace"]
        return [
            key
            for key in self._server.keys(PODS)
            if key[0] == namespace and key[1].startswith(names)
        ]

    def create_pod(self) -> dict[str, Any]:
        """The new ReplicaSet grows by one pod."""
        self.remaining -= 1
        grown = self.replicas - self.remaining
        metadata = self._new["metadata"]
        message = f"Scaled up replica set {metadata['name']} from {grown - 1} to {grown}"
        self._record_scaling(message)
        pod = self._cluster.create_pod(
            f"{metadata['name']}-{pods.suffix(self._cluster.chance)}",
            metadata["namespace"],
            self._new["spec"]["template"],
            workloads.owner_reference(workloads.REPLICA_SETS, self._new),
            now(),
        )
        self._record_pod("SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", self._new)
        return pod

    def stop_old_pods(self, count: int | None) -> list[dict[str, Any]]:
        """The old ReplicaSets lose so many pods (None: all), which start to terminate."""
        count = len(self._old_pods) if count is None else count
        going, self._old_pods = self._old_pods[:count], self._old_pods[count:]
        stopped = []
        for key in going:
            pod = self._cluster.find_pod(key)
            if pod is None:
                continue
            owner = self._owner_of(pod)
            message = f"Scaled down replica set {owner['metadata']['name']}"
            self._record_scaling(f"{message} to {len(self._old_pods)}")
            self._record_pod("SuccessfulDelete", f"Deleted pod: {key[1]}", owner)
            stopped.append(self._cluster.stop_pod(pod, now()))
        return stopped

    def write_status(self) -> None:
        """Deployment and ReplicaSets say how far things are."""
        updated, left = self.replicas - self.remaining, len(self._old_pods)
        self._new = self._put_scaled(self._new, updated, self.ready)
        if self._old:
            self._old[-1] = self._put_scaled(self._old[-1], left, left)
        status = workloads.deployment_status(
            self._deployment,
            replicas=updated + left,
            updated=updated,
            ready=self.ready + left,
            at=now(),
        )
        self._deployment = self._server.put(workloads.DEPLOYMENTS, status)

    def finish(self) -> None:
        """Old ReplicaSets beyond the history limit are deleted."""
        limit = self._deployment["spec"]["revisionHistoryLimit"]
        for surplus in self._old[: max(0, len(self._old) - limit)]:
            metadata = surplus["metadata"]
            self._server.delete(workloads.REPLICA_SETS, metadata["namespace"], metadata["name"])

    def _put_scaled(self, replica_set: dict[str, Any], replicas: int, ready: int) -> dict[str, Any]:
        scaled = workloads.replica_set_scaled(replica_set, replicas, ready)
        return self._server.put(workloads.REPLICA_SETS, scaled)

    def _owner_of(self, pod: dict[str, Any]) -> dict[str, Any]:
        uid = pod["metadata"]["ownerReferences"][0]["uid"]
        return next(each for each in self._old if each["metadata"]["uid"] == uid)

    def _record_scaling(self, message: str) -> None:
        self._cluster.events.record(
            DEPLOYMENTS,
            workloads.DEPLOYMENTS,
            self._deployment,
            "Normal",
            "ScalingReplicaSet",
            message,
            now(),
        )

    def _record_pod(self, reason: str, message: str, owner: dict[str, Any]) -> None:
        self._cluster.events.record(
            REPLICA_SETS, workloads.REPLICA_SETS, owner, "Normal", reason, message, now()
        )
