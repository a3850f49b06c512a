"""Cluster roles as series."""

from __future__ import annotations

from exporter.kinds.clusterrole import clusterroles
from exporter.kubernetes.objects import Metadata, Object
from tests.kinds.series import every_series

CLUSTERROLE = {
    "metadata": {
        "name": "reader",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "rules": [{"verbs": ["get"], "resources": ["pods"]}],
}


def test_clusterroles_are_asked_for_at_their_place() -> None:
    assert (clusterroles.api_version, clusterroles.resource) == (
        "rbac.authorization.k8s.io/v1",
        "clusterroles",
    )
    assert not clusterroles.namespaced


def test_a_cluster_role_is_named_by_the_label_clusterrole() -> None:
    assert clusterroles.identity == ("clusterrole",)
    assert clusterroles.identity_of(Object(Metadata(name="reader"))) == ("reader",)


def test_all_that_is_shown_is_metadata() -> None:
    assert every_series(clusterroles, CLUSTERROLE) == {
        "kube_clusterrole_annotations": ['{annotation_team="x"} 1'],
        "kube_clusterrole_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_clusterrole_info": ["{} 1"],
        "kube_clusterrole_created": ["{} 7"],
        "kube_clusterrole_metadata_resource_version": ["{} 42"],
    }


def test_nothing_but_metadata_is_asked_for() -> None:
    assert clusterroles.metadata_only
    assert clusterroles.type is Object
