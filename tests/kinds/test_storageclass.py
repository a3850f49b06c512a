"""Storage classes as series."""

from __future__ import annotations

import pytest

from exporter.kinds.storageclass import StorageClass, storageclasses
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_storageclasses_are_asked_for_at_their_place() -> None:
    assert (storageclasses.api_version, storageclasses.resource) == (
        "storage.k8s.io/v1",
        "storageclasses",
    )
    assert not storageclasses.namespaced


def test_a_class_is_named_by_the_label_storageclass() -> None:
    assert storageclasses.identity == ("storageclass",)
    assert storageclasses.identity_of(StorageClass(Metadata(name="fast"))) == ("fast",)


def test_a_class_tells_who_provides_its_volumes_and_when() -> None:
    storageclass = {
        "metadata": {
            "name": "fast",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "provisioner": "ebs.csi.aws.com",
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "WaitForFirstConsumer",
        "parameters": {"type": "gp3"},
    }

    assert every_series(storageclasses, storageclass) == {
        "kube_storageclass_info": [
            (
                '{provisioner="ebs.csi.aws.com",reclaim_policy="Retain",'
                'volume_binding_mode="WaitForFirstConsumer"} 1'
            )
        ],
        "kube_storageclass_created": ["{} 7"],
        "kube_storageclass_annotations": ['{annotation_team="x"} 1'],
        "kube_storageclass_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
    }


@pytest.mark.parametrize("silent", [{}, {"reclaimPolicy": None, "volumeBindingMode": None}])
def test_volumes_are_deleted_and_bound_at_once_unless_the_class_says_otherwise(
    silent: dict[str, object],
) -> None:
    assert series(storageclasses, "kube_storageclass_info", {"provisioner": "x", **silent}) == [
        '{provisioner="x",reclaim_policy="Delete",volume_binding_mode="Immediate"} 1'
    ]


def test_a_policy_that_is_empty_is_not_the_default() -> None:
    storageclass = {"reclaimPolicy": "", "volumeBindingMode": ""}

    assert series(storageclasses, "kube_storageclass_info", storageclass) == [
        '{provisioner="",reclaim_policy="",volume_binding_mode=""} 1'
    ]
