"""Persistent volumes: what they are made of, how large they are, and who claims them."""

from __future__ import annotations

from itertools import dropwhile
from operator import not_

from msgspec import field

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata
from exporter.kubernetes.quantity import quantity_value


class GcePersistentDisk(ApiObject, frozen=True):
    """A disk of Google's."""

    pd_name: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.pd_name,)


class AwsElasticBlockStore(ApiObject, frozen=True):
    """A disk of Amazon's."""

    volume_id: str = field(default="", name="volumeID")

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.volume_id,)


class AzureDisk(ApiObject, frozen=True):
    """A disk of Microsoft's."""

    disk_name: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.disk_name,)


class FibreChannel(ApiObject, frozen=True):
    """A disk behind fibre channel: either wwids, or a lun and its targets."""

    lun: int | None = None
    target_wwns: tuple[str, ...] = field(default=(), name="targetWWNs")
    wwids: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        lun = "" if self.lun is None else str(self.lun)
        return _joined(self.wwids), lun, _joined(self.target_wwns)


class Iscsi(ApiObject, frozen=True):
    """A disk behind iSCSI."""

    target_portal: str = ""
    iqn: str = ""
    lun: int = 0
    initiator_name: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return self.target_portal, self.iqn, str(self.lun), self.initiator_name


class Nfs(ApiObject, frozen=True):
    """A directory that an NFS server exports."""

    server: str = ""
    path: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return self.server, self.path


class Csi(ApiObject, frozen=True):
    """Whatever a CSI driver provides."""

    driver: str = ""
    volume_handle: str = ""
    volume_attributes: dict[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.driver, self.volume_handle


class Local(ApiObject, frozen=True):
    """A disk of one node."""

    path: str = ""
    fs_type: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return self.path, self.fs_type


class HostPath(ApiObject, frozen=True):
    """A directory of one node."""

    path: str = ""
    type: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return self.path, self.type


class ClaimReference(ApiObject, frozen=True):
    """The claim that a volume is bound to, or is meant for."""

    name: str = ""
    namespace: str = ""


class PersistentVolumeSpec(ApiObject, frozen=True):
    """What the volume is; one of its sources is set."""

    storage_class_name: str = ""
    persistent_volume_reclaim_policy: str = ""
    volume_mode: str | None = None
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, str] = field(default_factory=dict)
    claim_ref: ClaimReference | None = None
    gce_persistent_disk: GcePersistentDisk | None = None
    aws_elastic_block_store: AwsElasticBlockStore | None = None
    azure_disk: AzureDisk | None = None
    fc: FibreChannel | None = None
    iscsi: Iscsi | None = None
    nfs: Nfs | None = None
    csi: Csi | None = None
    local: Local | None = None
    host_path: HostPath | None = None


class PersistentVolumeStatus(ApiObject, frozen=True):
    """What the volume controller says."""

    phase: str = ""


class PersistentVolume(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-v1/"""

    metadata: Metadata = Metadata()
    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()


persistentvolumes = Kind(
    PersistentVolume,
    "v1",
    "persistentvolumes",
    singular="persistentvolume",
    identity=("persistentvolume",),
    namespaced=False,
)


@persistentvolumes.rows("name", "claim_namespace", stability="stable")
def kube_persistentvolume_claim_ref(volume: PersistentVolume) -> Rows:
    """Which claim the volume is bound to, or meant for; always 1."""
    claim = volume.spec.claim_ref
    return () if claim is None else ((claim.name, claim.namespace, 1),)


declare_annotations(persistentvolumes)
declare_labels(persistentvolumes, "stable")


@persistentvolumes.states(
    "phase", ("Pending", "Available", "Bound", "Released", "Failed"), stability="stable"
)
def kube_persistentvolume_status_phase(volume: PersistentVolume) -> str | None:
    """Whether the volume is free, bound, released by its claim, or failed to be reclaimed."""
    return volume.status.phase or None


_SOURCE_LABELS = (
    ("gce_persistent_disk_name",),
    ("ebs_volume_id",),
    ("azure_disk_name",),
    ("fc_wwids", "fc_lun", "fc_target_wwns"),
    ("iscsi_target_portal", "iscsi_iqn", "iscsi_lun", "iscsi_initiator_name"),
    ("nfs_server", "nfs_path"),
    ("csi_driver", "csi_volume_handle"),
    ("local_path", "local_fs"),
    ("host_path", "host_path_type"),
)
"""For each source, in the order in which the first that is set counts."""


@persistentvolumes.rows(
    "storageclass",
    *(label for labels in _SOURCE_LABELS for label in labels),
    "reclaim_policy",
    stability="stable",
)
def kube_persistentvolume_info(volume: PersistentVolume) -> Rows:
    """Of which class the volume is, what it is made of, and what becomes of it; always 1."""
    spec = volume.spec
    return (
        (
            spec.storage_class_name,
            *_source_labels(spec),
            spec.persistent_volume_reclaim_policy,
            1,
        ),
    )


def _source_labels(spec: PersistentVolumeSpec) -> list[str]:
    sources = (
        spec.gce_persistent_disk,
        spec.aws_elastic_block_store,
        spec.azure_disk,
        spec.fc,
        spec.iscsi,
        spec.nfs,
        spec.csi,
        spec.local,
        spec.host_path,
    )
    values: list[str] = []
    found = False
    for source, labels in zip(sources, _SOURCE_LABELS, strict=True):
        if source is None or found:
            values.extend("" for _ in labels)
        else:
            values.extend(source.labels)
            found = True

    return values


def _joined(names: tuple[str, ...]) -> str:
    """With commas, but none before the first name that is not empty."""
    return ",".join(dropwhile(not_, names))


@persistentvolumes.number(stability="stable")
def kube_persistentvolume_capacity_bytes(volume: PersistentVolume) -> int | None:
    """How many bytes the volume holds; 0 if it does not say."""
    try:
        return quantity_value(volume.spec.capacity.get("storage", "0"))
    except ValueError:
        return None


declare_created(persistentvolumes)
declare_deletion_timestamp(persistentvolumes)


@persistentvolumes.rows("csi_mounter", "csi_map_options", opt_in=True)
def kube_persistentvolume_csi_attributes(volume: PersistentVolume) -> Rows:
    """How Ceph's CSI driver attaches and mounts the volume; CSI volumes only; always 1."""
    csi = volume.spec.csi
    if csi is None:
        return ()

    attributes = csi.volume_attributes
    return ((attributes.get("mounter", ""), attributes.get("mapOptions", ""), 1),)


@persistentvolumes.rows("volumemode")
def kube_persistentvolume_volume_mode(volume: PersistentVolume) -> Rows:
    """Whether the volume is a file system or a block device; always 1."""
    mode = volume.spec.volume_mode
    return (("Filesystem" if mode is None else mode, 1),)


@persistentvolumes.rows("access_mode")
def kube_persistentvolume_access_mode(volume: PersistentVolume) -> Rows:
    """Each way in which nodes and pods may share the volume; always 1."""
    return [(mode, 1) for mode in volume.spec.access_modes]
