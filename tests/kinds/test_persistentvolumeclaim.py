"""Persistent volume claims as series."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from exporter.kinds.persistentvolumeclaim import PersistentVolumeClaim, persistentvolumeclaims
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def info(spec: Mapping[str, object], annotations: Mapping[str, str]) -> list[str]:
    claim = {"metadata": {"annotations": annotations}, "spec": spec}
    return series(persistentvolumeclaims, "kube_persistentvolumeclaim_info", claim)


def requested(storage: str) -> list[str]:
    return series(
        persistentvolumeclaims,
        "kube_persistentvolumeclaim_resource_requests_storage_bytes",
        {"spec": {"resources": {"requests": {"storage": storage}}}},
    )


def phase(phase: str) -> list[str]:
    return series(
        persistentvolumeclaims,
        "kube_persistentvolumeclaim_status_phase",
        {"status": {"phase": phase}},
    )


def test_persistentvolumeclaims_are_asked_for_at_their_place() -> None:
    assert (persistentvolumeclaims.api_version, persistentvolumeclaims.resource) == (
        "v1",
        "persistentvolumeclaims",
    )
    assert persistentvolumeclaims.namespaced


def test_a_claim_is_named_by_namespace_and_name() -> None:
    named = PersistentVolumeClaim(Metadata(name="data-0", namespace="shop"))

    assert persistentvolumeclaims.identity == ("namespace", "persistentvolumeclaim")
    assert persistentvolumeclaims.identity_of(named) == ("shop", "data-0")


def test_a_bound_claim() -> None:
    claim = {
        "metadata": {
            "name": "data-0",
            "namespace": "shop",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "annotations": {"team": "x"},
        },
        "spec": {
            "storageClassName": "fast",
            "volumeName": "pv-7",
            "volumeMode": "Block",
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "resources": {"requests": {"storage": "1Ki"}},
        },
        "status": {
            "phase": "Bound",
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": "2Ki"},
            "conditions": [{"type": "Resizing", "status": "True", "lastProbeTime": None}],
        },
    }

    assert every_series(persistentvolumeclaims, claim) == {
        "kube_persistentvolumeclaim_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_persistentvolumeclaim_annotations": ['{annotation_team="x"} 1'],
        "kube_persistentvolumeclaim_info": [
            '{storageclass="fast",volumename="pv-7",volumemode="Block"} 1'
        ],
        "kube_persistentvolumeclaim_status_phase": [
            '{phase="Lost"} 0',
            '{phase="Bound"} 1',
            '{phase="Pending"} 0',
        ],
        "kube_persistentvolumeclaim_resource_requests_storage_bytes": ["{} 1024"],
        "kube_persistentvolumeclaim_access_mode": [
            '{access_mode="ReadWriteOnce"} 1',
            '{access_mode="ReadOnlyMany"} 1',
        ],
        "kube_persistentvolumeclaim_status_condition": [
            '{condition="Resizing",status="true"} 1',
            '{condition="Resizing",status="false"} 0',
            '{condition="Resizing",status="unknown"} 0',
        ],
        "kube_persistentvolumeclaim_created": ["{} 7"],
        "kube_persistentvolumeclaim_deletion_timestamp": ["{} 9"],
    }


def test_a_claim_that_says_nothing_has_few_series() -> None:
    shown = {
        name: lines for name, lines in every_series(persistentvolumeclaims, {}).items() if lines
    }

    assert shown == {
        "kube_persistentvolumeclaim_labels": ["{} 1"],
        "kube_persistentvolumeclaim_annotations": ["{} 1"],
        "kube_persistentvolumeclaim_info": [
            '{storageclass="",volumename="",volumemode="Filesystem"} 1'
        ],
    }


def test_the_annotation_names_the_class_before_the_field_does_even_as_nothing() -> None:
    spec = {"storageClassName": "fast", "volumeMode": "Block"}

    assert info(spec, {CLASS_ANNOTATION: "slow"}) == [
        '{storageclass="slow",volumename="",volumemode="Block"} 1'
    ]
    assert info(spec, {CLASS_ANNOTATION: ""}) == [
        '{storageclass="",volumename="",volumemode="Block"} 1'
    ]
    assert info({"storageClassName": None}, {}) == [
        '{storageclass="",volumename="",volumemode="Filesystem"} 1'
    ]


@pytest.mark.parametrize(
    ("storage", "bytes_"),
    [
        ("10G", "10000000000"),
        ("1500m", "2"),
        ("0.1Gi", "107374183"),
        ("8E", "8000000000000000000"),
        ("12E", "0"),
    ],
)
def test_storage_is_in_whole_bytes_rounded_up_and_overflows_as_in_go(
    storage: str, bytes_: str
) -> None:
    assert requested(storage) == [f"{{}} {bytes_}"]


def test_an_amount_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert requested("lots") == []


def test_a_claim_is_in_one_phase_in_none_that_is_known_or_in_none_at_all() -> None:
    assert phase("Lost") == ['{phase="Lost"} 1', '{phase="Bound"} 0', '{phase="Pending"} 0']
    assert phase("Pending") == ['{phase="Lost"} 0', '{phase="Bound"} 0', '{phase="Pending"} 1']
    assert phase("Odd") == ['{phase="Lost"} 0', '{phase="Bound"} 0', '{phase="Pending"} 0']
    assert phase("") == []
