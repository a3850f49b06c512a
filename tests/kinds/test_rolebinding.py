"""Role bindings as series."""

from __future__ import annotations

from exporter.kinds.role_reference import Binding
from exporter.kinds.rolebinding import rolebindings
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series

BINDING = {
    "metadata": {
        "name": "read",
        "namespace": "shop",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "roleRef": {"kind": "ClusterRole", "name": "view"},
    "subjects": [{"kind": "User", "name": "jane"}],
}


def test_rolebindings_are_asked_for_at_their_place() -> None:
    assert (rolebindings.api_version, rolebindings.resource) == (
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
    )
    assert rolebindings.namespaced


def test_a_role_binding_is_named_by_the_label_rolebinding() -> None:
    assert rolebindings.identity == ("namespace", "rolebinding")
    assert rolebindings.identity_of(Binding(Metadata(name="read", namespace="shop"))) == (
        "shop",
        "read",
    )


def test_the_role_is_shown_and_who_is_bound_is_not() -> None:
    assert every_series(rolebindings, BINDING) == {
        "kube_rolebinding_annotations": ['{annotation_team="x"} 1'],
        "kube_rolebinding_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_rolebinding_info": ['{roleref_kind="ClusterRole",roleref_name="view"} 1'],
        "kube_rolebinding_created": ["{} 7"],
        "kube_rolebinding_metadata_resource_version": ["{} 42"],
    }
