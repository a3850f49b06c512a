"""Replica sets: how many pods of one template are wanted, and how many there are."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
    declare_owner,
)
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ReplicaSetSpec(ApiObject, frozen=True):
    """What is wanted."""

    replicas: int | None = None


class ReplicaSetStatus(ApiObject, frozen=True):
    """What the replica set controller observes."""

    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    terminating_replicas: int | None = None
    observed_generation: int = 0


class ReplicaSet(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/"""

    metadata: Metadata = Metadata()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


replicasets = Kind(
    ReplicaSet,
    "apps/v1",
    "replicasets",
    singular="replicaset",
    identity=("namespace", "replicaset"),
)

declare_created(replicasets, "stable")


@replicasets.number(stability="stable")
def kube_replicaset_status_replicas(replicaset: ReplicaSet) -> int:
    """How many pods the replica set has."""
    return replicaset.status.replicas


@replicasets.number(stability="stable")
def kube_replicaset_status_fully_labeled_replicas(replicaset: ReplicaSet) -> int:
    """How many of the replica set's pods have all labels of its template."""
    return replicaset.status.fully_labeled_replicas


@replicasets.number(stability="stable")
def kube_replicaset_status_ready_replicas(replicaset: ReplicaSet) -> int:
    """How many of the replica set's pods are ready."""
    return replicaset.status.ready_replicas


@replicasets.number()
def kube_replicaset_status_terminating_replicas(replicaset: ReplicaSet) -> int | None:
    """How many of the replica set's pods are ending; only if the cluster counts them."""
    return replicaset.status.terminating_replicas


@replicasets.number(stability="stable")
def kube_replicaset_status_observed_generation(replicaset: ReplicaSet) -> int:
    """The generation that the controller has dealt with."""
    return replicaset.status.observed_generation


@replicasets.number(stability="stable")
def kube_replicaset_spec_replicas(replicaset: ReplicaSet) -> int | None:
    """How many pods are wanted."""
    return replicaset.spec.replicas


@replicasets.number(stability="stable")
def kube_replicaset_metadata_generation(replicaset: ReplicaSet) -> int:
    """The generation of what is wanted; it grows with every change of it."""
    return replicaset.metadata.generation


declare_owner(replicasets, "stable")
declare_annotations(replicasets)
declare_labels(replicasets, "stable")
