"""Config maps. Only their metadata is asked for: what they hold is not shown."""

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

configmaps = Kind(
    Object,
    "v1",
    "configmaps",
    singular="configmap",
    identity=("namespace", "configmap"),
    metadata_only=True,
)

declare_annotations(configmaps)
declare_labels(configmaps, "stable")
declare_info(configmaps, "stable")
declare_created(configmaps, "stable")
declare_resource_version(configmaps)
