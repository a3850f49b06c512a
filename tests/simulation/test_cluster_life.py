"""What happens in a cluster: rollouts, crashes, evictions, failing nodes, heartbeats."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.crash_loop import crash
from exporter.simulation.eviction import evict
from exporter.simulation.heartbeat import renew_leases
from exporter.simulation.moments import now
from exporter.simulation.node_failure import fail_node
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.replicas import replace_pod
from exporter.simulation.rollout import roll_out
from exporter.simulation.storage import Key

DEPLOYMENTS = "apps/v1/deployments"
REPLICA_SETS = "apps/v1/replicasets"
LEASES = "coordination.k8s.io/v1/leases"


@pytest.fixture
def cluster() -> SimulatedCluster:
    """A cluster of 200 pods."""
    made = SimulatedCluster(*place(0), seed=0)
    populate(made, 200, now())
    return made


def objects(cluster: SimulatedCluster, path_resource: str) -> list[dict[str, Any]]:
    return [cluster.server.get(path_resource, *key) for key in cluster.server.keys(path_resource)]


def reasons(cluster: SimulatedCluster, kind: str) -> Counter[str]:
    """How often each event reason was reported for a kind."""
    counted: Counter[str] = Counter()
    for event in objects(cluster, "events"):
        if event["involvedObject"]["kind"] == kind:
            times = event.get("series", {}).get("count") or event.get("count", 1)
            counted[event["reason"]] += times
    return counted


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    return bool(conditions["Ready"] == "True")


def pods_of(cluster: SimulatedCluster, deployment: dict[str, Any]) -> list[dict[str, Any]]:
    name = deployment["metadata"]["name"]
    return [
        pod
        for pod in objects(cluster, "pods")
        if pod["metadata"]["labels"].get("app.kubernetes.io/name") == name
    ]


def large_deployment(cluster: SimulatedCluster) -> dict[str, Any]:
    return max(objects(cluster, DEPLOYMENTS), key=lambda each: int(each["spec"]["replicas"]))


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


def test_a_rollout_is_told_by_the_events_of_all_who_take_part(cluster: SimulatedCluster) -> None:
    before_pods, before_sets = reasons(cluster, "Pod"), reasons(cluster, "ReplicaSet")
    deployment = large_deployment(cluster)
    wanted = deployment["spec"]["replicas"]

    for _ in roll_out(cluster, key_of(deployment)):
        pass

    sets = reasons(cluster, "ReplicaSet") - before_sets
    assert sets == {"SuccessfulCreate": wanted, "SuccessfulDelete": wanted}
    assert reasons(cluster, "Deployment") == {"ScalingReplicaSet": 2 * wanted}
    pods = reasons(cluster, "Pod") - before_pods
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
        for each in objects(cluster, REPLICA_SETS)
        if each["metadata"]["ownerReferences"][0]["uid"] == uid
    ]
    assert len(owned) == 4
    assert sorted(each["spec"]["replicas"] for each in owned)[:3] == [0, 0, 0]


def test_a_crash_raises_the_restart_count_and_the_count_of_its_events(
    cluster: SimulatedCluster,
) -> None:
    key = cluster.crash_looping[0]
    before = cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
    events = reasons(cluster, "Pod")["BackOff"]
    states = [
        cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
        for _ in range(3)
        for _ in crash(cluster, key)
    ]

    after = cluster.server.get("pods", *key)["status"]["containerStatuses"][0]
    assert after["restartCount"] == before["restartCount"] + 3
    assert [list(each["state"]) for each in states] == [["running"]] * 3
    assert after["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert not is_ready(cluster.server.get("pods", *key))
    assert after["lastState"]["terminated"]["reason"] in ("Error", "OOMKilled")
    assert after["containerID"] != before["containerID"]
    assert reasons(cluster, "Pod")["BackOff"] == events + 3
    [back_off] = [
        event
        for event in objects(cluster, "events")
        if event["reason"] == "BackOff" and event["involvedObject"]["name"] == key[1]
    ]
    assert back_off["count"] == 3


def test_a_pod_that_is_gone_does_not_crash(cluster: SimulatedCluster) -> None:
    assert list(crash(cluster, ("shop", "gone"))) == []


def ready_pod(cluster: SimulatedCluster, owner: str) -> dict[str, Any]:
    return next(
        pod
        for pod in objects(cluster, "pods")
        if pod["metadata"]["ownerReferences"][0]["kind"] == owner
        and pod["status"]["phase"] == "Running"
        and is_ready(pod)
    )


def test_an_evicted_pod_fails_is_replaced_and_cleared_away(cluster: SimulatedCluster) -> None:
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
    assert reasons(cluster, "Pod")["Evicted"] == 1


def test_pods_that_nobody_replaces_are_not_evicted(cluster: SimulatedCluster) -> None:
    key = key_of(ready_pod(cluster, "DaemonSet"))

    assert list(evict(cluster, key)) == []
    assert list(evict(cluster, ("shop", "gone"))) == []


def busy_node(cluster: SimulatedCluster) -> str:
    return max(cluster.nodes, key=lambda name: len(cluster.pods_on(name)))


def node_ready(cluster: SimulatedCluster, name: str) -> str:
    node = cluster.server.get("nodes", "", name)
    status: str = {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"]
    return status


def test_a_failing_node_goes_not_ready_loses_its_pods_and_comes_back(
    cluster: SimulatedCluster,
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
    assert reasons(cluster, "Node") == {"NodeNotReady": 1, "NodeReady": 1}
    assert reasons(cluster, "Pod")["TaintManagerEviction"] == len(terminating)
    assert reasons(cluster, "Pod")["NodeNotReady"] >= len(terminating)


def _metadata(cluster: SimulatedCluster, key: Key) -> dict[str, Any]:
    metadata: dict[str, Any] = cluster.server.get("pods", *key)["metadata"]
    return metadata


def test_pods_of_daemon_sets_survive_their_node(cluster: SimulatedCluster) -> None:
    name = busy_node(cluster)
    staying = {
        key_of(pod)
        for pod in objects(cluster, "pods")
        if pod["spec"].get("nodeName") == name
        and pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
    }
    for _ in fail_node(cluster, name):
        pass

    assert staying
    assert all(is_ready(cluster.server.get("pods", *key)) for key in staying)


def test_nothing_is_scheduled_to_a_node_that_is_out_of_touch(cluster: SimulatedCluster) -> None:
    first, *others = cluster.nodes
    cluster.unreachable |= set(others)

    assert {cluster.choose_node()[0] for _ in range(20)} == {first}


def test_no_pod_replaces_one_of_a_replica_set_that_is_scaled_down(
    cluster: SimulatedCluster,
) -> None:
    pod = ready_pod(cluster, "ReplicaSet")
    owner = (pod["metadata"]["namespace"], pod["metadata"]["ownerReferences"][0]["name"])
    replica_set = cluster.server.get(REPLICA_SETS, *owner)
    scaled = {**replica_set, "spec": {**replica_set["spec"], "replicas": 0}}
    cluster.server.put(REPLICA_SETS, scaled)

    assert replace_pod(cluster, pod) is None
    cluster.server.delete(REPLICA_SETS, *owner)
    assert replace_pod(cluster, pod) is None


def test_every_lease_is_renewed_once_in_a_round(cluster: SimulatedCluster) -> None:
    def renewals() -> dict[Key, str]:
        versions = (cluster.server.get(LEASES, *key) for key in cluster.server.keys(LEASES))
        return {key_of(each): each["metadata"]["resourceVersion"] for each in versions}

    before = renewals()
    steps = renew_leases([cluster], rounds=4)
    changes = []
    for _ in range(4):
        start = cluster.server.resource_version
        next(steps)
        changes.append(cluster.server.resource_version - start)

    assert sum(changes) == len(before)
    assert max(changes) - min(changes) <= 1
    assert all(before[key] != version for key, version in renewals().items())


def test_a_node_out_of_touch_renews_nothing(cluster: SimulatedCluster) -> None:
    cluster.unreachable |= {name for _, name in cluster.server.keys("nodes")}
    before = cluster.server.resource_version

    next(renew_leases([cluster], rounds=1))

    assert cluster.server.resource_version == before
