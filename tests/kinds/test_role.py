"""Roles as series."""

from __future__ import annotations

from exporter.kinds.role import roles
from exporter.kubernetes.objects import Metadata, Object
from tests.kinds.series import every_series

ROLE = {
    "metadata": {
        "name": "reader",
        "namespace": "shop",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "rules": [{"verbs": ["get"], "resources": ["pods"]}],
}


def test_roles_are_asked_for_at_their_place() -> None:
    assert (roles.api_version, roles.resource) == ("rbac.authorization.k8s.io/v1", "roles")
    assert roles.namespaced


def test_a_role_is_named_by_the_label_role() -> None:
    assert roles.identity == ("namespace", "role")
    assert roles.identity_of(Object(Metadata(name="reader", namespace="shop"))) == (
        "shop",
        "reader",
    )


def test_all_that_is_shown_is_metadata() -> None:
    assert every_series(roles, ROLE) == {
        "kube_role_annotations": ['{annotation_team="x"} 1'],
        "kube_role_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_role_info": ["{} 1"],
        "kube_role_created": ["{} 7"],
        "kube_role_metadata_resource_version": ["{} 42"],
    }


def test_nothing_but_metadata_is_asked_for() -> None:
    assert roles.metadata_only
    assert roles.type is Object
