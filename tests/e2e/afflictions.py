"""
Each condition of kubernetes-mixin's group kubernetes-apps: objects of which it does not hold, and
the same ones when it does.
"""

from __future__ import annotations

from collections.abc import Iterator
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

    condition: str
    """The alert of kubernetes-mixin that tells of it."""
    resource: str
    healthy: Document
    afflicted: Document
    also: tuple[str, ...] = ()
    """Alerts of ours besides the condition's own, about what rightly follows from it."""

    @property
    def name(self) -> str:
        """That of the object, which no other one has."""
        name: str = self.healthy["metadata"]["name"]
        return name


def afflictions() -> list[Affliction]:
    """At least one for each condition, no two of one object."""
    return [
        *_of_pods(),
        *_of_deployments(),
        *_of_stateful_sets(),
        *_of_daemon_sets(),
        *_of_jobs(),
        *_of_autoscalers(),
        _of_a_budget(),
    ]


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


def _of_pods() -> Iterator[Affliction]:
    unready = ("FleetPodNotReady",)
    crashing = _pod("crash-looping")
    crashed = pods.crash_looping(_restarted(_running(crashing)), "Error", 1, now())
    yield Affliction("KubePodCrashLooping", PODS, _running(crashing), crashed, unready)

    waiting = _pod("container-waiting")
    without_image = pods.image_missing(_bound(waiting), now())
    yield Affliction("KubeContainerWaiting", PODS, _running(waiting), without_image, unready)

    pending, failed, silent = map(_pod, ("pod-pending", "pod-failed", "pod-unknown"))
    nowhere = pods.unschedulable(pending, "0/8 nodes are available: 8 Insufficient cpu.", now())
    ended = pods.finished(_bound(failed), _past(hours=3), _past(hours=2), well=False)
    lost = _with_status(pods.unready(_running(silent), now()), phase="Unknown")
    for pod, afflicted in ((pending, nowhere), (failed, ended), (silent, lost)):
        yield Affliction("KubePodNotReady", PODS, _running(pod), afflicted)


def _of_deployments() -> Iterator[Affliction]:
    resource, at = workloads.DEPLOYMENTS, _past(days=1)

    def deployment(name: str) -> Document:
        given = workloads.deployment(name, NAMESPACE, _service(name), 3, 4, at)
        return workloads.deployment_status(given, replicas=3, updated=3, ready=3, at=at)

    given = deployment("deployment-generation")
    yield Affliction("KubeDeploymentGenerationMismatch", resource, given, _next_generation(given))

    given = deployment("deployment-replicas")
    two = workloads.deployment_status(given, replicas=3, updated=3, ready=2, at=at)
    yield Affliction("KubeDeploymentReplicasMismatch", resource, given, two)

    given = deployment("deployment-rollout")
    # One pod more than before is not ready, and none of the old ones goes until it is.
    stuck = workloads.deployment_status(
        _next_generation(given), replicas=4, updated=1, ready=3, at=at
    )
    exceeded = [
        workloads.condition("Available", True, "MinimumReplicasAvailable", at),
        workloads.condition("Progressing", False, "ProgressDeadlineExceeded", at),
    ]
    afflicted = _with_status(stuck, conditions=exceeded)
    yield Affliction("KubeDeploymentRolloutStuck", resource, given, afflicted)


def _of_stateful_sets() -> Iterator[Affliction]:
    resource = workloads.STATEFUL_SETS

    def stateful_set(name: str) -> Document:
        store = shop.Store(NAMESPACE, name, "docker.io/library/redis:8.2", 6379, 3, "5Gi")
        return workloads.stateful_set(store, templates.store_template(store), _past(days=1))

    given = stateful_set("statefulset-generation")
    yield Affliction("KubeStatefulSetGenerationMismatch", resource, given, _next_generation(given))

    for name, ready in (("statefulset-short", 2), ("statefulset-surplus", 4)):
        given = stateful_set(name)
        afflicted = _with_status(given, replicas=ready, readyReplicas=ready)
        yield Affliction("KubeStatefulSetReplicasMismatch", resource, given, afflicted)

    # Nobody deletes the pods that are to be replaced (updateStrategy OnDelete).
    given = stateful_set("statefulset-update")
    halfway = {"currentReplicas": 2, "updatedReplicas": 1, "updateRevision": "statefulset-update-2"}
    afflicted = _with_status(given, **halfway)
    yield Affliction("KubeStatefulSetUpdateNotRolledOut", resource, given, afflicted)


def _of_daemon_sets() -> Iterator[Affliction]:
    resource = workloads.DAEMON_SETS

    def daemon_set(name: str) -> Document:
        agent = shop.Agent(NAMESPACE, name, "quay.io/prometheus/node-exporter:v1.9.1")
        return workloads.daemon_set(agent, templates.agent_template(agent), 4, _past(days=1))

    for name, number in (
        ("daemonset-outdated", "updatedNumberScheduled"),
        ("daemonset-unavailable", "numberAvailable"),
    ):
        given = daemon_set(name)
        afflicted = _with_status(given, **{number: 2})
        yield Affliction("KubeDaemonSetRolloutStuck", resource, given, afflicted)

    # What is not there is not available either.
    given = daemon_set("daemonset-not-scheduled")
    three = dict.fromkeys(
        ("currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable"), 3
    )
    also = ("FleetDaemonSetRolloutStuck",)
    yield Affliction(
        "KubeDaemonSetNotScheduled", resource, given, _with_status(given, **three), also
    )

    given = daemon_set("daemonset-misscheduled")
    afflicted = _with_status(given, numberMisscheduled=1)
    yield Affliction("KubeDaemonSetMisScheduled", resource, given, afflicted)


def _of_jobs() -> Iterator[Affliction]:
    task = shop.Task(NAMESPACE, "nightly", "0 3 * * *")
    cron_job = jobs.cron_job(task, templates.task_template(task), _past(days=9), _past(days=1))
    cron_job["metadata"]["uid"] = "7d6a3c0e-5a1f-4d0e-9a37-d4f1a6f0b001"

    def job(name: str, *, well: bool = True) -> Document:
        """One that has ended, made by hand: no later one makes up for it."""
        given = jobs.job(cron_job, name, _past(hours=2), _past(hours=1), well=well)
        del given["metadata"]["ownerReferences"]
        return given

    def active(name: str, since: datetime) -> Document:
        status = {"active": 1, "ready": 1, "terminating": 0, "startTime": moment(since)}
        return {**job(name), "status": status}

    name = "job-not-completed"
    yield Affliction(
        "KubeJobNotCompleted",
        jobs.JOBS,
        active(name, _past(hours=11)),
        active(name, _past(hours=13)),
    )
    name = "job-failed"
    yield Affliction("KubeJobFailed", jobs.JOBS, job(name), job(name, well=False))


def _of_autoscalers() -> Iterator[Affliction]:
    resource = surroundings.AUTOSCALERS
    for name, desired in (("hpa-wants-more", 6), ("hpa-wants-fewer", 3)):
        given = surroundings.autoscaler(name, NAMESPACE, 4, _past(days=1))
        afflicted = _with_status(given, desiredReplicas=desired)
        yield Affliction("KubeHpaReplicasMismatch", resource, given, afflicted)

    given = surroundings.autoscaler("hpa-maxed-out", NAMESPACE, 4, _past(days=1))
    most = given["spec"]["maxReplicas"]
    afflicted = _with_status(given, currentReplicas=most, desiredReplicas=most)
    yield Affliction("KubeHpaMaxedOut", resource, given, afflicted)


def _of_a_budget() -> Affliction:
    given = surroundings.budget("pdb-healthy-pods", NAMESPACE, 3, _past(days=1))
    afflicted = _with_status(given, currentHealthy=1, disruptionsAllowed=0)
    return Affliction("KubePdbNotEnoughHealthyPods", surroundings.BUDGETS, given, afflicted)


def _service(name: str) -> templates.Template:
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
    return pods.pod(name, NAMESPACE, _service(name), owner, _past(days=1))


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
