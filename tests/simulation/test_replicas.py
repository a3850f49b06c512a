"""What the ReplicaSet controller does."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.moments import now
from exporter.simulation.pods import unready
from exporter.simulation.replicas import recount, replace_pod, replica_set_of
from exporter.simulation.storage import Key

REPLICA_SETS = "apps/v1/replicasets"


@pytest.fixture
def replica_set(cluster: SimulatedCluster) -> Key:
    """One all of whose pods are Ready."""
    found = next(
        each["metadata"]
        for each in cluster.server.objects(REPLICA_SETS)
        if each["status"].get("readyReplicas") == each["spec"]["replicas"]
    )
    return found["namespace"], found["name"]


@pytest.fixture
def pod(cluster: SimulatedCluster, replica_set: Key) -> dict[str, Any]:
    """One of its pods."""
    return next(each for each in cluster.server.objects("pods") if owner(each) == replica_set)


def owner(pod: dict[str, Any]) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["ownerReferences"][0]["name"]


def test_a_replacement_is_a_pending_pod_of_the_same_owner_and_template(
    cluster: SimulatedCluster, pod: dict[str, Any]
) -> None:
    new = replace_pod(cluster, pod)

    assert new is not None
    assert new["metadata"]["name"] != pod["metadata"]["name"]
    assert new["metadata"]["ownerReferences"] == pod["metadata"]["ownerReferences"]
    assert new["metadata"]["labels"] == pod["metadata"]["labels"]
    assert new["status"]["phase"] == "Pending"
    assert "nodeName" not in new["spec"]


def test_no_pod_replaces_one_of_a_replica_set_that_is_scaled_down(
    cluster: SimulatedCluster, pod: dict[str, Any], replica_set: Key
) -> None:
    given = cluster.server.get(REPLICA_SETS, *replica_set)
    cluster.server.put(REPLICA_SETS, {**given, "spec": {**given["spec"], "replicas": 0}})
    assert replace_pod(cluster, pod) is None

    cluster.server.delete(REPLICA_SETS, *replica_set)
    assert replace_pod(cluster, pod) is None


def test_a_pod_of_anything_else_has_no_replica_set(
    cluster: SimulatedCluster, pod: dict[str, Any], replica_set: Key
) -> None:
    others = [
        each
        for each in cluster.server.objects("pods")
        if each["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
    ]

    assert replica_set_of(pod) == replica_set
    assert {replica_set_of(each) for each in others} == {None}
    assert replace_pod(cluster, others[0]) is None


def test_a_recount_tells_replica_set_and_deployment_how_many_pods_are_ready(
    cluster: SimulatedCluster, pod: dict[str, Any], replica_set: Key
) -> None:
    cluster.server.put("pods", unready(pod, now()))

    recount(cluster, replica_set)

    after = cluster.server.get(REPLICA_SETS, *replica_set)
    wanted = after["spec"]["replicas"]
    assert after["status"].get("readyReplicas", 0) == wanted - 1
    name = after["metadata"]["ownerReferences"][0]["name"]
    status = cluster.server.get("apps/v1/deployments", replica_set[0], name)["status"]
    assert status.get("readyReplicas", 0) == wanted - 1
    assert status["unavailableReplicas"] == 1
