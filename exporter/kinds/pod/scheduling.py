"""Where a pod may run, who decides it, and whether it has been decided."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.families.condition import STATUSES
from exporter.families.family import Rows
from exporter.kinds.pod.conditions import since, status_of
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import Pod


@pods.states("condition", tuple(STATUSES.values()), stability="stable")
def kube_pod_status_scheduled(pod: Pod) -> str | None:
    """Whether the pod has been given a node."""
    return status_of(pod, "PodScheduled")


@pods.number(stability="stable")
def kube_pod_status_scheduled_time(pod: Pod) -> int | None:
    """When the pod was given its node, in seconds since 1970."""
    return since(pod, "PodScheduled", "True")


@pods.number(stability="stable")
def kube_pod_status_unschedulable(pod: Pod) -> int | None:
    """1 while no node was found for the pod; no series otherwise."""
    return None if since(pod, "PodScheduled", "False") is None else 1


@pods.number()
def kube_pod_status_unscheduled_time(pod: Pod) -> int | None:
    """Since when no node was found for the pod, in seconds since 1970."""
    return since(pod, "PodScheduled", "False")


@pods.rows("key", "operator", "value", "effect", "toleration_seconds")
def kube_pod_tolerations(pod: Pod) -> Rows:
    """Which taints the pod puts up with, and for how many seconds; always 1."""
    return [
        (
            one.key,
            one.operator,
            one.value,
            one.effect,
            "" if one.toleration_seconds is None else str(one.toleration_seconds),
            1,
        )
        for one in pod.spec.tolerations
    ]


@pods.mapping("nodeselector_", opt_in=True)
def kube_pod_nodeselectors(pod: Pod) -> Mapping[str, str]:
    """Which node labels the pod asks for, as nodeselector_<key>; always 1."""
    return pod.spec.node_selector


@pods.rows("service_account")
def kube_pod_service_account(pod: Pod) -> Rows:
    """As which service account the pod acts; always 1."""
    return ((pod.spec.service_account_name, 1),)


@pods.rows("name")
def kube_pod_scheduler(pod: Pod) -> Rows:
    """Which scheduler finds a node for the pod; always 1."""
    return ((pod.spec.scheduler_name, 1),)
