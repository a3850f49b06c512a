"""Rolling updates, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.rollout import roll_out
from exporter.simulation.storage import Key

DEPLOYMENTS = "apps/v1/deployments"
REPLICA_SETS = "apps/v1/replicasets"

EventCounts = Callable[[SimulatedCluster, str], Counter[str]]


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    return bool(conditions["Ready"] == "True")


def pods_of(cluster: SimulatedCluster, deployment: dict[str, Any]) -> list[dict[str, Any]]:
    name = deployment["metadata"]["name"]
    return [
        pod
        for pod in cluster.server.objects("pods")
        if pod["metadata"]["labels"].get("app.kubernetes.io/name") == name
    ]


def large_deployment(cluster: SimulatedCluster) -> dict[str, Any]:
    return max(cluster.server.objects(DEPLOYMENTS), key=lambda each: int(each["spec"]["replicas"]))


def key_of(given: dict[str, Any]) -> Key:
    return given["metadata"]["namespace"], given["metadata"]["name"]


def test_a_rollout_replaces_every_pod_by_one_of_the_new_image(cluster: SimulatedCluster) -> None:
    before = large_deployment(cluster)
    old = {pod["metadata"]["uid"] for pod in pods_of(cluster, before)}
    total = len(cluster.server.keys("pods"))

    for _ in roll_out(cluster, key_of(before)):
        pass

    after = cluster.server.get(DEPLOYMENTS, *key_of(before))
    new = pods_of(cluster, after)
    image = after["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image != before["spec"]["template"]["spec"]["containers"][0]["image"]
    assert len(new) == after["spec"]["replicas"] == len(old)
    assert not old & {pod["metadata"]["uid"] for pod in new}
    assert all(is_ready(pod) for pod in new)
    assert {pod["spec"]["containers"][0]["image"] for pod in new} == {image}
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert after["status"]["observedGeneration"] == after["metadata"]["generation"]
    assert after["status"]["updatedReplicas"] == after["status"]["readyReplicas"] == len(new)
    assert len(cluster.server.keys("pods")) == total


def test_a_rollout_goes_step_by_step_and_never_loses_its_pods(cluster: SimulatedCluster) -> None:
    key = key_of(large_deployment(cluster))
    wanted = cluster.server.get(DEPLOYMENTS, *key)["spec"]["replicas"]
    updated, sizes = [], []
    for _ in roll_out(cluster, key):
        status = cluster.server.get(DEPLOYMENTS, *key)["status"]
        updated.append(status.get("updatedReplicas", 0))
        sizes.append(len(pods_of(cluster, cluster.server.get(DEPLOYMENTS, *key))))

    assert len(updated) > 8
    assert updated[1:] == sorted(updated[1:])
    assert min(sizes) >= wanted
    assert max(sizes) > wanted


def test_a_rollout_is_told_by_the_events_of_all_who_take_part(
    cluster: SimulatedCluster, event_counts: EventCounts
) -> None:
    before_pods, before_sets = event_counts(cluster, "Pod"), event_counts(cluster, "ReplicaSet")
    deployment = large_deployment(cluster)
    wanted = deployment["spec"]["replicas"]

    for _ in roll_out(cluster, key_of(deployment)):
        pass

    sets = event_counts(cluster, "ReplicaSet") - before_sets
    assert sets == {"SuccessfulCreate": wanted, "SuccessfulDelete": wanted}
    assert event_counts(cluster, "Deployment") == {"ScalingReplicaSet": 2 * wanted}
    pods = event_counts(cluster, "Pod") - before_pods
    assert pods["Scheduled"] == wanted
    assert pods["Started"] == pods["Pulled"] == pods["Created"] >= wanted
    assert pods["Killing"] >= wanted - 1


def test_old_replica_sets_are_kept_up_to_the_history_limit(cluster: SimulatedCluster) -> None:
    key = key_of(large_deployment(cluster))
    uid = cluster.server.get(DEPLOYMENTS, *key)["metadata"]["uid"]
    for _ in range(5):
        for _ in roll_out(cluster, key):
            pass

    owned = [
        each
        for each in cluster.server.objects(REPLICA_SETS)
        if each["metadata"]["ownerReferences"][0]["uid"] == uid
    ]
    assert len(owned) == 4
    assert sorted(each["spec"]["replicas"] for each in owned)[:3] == [0, 0, 0]
