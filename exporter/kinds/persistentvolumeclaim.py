"""Persistent volume claims: what they ask for, and whether they got it."""

from __future__ import annotations

from msgspec import field

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.condition import condition_rows
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata
from exporter.kubernetes.quantity import quantity_value


class VolumeResources(ApiObject, frozen=True):
    """How much is asked for."""

    requests: dict[str, str] = field(default_factory=dict)


class PersistentVolumeClaimSpec(ApiObject, frozen=True):
    """Which volume is asked for, and which one it is once it is bound."""

    storage_class_name: str = ""
    volume_name: str = ""
    volume_mode: str | None = None
    access_modes: tuple[str, ...] = ()
    resources: VolumeResources = VolumeResources()


class PersistentVolumeClaimStatus(ApiObject, frozen=True):
    """What the volume controller and the resizer say."""

    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class PersistentVolumeClaim(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/"""

    metadata: Metadata = Metadata()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()


persistentvolumeclaims = Kind(
    PersistentVolumeClaim,
    "v1",
    "persistentvolumeclaims",
    singular="persistentvolumeclaim",
    identity=("namespace", "persistentvolumeclaim"),
)

_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
"""Named the class before the field did, and wins where both are set, even if it is empty."""

declare_labels(persistentvolumeclaims, "stable")
declare_annotations(persistentvolumeclaims)


@persistentvolumeclaims.rows("storageclass", "volumename", "volumemode", stability="stable")
def kube_persistentvolumeclaim_info(claim: PersistentVolumeClaim) -> Rows:
    """Of which class and mode the claim is, and which volume it is bound to; always 1."""
    spec = claim.spec
    return (
        (
            claim.metadata.annotations.get(_CLASS_ANNOTATION, spec.storage_class_name),
            spec.volume_name,
            "Filesystem" if spec.volume_mode is None else spec.volume_mode,
            1,
        ),
    )


@persistentvolumeclaims.states("phase", ("Lost", "Bound", "Pending"), stability="stable")
def kube_persistentvolumeclaim_status_phase(claim: PersistentVolumeClaim) -> str | None:
    """Whether the claim waits for its volume, is bound to it, or has lost it."""
    return claim.status.phase or None


@persistentvolumeclaims.number(stability="stable")
def kube_persistentvolumeclaim_resource_requests_storage_bytes(
    claim: PersistentVolumeClaim,
) -> int | None:
    """How many bytes the claim asks for."""
    storage = claim.spec.resources.requests.get("storage")
    try:
        return None if storage is None else quantity_value(storage)
    except ValueError:
        return None


@persistentvolumeclaims.rows("access_mode", stability="stable")
def kube_persistentvolumeclaim_access_mode(claim: PersistentVolumeClaim) -> Rows:
    """Each way in which the claim wants to share its volume; always 1."""
    return [(mode, 1) for mode in claim.spec.access_modes]


@persistentvolumeclaims.rows("condition", "status")
def kube_persistentvolumeclaim_status_condition(claim: PersistentVolumeClaim) -> Rows:
    """The conditions of a claim, such as Resizing; custom ones included."""
    return condition_rows(claim.status.conditions)


declare_created(persistentvolumeclaims)
declare_deletion_timestamp(persistentvolumeclaims)
