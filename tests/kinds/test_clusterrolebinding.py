"""Cluster role bindings as series."""

from __future__ import annotations

from exporter.kinds.clusterrolebinding import clusterrolebindings
from exporter.kinds.role_reference import Binding
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series

BINDING = {
    "metadata": {
        "name": "read",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "roleRef": {"kind": "ClusterRole", "name": "view"},
    "subjects": [{"kind": "User", "name": "jane"}],
}


def test_clusterrolebindings_are_asked_for_at_their_place() -> None:
    assert (clusterrolebindings.api_version, clusterrolebindings.resource) == (
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
    )
    assert not clusterrolebindings.namespaced


def test_a_cluster_role_binding_is_named_by_the_label_clusterrolebinding() -> None:
    assert clusterrolebindings.identity == ("clusterrolebinding",)
    assert clusterrolebindings.identity_of(Binding(Metadata(name="read"))) == ("read",)


def test_the_role_is_shown_and_who_is_bound_is_not() -> None:
    assert every_series(clusterrolebindings, BINDING) == {
        "kube_clusterrolebinding_annotations": ['{annotation_team="x"} 1'],
        "kube_clusterrolebinding_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_clusterrolebinding_info": ['{roleref_kind="ClusterRole",roleref_name="view"} 1'],
        "kube_clusterrolebinding_created": ["{} 7"],
        "kube_clusterrolebinding_metadata_resource_version": ["{} 42"],
    }
