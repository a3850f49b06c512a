"""Replication controllers, the elders of replica sets."""

from __future__ import annotations

from exporter.families.any_object import declare_created, declare_owner
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ReplicationControllerSpec(ApiObject, frozen=True):
    """What is wanted."""

    replicas: int | None = None


class ReplicationControllerStatus(ApiObject, frozen=True):
    """What the replication manager observes."""

    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0


class ReplicationController(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replication-controller-v1/"""

    metadata: Metadata = Metadata()
    spec: ReplicationControllerSpec = ReplicationControllerSpec()
    status: ReplicationControllerStatus = ReplicationControllerStatus()


replicationcontrollers = Kind(
    ReplicationController,
    "v1",
    "replicationcontrollers",
    singular="replicationcontroller",
    identity=("namespace", "replicationcontroller"),
)

declare_created(replicationcontrollers, "stable")


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_status_replicas(controller: ReplicationController) -> int:
    """How many pods the replication controller has."""
    return controller.status.replicas


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_status_fully_labeled_replicas(
    controller: ReplicationController,
) -> int:
    """How many of the replication controller's pods have all labels of its template."""
    return controller.status.fully_labeled_replicas


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_status_ready_replicas(controller: ReplicationController) -> int:
    """How many of the replication controller's pods are ready."""
    return controller.status.ready_replicas


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_status_available_replicas(controller: ReplicationController) -> int:
    """How many of the replication controller's pods have been ready for long enough."""
    return controller.status.available_replicas


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_status_observed_generation(
    controller: ReplicationController,
) -> int:
    """The generation that the replication manager has dealt with."""
    return controller.status.observed_generation


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_spec_replicas(controller: ReplicationController) -> int | None:
    """How many pods are wanted."""
    return controller.spec.replicas


@replicationcontrollers.number(stability="stable")
def kube_replicationcontroller_metadata_generation(controller: ReplicationController) -> int:
    """The generation of what is wanted; it grows with every change of it."""
    return controller.metadata.generation


declare_owner(replicationcontrollers)
