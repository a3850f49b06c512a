"""Cluster role bindings: which role is granted in all namespaces."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
    declare_resource_version,
)
from exporter.families.kind import Kind
from exporter.kinds.role_reference import Binding, declare_role_reference

clusterrolebindings = Kind(
    Binding,
    "rbac.authorization.k8s.io/v1",
    "clusterrolebindings",
    singular="clusterrolebinding",
    identity=("clusterrolebinding",),
    namespaced=False,
)

declare_annotations(clusterrolebindings)
declare_labels(clusterrolebindings)
declare_role_reference(clusterrolebindings)
declare_created(clusterrolebindings)
declare_resource_version(clusterrolebindings)
