"""
Each condition of kubernetes-mixin's group kubernetes-apps: an object of which it does not hold, and
the same one when it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exporter.simulation import jobs, pods, shop, surroundings, templates, workloads
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.moments import moment, now

NAMESPACE = "platform"

Document = dict[str, Any]


@dataclass(frozen=True)
class Affliction:
    """One object, by the same name in both of its states."""

    resource: str
    healthy: Document
    afflicted: Document
    also: tuple[str, ...] = ()
    """Alerts besides the condition's own, about what rightly follows from it."""

    @property
    def name(self) -> str:
        """That of the object, which no other one has."""
        name: str = self.healthy["metadata"]["name"]
        return name


def afflictions() -> Mapping[str, Affliction]:
    """By the alert of kubernetes-mixin whose condition it is."""
    return {
        **_of_pods(),
        **_of_deployments(),
        **_of_stateful_sets(),
        **_of_daemon_sets(),
        **_of_jobs(),
        **_of_autoscalers(),
        "KubePdbNotEnoughHealthyPods": _few_healthy_pods(),
    }


def go_on(cluster: SimulatedCluster) -> Iterator[None]:
    """
    What afflicted pods do without end, a step each second: a container is started anew and crashes,
    and of an image that cannot be pulled the kubelet says so in two ways.
    """
    server = cluster.server
    while True:
        crashed = server.get(PODS, NAMESPACE, "crash-looping")
        server.put(PODS, _restarted(crashed))
        without_image = server.get(PODS, NAMESPACE, "container-waiting")
        server.put(PODS, _waiting(without_image, "ErrImagePull"))
        yield
        started = server.get(PODS, NAMESPACE, "crash-looping")
        server.put(PODS, pods.crash_looping(started, "Error", 1, now()))
        server.put(PODS, _waiting(without_image, "ImagePullBackOff"))
        yield
        # The wait is longer than the run: no two scrapes in succession may miss it.
        yield
        yield


def _of_pods() -> dict[str, Affliction]:
    crashing, waiting, pending = map(_pod, ("crash-looping", "container-waiting", "not-ready"))
    crashed = pods.crash_looping(_restarted(_running(crashing)), "Error", 1, now())
    without_image = pods.image_missing(_bound(waiting), now())
    nowhere = pods.unschedulable(pending, "0/8 nodes are available: 8 Insufficient cpu.", now())
    unready = ("FleetPodNotReady",)
    return {
        "KubePodCrashLooping": Affliction(PODS, _running(crashing), crashed, unready),
        "KubeContainerWaiting": Affliction(PODS, _running(waiting), without_image, unready),
        "KubePodNotReady": Affliction(PODS, _running(pending), nowhere),
    }


def _of_deployments() -> dict[str, Affliction]:
    at = _past(days=1)

    def deployment(name: str, *, available: int = 3) -> Document:
        given = workloads.deployment(name, NAMESPACE, _template(name), 3, 4, at)
        return workloads.deployment_status(given, replicas=3, updated=3, ready=available, at=at)

    unobserved = _next_generation(deployment("deployment-generation"))
    # One pod more than before is not ready, and none of the old ones goes until it is.
    stuck = workloads.deployment_status(
        _next_generation(deployment("deployment-rollout")), replicas=4, updated=1, ready=3, at=at
    )
    exceeded = [
        workloads.condition("Available", True, "MinimumReplicasAvailable", at),
        workloads.condition("Progressing", False, "ProgressDeadlineExceeded", at),
    ]
    resource = workloads.DEPLOYMENTS
    return {
        "KubeDeploymentGenerationMismatch": Affliction(
            resource, deployment("deployment-generation"), unobserved
        ),
        "KubeDeploymentReplicasMismatch": Affliction(
            resource,
            deployment("deployment-replicas"),
            deployment("deployment-replicas", available=2),
        ),
        "KubeDeploymentRolloutStuck": Affliction(
            resource, deployment("deployment-rollout"), _with_status(stuck, conditions=exceeded)
        ),
    }


def _of_stateful_sets() -> dict[str, Affliction]:
    def stateful_set(name: str) -> Document:
        store = shop.Store(NAMESPACE, name, "docker.io/library/redis:8.2", 6379, 3, "5Gi")
        return workloads.stateful_set(store, templates.store_template(store), _past(days=1))

    generation, replicas, update = map(
        stateful_set, ("statefulset-generation", "statefulset-replicas", "statefulset-update")
    )
    resource = workloads.STATEFUL_SETS
    return {
        "KubeStatefulSetGenerationMismatch": Affliction(
            resource, generation, _next_generation(generation)
        ),
        "KubeStatefulSetReplicasMismatch": Affliction(
            resource, replicas, _with_status(replicas, readyReplicas=2, availableReplicas=2)
        ),
        # Nobody deletes the pods that are to be replaced (updateStrategy OnDelete).
        "KubeStatefulSetUpdateNotRolledOut": Affliction(
            resource,
            update,
            _with_status(
                update, currentReplicas=2, updatedReplicas=1, updateRevision="statefulset-update-2"
            ),
        ),
    }


def _of_daemon_sets() -> dict[str, Affliction]:
    def daemon_set(name: str) -> Document:
        agent = shop.Agent(NAMESPACE, name, "quay.io/prometheus/node-exporter:v1.9.1")
        return workloads.daemon_set(agent, templates.agent_template(agent), 4, _past(days=1))

    rollout, absent, misplaced = map(
        daemon_set, ("daemonset-rollout", "daemonset-not-scheduled", "daemonset-misscheduled")
    )
    three = dict.fromkeys(
        ("currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable"), 3
    )
    resource = workloads.DAEMON_SETS
    return {
        "KubeDaemonSetRolloutStuck": Affliction(
            resource, rollout, _with_status(rollout, updatedNumberScheduled=2)
        ),
        # What is not there is not available either.
        "KubeDaemonSetNotScheduled": Affliction(
            resource, absent, _with_status(absent, **three), ("FleetDaemonSetRolloutStuck",)
        ),
        "KubeDaemonSetMisScheduled": Affliction(
            resource, misplaced, _with_status(misplaced, numberMisscheduled=1)
        ),
    }


def _of_jobs() -> dict[str, Affliction]:
    task = shop.Task(NAMESPACE, "nightly", "0 3 * * *")
    made = jobs.cron_job(task, templates.task_template(task), _past(days=9), _past(days=1))
    made["metadata"]["uid"] = "7d6a3c0e-5a1f-4d0e-9a37-d4f1a6f0b001"

    def job(name: str, *, well: bool = True) -> Document:
        """One that somebody made by hand."""
        ended = jobs.job(made, name, _past(hours=2), _past(hours=1), well=well)
        del ended["metadata"]["ownerReferences"]
        return ended

    def active(name: str, since: datetime) -> Document:
        status = {"active": 1, "ready": 1, "terminating": 0, "startTime": moment(since)}
        return {**job(name), "status": status}

    name = "job-not-completed"
    return {
        "KubeJobNotCompleted": Affliction(
            jobs.JOBS, active(name, _past(hours=11)), active(name, _past(hours=13))
        ),
        "KubeJobFailed": Affliction(jobs.JOBS, job("job-failed"), job("job-failed", well=False)),
    }


def _of_autoscalers() -> dict[str, Affliction]:
    mismatch, maxed = (
        surroundings.autoscaler(name, NAMESPACE, 4, _past(days=1))
        for name in ("hpa-mismatch", "hpa-maxed-out")
    )
    most = maxed["spec"]["maxReplicas"]
    resource = surroundings.AUTOSCALERS
    return {
        "KubeHpaReplicasMismatch": Affliction(
            resource, mismatch, _with_status(mismatch, desiredReplicas=6)
        ),
        "KubeHpaMaxedOut": Affliction(
            resource, maxed, _with_status(maxed, currentReplicas=most, desiredReplicas=most)
        ),
    }


def _few_healthy_pods() -> Affliction:
    budget = surroundings.budget("pdb-healthy-pods", NAMESPACE, 3, _past(days=1))
    afflicted = _with_status(budget, currentHealthy=1, disruptionsAllowed=0)
    return Affliction(surroundings.BUDGETS, budget, afflicted)


def _template(name: str) -> templates.Template:
    return templates.service_template(
        name, NAMESPACE, "1.4.0", shop.SIZES[0], sidecar=False, migrates=False
    )


def _pod(name: str) -> Document:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"{name}-of",
        "uid": "7d6a3c0e-5a1f-4d0e-9a37-d4f1a6f0b002",
        "controller": True,
    }
    return pods.pod(name, NAMESPACE, _template(name), owner, _past(days=1))


def _bound(pod: Document) -> Document:
    return pods.bound(pod, "node-of-the-afflicted", "10.0.0.9", _past(hours=3))


def _running(pod: Document) -> Document:
    return pods.running(_bound(pod), "100.64.0.9", _past(hours=3))


def _restarted(pod: Document) -> Document:
    """Its container runs, and ends before it is ready."""
    return pods.unready(pods.restarted(pod, "Error", 1, now()), now())


def _waiting(pod: Document, reason: str) -> Document:
    (container,) = pod["status"]["containerStatuses"]
    waiting = {**container, "state": {"waiting": {"reason": reason}}}
    return _with_status(pod, containerStatuses=[waiting])


def _next_generation(given: Document) -> Document:
    """Somebody has changed what is wanted."""
    metadata = given["metadata"]
    return {**given, "metadata": {**metadata, "generation": metadata["generation"] + 1}}


def _with_status(given: Document, **changes: object) -> Document:
    return {**given, "status": {**given["status"], **changes}}


def _past(**ago: float) -> datetime:
    return now() - timedelta(**ago)
