"""From creation to completion: when, by whom, in which phase, ready or not, and why."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
    declare_owner,
)
from exporter.families.condition import STATUSES
from exporter.families.family import Rows
from exporter.kinds.pod.conditions import since, status_of
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import Pod
from exporter.kubernetes.ip_address import ip_family
from exporter.kubernetes.objects import unix_seconds

_REASONS = frozenset(
    {
        "Evicted",
        "NodeAffinity",
        "NodeLost",
        "PreemptionByScheduler",
        "SchedulingGated",
        "Shutdown",
        "TerminationByKubelet",
        "UnexpectedAdmissionError",
    }
)
_DISRUPTION_REASONS = frozenset(
    {
        "DeletionByPodGC",
        "DeletionByTaintManager",
        "EvictionByEvictionAPI",
        "PreemptionByScheduler",
        "TerminationByKubelet",
    }
)
_OTHER = "Other"


@pods.number(stability="stable")
def kube_pod_completion_time(pod: Pod) -> int | None:
    """When the last of the pod's containers ended, in seconds since 1970."""
    latest = 0
    for status in pod.status.container_statuses:
        terminated = status.state.terminated
        if terminated is not None and terminated.finished_at is not None:
            latest = max(latest, unix_seconds(terminated.finished_at))

    return latest or None


declare_created(pods, "stable")
declare_deletion_timestamp(pods)


@pods.rows(
    "host_ip",
    "pod_ip",
    "node",
    "created_by_kind",
    "created_by_name",
    "priority_class",
    "host_network",
    stability="stable",
)
def kube_pod_info(pod: Pod) -> Rows:
    """Where the pod runs, under which addresses, and which controller made it; always 1."""
    spec, status = pod.spec, pod.status
    kind, name = "", ""
    for owner in pod.metadata.owner_references:
        if owner.controller:
            kind, name = owner.kind, owner.name
            break

    network = "true" if spec.host_network else "false"
    return (
        (
            status.host_ip,
            status.pod_ip,
            spec.node_name,
            kind,
            name,
            spec.priority_class_name,
            network,
            1,
        ),
    )


@pods.rows("ip", "ip_family")
def kube_pod_ips(pod: Pod) -> Rows:
    """Every address of the pod, with its family: 4 or 6."""
    return [(one.ip, family, 1) for one in pod.status.pod_ips if (family := ip_family(one.ip))]


declare_annotations(pods)
declare_labels(pods, "stable")
declare_owner(pods, "stable")


@pods.rows("type", stability="stable")
def kube_pod_restart_policy(pod: Pod) -> Rows:
    """When the pod's containers are started again: Always, OnFailure or Never."""
    return ((pod.spec.restart_policy, 1),)


@pods.number(stability="stable")
def kube_pod_start_time(pod: Pod) -> int | None:
    """When the kubelet took the pod on, in seconds since 1970."""
    start = pod.status.start_time
    return None if start is None else unix_seconds(start)


@pods.states("phase", ("Pending", "Succeeded", "Failed", "Unknown", "Running"), stability="stable")
def kube_pod_status_phase(pod: Pod) -> str | None:
    """Which phase of its life the pod is in."""
    return pod.status.phase or None


@pods.states("qos_class", ("BestEffort", "Burstable", "Guaranteed"))
def kube_pod_status_qos_class(pod: Pod) -> str | None:
    """Which quality of service class the pod is in."""
    return pod.status.qos_class or None


@pods.states("condition", tuple(STATUSES.values()), stability="stable")
def kube_pod_status_ready(pod: Pod) -> str | None:
    """Whether the pod takes requests."""
    return status_of(pod, "Ready")


@pods.number()
def kube_pod_status_ready_time(pod: Pod) -> int | None:
    """When the pod became ready, in seconds since 1970; only while it is."""
    return since(pod, "Ready", "True")


@pods.number()
def kube_pod_status_initialized_time(pod: Pod) -> int | None:
    """When the init containers were done, in seconds since 1970."""
    return since(pod, "Initialized", "True")


@pods.number()
def kube_pod_status_container_ready_time(pod: Pod) -> int | None:
    """When the pod's containers had all become ready, in seconds since 1970; only while so."""
    return since(pod, "ContainersReady", "True")


@pods.rows("reason")
def kube_pod_status_reason(pod: Pod) -> Rows:
    """Why the pod is as it is, if Kubernetes gives one of the known reasons; Other for the rest."""
    status = pod.status
    if status.reason:
        return ((status.reason if status.reason in _REASONS else _OTHER, 1),)

    for condition in status.conditions:
        if condition.reason in _REASONS:
            return ((condition.reason, 1),)

    for container in status.container_statuses:
        terminated = container.state.terminated
        if terminated is not None and terminated.reason in _REASONS:
            return ((terminated.reason, 1),)

    return ()


@pods.rows("reason")
def kube_pod_status_disruption_reason(pod: Pod) -> Rows:
    """Why the pod was chosen to make room or leave its node; Other for a reason not known."""
    return [
        (one.reason if one.reason in _DISRUPTION_REASONS else _OTHER, 1)
        for one in pod.status.conditions
        if one.type == "DisruptionTarget"
    ]
