"""Roles. Only their metadata is asked for: their rules are not shown."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_info,
    declare_labels,
    declare_resource_version,
)
from exporter.families.kind import Kind
from exporter.kubernetes.objects import Object

roles = Kind(
    Object,
    "rbac.authorization.k8s.io/v1",
    "roles",
    singular="role",
    identity=("namespace", "role"),
    metadata_only=True,
)

declare_annotations(roles)
declare_labels(roles)
declare_info(roles)
declare_created(roles)
declare_resource_version(roles)
