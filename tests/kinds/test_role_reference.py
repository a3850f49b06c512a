"""The role that a binding grants, as series."""

from __future__ import annotations

import pytest

from exporter.families.kind import Kind
from exporter.kinds.clusterrolebinding import clusterrolebindings
from exporter.kinds.role_reference import Binding
from exporter.kinds.rolebinding import rolebindings
from tests.kinds.series import series


@pytest.mark.parametrize("kind", [rolebindings, clusterrolebindings])
def test_the_role_is_told_by_kind_and_name(kind: Kind[Binding]) -> None:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:odd"}

    assert series(kind, f"kube_{kind.singular}_info", {"roleRef": role}) == [
        '{roleref_kind="ClusterRole",roleref_name="system:odd"} 1'
    ]


@pytest.mark.parametrize("kind", [rolebindings, clusterrolebindings])
def test_a_binding_without_a_role_has_empty_labels(kind: Kind[Binding]) -> None:
    assert series(kind, f"kube_{kind.singular}_info", {}) == ['{roleref_kind="",roleref_name=""} 1']
