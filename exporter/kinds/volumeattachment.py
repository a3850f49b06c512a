"""Volume attachments: which volume is to be attached to which node, and whether it is."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from exporter.families.any_object import declare_created
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class VolumeAttachmentSource(ApiObject, frozen=True):
    """The volume; None for one that only a pod's spec describes."""

    persistent_volume_name: str | None = None


class VolumeAttachmentSpec(ApiObject, frozen=True):
    """What is wanted."""

    attacher: str = ""
    node_name: str = ""
    source: VolumeAttachmentSource = VolumeAttachmentSource()


class VolumeAttachmentStatus(ApiObject, frozen=True):
    """What the attacher says."""

    attached: bool = False
    attachment_metadata: dict[str, str] = field(default_factory=dict)


class VolumeAttachment(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/"""

    metadata: Metadata = Metadata()
    spec: VolumeAttachmentSpec = VolumeAttachmentSpec()
    status: VolumeAttachmentStatus = VolumeAttachmentStatus()


volumeattachments = Kind(
    VolumeAttachment,
    "storage.k8s.io/v1",
    "volumeattachments",
    singular="volumeattachment",
    identity=("volumeattachment",),
    namespaced=False,
)


@volumeattachments.mapping("label_")
def kube_volumeattachment_labels(attachment: VolumeAttachment) -> Mapping[str, str]:
    """The object's labels as label_<key>, all of them whatever labels_allow_list says; always 1."""
    return attachment.metadata.labels


@volumeattachments.rows("attacher", "node")
def kube_volumeattachment_info(attachment: VolumeAttachment) -> Rows:
    """Who attaches the volume, and to which node; always 1."""
    return ((attachment.spec.attacher, attachment.spec.node_name, 1),)


declare_created(volumeattachments)


@volumeattachments.rows("volumename")
def kube_volumeattachment_spec_source_persistentvolume(attachment: VolumeAttachment) -> Rows:
    """Which persistent volume is attached; always 1."""
    name = attachment.spec.source.persistent_volume_name
    return () if name is None else ((name, 1),)


@volumeattachments.number()
def kube_volumeattachment_status_attached(attachment: VolumeAttachment) -> int:
    """1 if the volume is attached."""
    return int(attachment.status.attached)


@volumeattachments.mapping("metadata_")
def kube_volumeattachment_status_attachment_metadata(
    attachment: VolumeAttachment,
) -> Mapping[str, str]:
    """What the attacher says of the attachment, as metadata_<key>; always 1."""
    return attachment.status.attachment_metadata
