"""Daemon sets: a pod on every node that is meant to have one."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class DaemonSetStatus(ApiObject, frozen=True):
    """What the daemon set controller observes."""

    current_number_scheduled: int = 0
    desired_number_scheduled: int = 0
    number_available: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    number_unavailable: int = 0
    observed_generation: int = 0
    updated_number_scheduled: int = 0


class DaemonSet(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/"""

    metadata: Metadata = Metadata()
    status: DaemonSetStatus = DaemonSetStatus()


daemonsets = Kind(
    DaemonSet,
    "apps/v1",
    "daemonsets",
    singular="daemonset",
    identity=("namespace", "daemonset"),
)

declare_created(daemonsets, "stable")


@daemonsets.number(stability="stable")
def kube_daemonset_status_current_number_scheduled(daemonset: DaemonSet) -> int:
    """How many of the nodes that are meant to have a pod have one."""
    return daemonset.status.current_number_scheduled


@daemonsets.number(stability="stable")
def kube_daemonset_status_desired_number_scheduled(daemonset: DaemonSet) -> int:
    """How many nodes are meant to have a pod."""
    return daemonset.status.desired_number_scheduled


@daemonsets.number(stability="stable")
def kube_daemonset_status_number_available(daemonset: DaemonSet) -> int:
    """How many of the nodes meant to have a pod have one that has been ready for long enough."""
    return daemonset.status.number_available


@daemonsets.number(stability="stable")
def kube_daemonset_status_number_misscheduled(daemonset: DaemonSet) -> int:
    """How many nodes have a pod without being meant to."""
    return daemonset.status.number_misscheduled


@daemonsets.number(stability="stable")
def kube_daemonset_status_number_ready(daemonset: DaemonSet) -> int:
    """How many of the nodes that are meant to have a pod have one that is ready."""
    return daemonset.status.number_ready


@daemonsets.number(stability="stable")
def kube_daemonset_status_number_unavailable(daemonset: DaemonSet) -> int:
    """How many of the nodes that are meant to have a pod have none that is available."""
    return daemonset.status.number_unavailable


@daemonsets.number(stability="stable")
def kube_daemonset_status_observed_generation(daemonset: DaemonSet) -> int:
    """The generation that the controller has dealt with."""
    return daemonset.status.observed_generation


@daemonsets.number(stability="stable")
def kube_daemonset_status_updated_number_scheduled(daemonset: DaemonSet) -> int:
    """How many nodes have a pod that is made from the newest template."""
    return daemonset.status.updated_number_scheduled


@daemonsets.number(stability="stable")
def kube_daemonset_metadata_generation(daemonset: DaemonSet) -> int:
    """The generation of what is wanted; it grows with every change of it."""
    return daemonset.metadata.generation


declare_deletion_timestamp(daemonsets)
declare_annotations(daemonsets)
declare_labels(daemonsets, "stable")
