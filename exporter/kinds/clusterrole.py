"""Cluster roles. Only their metadata is asked for: their rules are not shown."""

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

clusterroles = Kind(
    Object,
    "rbac.authorization.k8s.io/v1",
    "clusterroles",
    singular="clusterrole",
    identity=("clusterrole",),
    namespaced=False,
    metadata_only=True,
)

declare_annotations(clusterroles)
declare_labels(clusterroles)
declare_info(clusterroles)
declare_created(clusterroles)
declare_resource_version(clusterroles)
