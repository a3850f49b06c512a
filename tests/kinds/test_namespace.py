"""Namespaces as series."""

from __future__ import annotations

from exporter.kinds.namespace import Namespace, namespaces
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def test_a_namespace_is_named_by_the_label_namespace() -> None:
    assert namespaces.identity == ("namespace",)
    assert namespaces.identity_of(Namespace(Metadata(name="shop"))) == ("shop",)


def test_a_namespace_is_active_or_terminating() -> None:
    def phase(phase: str) -> list[str]:
        return series(namespaces, "kube_namespace_status_phase", {"status": {"phase": phase}})

    assert phase("Active") == ['{phase="Active"} 1', '{phase="Terminating"} 0']
    assert phase("Terminating") == ['{phase="Active"} 0', '{phase="Terminating"} 1']


def test_a_namespace_of_no_known_phase_is_neither() -> None:
    assert series(namespaces, "kube_namespace_status_phase", {}) == [
        '{phase="Active"} 0',
        '{phase="Terminating"} 0',
    ]


def test_conditions_tell_what_holds_a_deletion_up() -> None:
    condition = {"type": "NamespaceContentRemaining", "status": "True"}

    assert series(
        namespaces, "kube_namespace_status_condition", {"status": {"conditions": [condition]}}
    ) == [
        '{condition="NamespaceContentRemaining",status="true"} 1',
        '{condition="NamespaceContentRemaining",status="false"} 0',
        '{condition="NamespaceContentRemaining",status="unknown"} 0',
    ]


def test_a_namespace_without_conditions_has_no_series_of_them() -> None:
    assert series(namespaces, "kube_namespace_status_condition", {}) == []


def test_labels_annotations_and_creation_are_shown() -> None:
    metadata = {
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"kubernetes.io/metadata.name": "shop"},
        "annotations": {"owner": "x"},
    }
    namespace = {"metadata": metadata}

    assert series(namespaces, "kube_namespace_created", namespace) == ["{} 7"]
    assert series(namespaces, "kube_namespace_labels", namespace) == [
        '{label_kubernetes_io_metadata_name="shop"} 1'
    ]
    assert series(namespaces, "kube_namespace_annotations", namespace) == [
        '{annotation_owner="x"} 1'
    ]
