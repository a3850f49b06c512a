"""Role bindings: which role is granted in a namespace."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
    declare_resource_version,
)
from exporter.families.kind import Kind
from exporter.kinds.role_reference import Binding, declare_role_reference

rolebindings = Kind(
    Binding,
    "rbac.authorization.k8s.io/v1",
    "rolebindings",
    singular="rolebinding",
    identity=("namespace", "rolebinding"),
)

declare_annotations(rolebindings)
declare_labels(rolebindings)
declare_role_reference(rolebindings)
declare_created(rolebindings)
declare_resource_version(rolebindings)
