"""What a generated cluster holds."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.population import populate
from exporter.simulation.regions import place

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def populated(pods: int, index: int = 0, seed: int = 0) -> SimulatedCluster:
    cluster = SimulatedCluster(*place(index), seed)
    populate(cluster, pods, NOW)
    return cluster


def stored(cluster: SimulatedCluster) -> dict[str, dict[tuple[str, str], bytes]]:
    return {each.kind.path_resource: each.objects for each in cluster.server.storage}


@pytest.mark.parametrize("pods", [1, 2, 7, 25, 60, 333, 1000, 2500])
def test_a_cluster_has_exactly_the_pods_it_was_asked_for(pods: int) -> None:
    assert len(populated(pods).server.keys("pods")) == pods


def test_the_same_name_and_seed_make_the_same_cluster() -> None:
    one, two = populated(200), populated(200)

    first, second = stored(one), stored(two)
    # made before the population, at a moment of its own
    assert first.pop("namespaces").keys() == second.pop("namespaces").keys()
    assert first == second
    assert one.server.version == two.server.version


def test_another_name_or_seed_makes_another_cluster() -> None:
    pods = stored(populated(50))["pods"]

    assert stored(populated(50, seed=1))["pods"].keys() != pods.keys()
    assert stored(populated(50, index=1))["pods"].keys() != pods.keys()


def test_pods_are_of_a_believable_size() -> None:
    sizes = [len(encoded) for encoded in stored(populated(300))["pods"].values()]

    assert 4000 < sum(sizes) / len(sizes) < 6500


def test_pods_are_in_all_the_states_that_people_look_for() -> None:
    pods = populated(400).server.objects("pods")

    phases = Counter(pod["status"]["phase"] for pod in pods)
    assert phases["Running"] > 300
    assert {"Running", "Pending", "Succeeded", "Failed"} <= set(phases)
    waiting = {
        container["state"]["waiting"]["reason"]
        for pod in pods
        for container in pod["status"].get("containerStatuses", [])
        if "waiting" in container["state"]
    }
    assert waiting >= {"CrashLoopBackOff", "ImagePullBackOff"}
    ended = {
        container["lastState"]["terminated"]["reason"]
        for pod in pods
        for container in pod["status"].get("containerStatuses", [])
        if "terminated" in container["lastState"]
    }
    assert ended == {"OOMKilled", "Error"}
    assert any(pod["status"].get("reason") == "Evicted" for pod in pods)
    conditions = [condition for pod in pods for condition in pod["status"].get("conditions", [])]
    assert "Unschedulable" in {condition.get("reason") for condition in conditions}


def test_every_pod_that_ran_is_on_a_node_that_exists() -> None:
    cluster = populated(300)
    nodes = {name for _, name in cluster.server.keys("nodes")}

    for pod in cluster.server.objects("pods"):
        if pod["status"]["phase"] != "Pending":
            assert pod["spec"]["nodeName"] in nodes


def test_owners_exist_and_count_what_they_own() -> None:
    cluster = populated(300)
    owned: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    for pod in cluster.server.objects("pods"):
        uid = pod["metadata"]["ownerReferences"][0]["uid"]
        owned[uid] += 1
        conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
        ready[uid] += conditions.get("Ready") == "True"
    owners = [
        owner
        for kind in ("replicasets", "statefulsets", "daemonsets")
        for owner in cluster.server.objects(f"apps/v1/{kind}")
    ]
    owners += cluster.server.objects("batch/v1/jobs")
    assert set(owned) <= {owner["metadata"]["uid"] for owner in owners}
    for replica_set in cluster.server.objects("apps/v1/replicasets"):
        uid = replica_set["metadata"]["uid"]
        assert replica_set["status"]["replicas"] == owned[uid]
        assert replica_set["status"].get("readyReplicas", 0) == ready[uid]


def test_deployments_own_a_replica_set_for_each_revision() -> None:
    cluster = populated(200)
    revisions: dict[str, set[str]] = {}
    mark = "deployment.kubernetes.io/revision"
    for replica_set in cluster.server.objects("apps/v1/replicasets"):
        metadata = replica_set["metadata"]
        uid = metadata["ownerReferences"][0]["uid"]
        revisions.setdefault(uid, set()).add(metadata["annotations"][mark])
    for deployment in cluster.server.objects("apps/v1/deployments"):
        newest = int(deployment["metadata"]["annotations"][mark])
        assert revisions[deployment["metadata"]["uid"]] == {str(n + 1) for n in range(newest)}


def test_nodes_have_zones_roles_taints_and_leases() -> None:
    cluster = populated(400)
    nodes = cluster.server.objects("nodes")

    labels = [node["metadata"]["labels"] for node in nodes]
    assert len({each["topology.kubernetes.io/zone"] for each in labels}) == 3
    assert any("node-role.kubernetes.io/system" in each for each in labels)
    taints = {taint["key"] for node in nodes for taint in node["spec"].get("taints", [])}
    assert taints == {"dedicated", "node.kubernetes.io/unschedulable"}
    for node in nodes:
        ready = {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"]
        assert ready == "True"
    names = {node["metadata"]["name"] for node in nodes}
    leases = cluster.server.keys("coordination.k8s.io/v1/leases")
    assert {name for _, name in leases} == names


def test_volumes_and_claims_are_bound_to_each_other() -> None:
    cluster = populated(200)
    claims = {
        claim["spec"]["volumeName"]: claim["metadata"]["uid"]
        for claim in cluster.server.objects("persistentvolumeclaims")
    }

    volumes = cluster.server.objects("persistentvolumes")

    assert claims
    assert {each["metadata"]["name"]: each["spec"]["claimRef"]["uid"] for each in volumes} == claims


def test_all_else_that_a_shop_needs_is_there() -> None:
    server = populated(300).server

    for path_resource in (
        "services",
        "configmaps",
        "secrets",
        "resourcequotas",
        "events",
        "events.k8s.io/v1/events",
        "apps/v1/daemonsets",
        "batch/v1/cronjobs",
        "autoscaling/v2/horizontalpodautoscalers",
        "policy/v1/poddisruptionbudgets",
        "networking.k8s.io/v1/ingresses",
        "storage.k8s.io/v1/storageclasses",
    ):
        assert server.keys(path_resource), path_resource


def test_every_object_is_json_with_a_name_and_no_kind() -> None:
    for objects_of_kind in stored(populated(100)).values():
        for (namespace, name), encoded in objects_of_kind.items():
            metadata = json.loads(encoded)["metadata"]
            assert (metadata.get("namespace", ""), metadata["name"]) == (namespace, name)
            assert "kind" not in json.loads(encoded)


def test_a_populated_cluster_starts_without_a_past() -> None:
    cluster = populated(20)

    for collection in cluster.server.storage:
        assert collection.floor == cluster.server.resource_version
