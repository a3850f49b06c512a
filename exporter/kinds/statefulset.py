"""Stateful sets: pods with names and volumes of their own."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class Ordinals(ApiObject, frozen=True):
    """How the pods are numbered."""

    start: int = 0


class ClaimRetentionPolicy(ApiObject, frozen=True):
    """What becomes of the pods' volumes: Retain or Delete."""

    when_deleted: str = ""
    when_scaled: str = ""


class StatefulSetSpec(ApiObject, frozen=True):
    """What is wanted."""

    replicas: int | None = None
    ordinals: Ordinals | None = None
    persistent_volume_claim_retention_policy: ClaimRetentionPolicy = ClaimRetentionPolicy()


class StatefulSetStatus(ApiObject, frozen=True):
    """What the stateful set controller observes."""

    replicas: int = 0
    available_replicas: int = 0
    current_replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    observed_generation: int = 0
    current_revision: str = ""
    update_revision: str = ""


class StatefulSet(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/"""

    metadata: Metadata = Metadata()
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


statefulsets = Kind(
    StatefulSet,
    "apps/v1",
    "statefulsets",
    singular="statefulset",
    identity=("namespace", "statefulset"),
)

declare_created(statefulsets, "stable")


@statefulsets.number(stability="stable")
def kube_statefulset_status_replicas(statefulset: StatefulSet) -> int:
    """How many pods the stateful set has."""
    return statefulset.status.replicas


@statefulsets.number(stability="stable")
def kube_statefulset_status_replicas_available(statefulset: StatefulSet) -> int:
    """How many of the stateful set's pods have been ready for long enough."""
    return statefulset.status.available_replicas


@statefulsets.number(stability="stable")
def kube_statefulset_status_replicas_current(statefulset: StatefulSet) -> int:
    """How many of the stateful set's pods are of the revision that an update replaces."""
    return statefulset.status.current_replicas


@statefulsets.number(stability="stable")
def kube_statefulset_status_replicas_ready(statefulset: StatefulSet) -> int:
    """How many of the stateful set's pods are ready."""
    return statefulset.status.ready_replicas


@statefulsets.number(stability="stable")
def kube_statefulset_status_replicas_updated(statefulset: StatefulSet) -> int:
    """How many of the stateful set's pods are of the newest revision."""
    return statefulset.status.updated_replicas


@statefulsets.number(stability="stable")
def kube_statefulset_status_observed_generation(statefulset: StatefulSet) -> int:
    """The generation that the controller has dealt with."""
    return statefulset.status.observed_generation


@statefulsets.number(stability="stable")
def kube_statefulset_replicas(statefulset: StatefulSet) -> int | None:
    """How many pods are wanted."""
    return statefulset.spec.replicas


@statefulsets.number(stability="stable")
def kube_statefulset_ordinals_start(statefulset: StatefulSet) -> int | None:
    """Which number the first pod has, if that is set."""
    ordinals = statefulset.spec.ordinals
    return None if ordinals is None else ordinals.start


@statefulsets.number(stability="stable")
def kube_statefulset_metadata_generation(statefulset: StatefulSet) -> int:
    """The generation of what is wanted; it grows with every change of it."""
    return statefulset.metadata.generation


@statefulsets.rows("when_deleted", "when_scaled", stability="stable")
def kube_statefulset_persistentvolumeclaim_retention_policy(statefulset: StatefulSet) -> Rows:
    """What becomes of the pods' volume claims: Retain or Delete; always 1."""
    policy = statefulset.spec.persistent_volume_claim_retention_policy
    if not policy.when_deleted and not policy.when_scaled:
        return ()

    return ((policy.when_deleted, policy.when_scaled, 1),)


declare_annotations(statefulsets, "stable")
declare_labels(statefulsets, "stable")


@statefulsets.rows("revision", stability="stable")
def kube_statefulset_status_current_revision(statefulset: StatefulSet) -> Rows:
    """The revision that an update replaces; always 1."""
    return ((statefulset.status.current_revision, 1),)


@statefulsets.rows("revision", stability="stable")
def kube_statefulset_status_update_revision(statefulset: StatefulSet) -> Rows:
    """The newest revision; always 1."""
    return ((statefulset.status.update_revision, 1),)


declare_deletion_timestamp(statefulsets, "stable")
