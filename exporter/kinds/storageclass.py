"""Storage classes: who provides volumes of a class, when, and what becomes of them."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class StorageClass(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/storage-class-v1/"""

    metadata: Metadata = Metadata()
    provisioner: str = ""
    reclaim_policy: str | None = None
    volume_binding_mode: str | None = None


storageclasses = Kind(
    StorageClass,
    "storage.k8s.io/v1",
    "storageclasses",
    singular="storageclass",
    identity=("storageclass",),
    namespaced=False,
)


@storageclasses.rows("provisioner", "reclaim_policy", "volume_binding_mode", stability="stable")
def kube_storageclass_info(storageclass: StorageClass) -> Rows:
    """Who provides volumes of the class, when, and what becomes of them; always 1."""
    policy, mode = storageclass.reclaim_policy, storageclass.volume_binding_mode
    return (
        (
            storageclass.provisioner,
            "Delete" if policy is None else policy,
            "Immediate" if mode is None else mode,
            1,
        ),
    )


declare_created(storageclasses, "stable")
declare_annotations(storageclasses)
declare_labels(storageclasses, "stable")
