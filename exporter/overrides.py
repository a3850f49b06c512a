"""What the settings say of single clusters, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from exporter.discovery.declared import check_label
from exporter.kinds import KINDS


class SeriesLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """Most series of a cluster, and of one family of a cluster; what is beyond is left out."""

    cluster: Annotated[int, Meta(ge=0)] = 0
    family: Annotated[int, Meta(ge=0)] = 0


class CollectOverride(Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown of some clusters, instead of what `collect` says for all; None says nothing."""

    resources: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    namespaces_denylist: tuple[str, ...] | None = None


class ClusterOverride(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What is different with the clusters whose names match a shell pattern; None says nothing.

    `labels` are shown by `kube_fleet_cluster_info` besides those of the cluster's source. `uid` is
    that of the namespace kube-system, which the cluster has to have.
    """

    labels: dict[str, str] = {}
    maintenance: bool | None = None
    uid: str | None = None
    collect: CollectOverride = CollectOverride()
    series_limit: SeriesLimit | None = None


def check_keys(document: Any) -> None:
    """
    Look at each override of a whole settings document by itself: of what is wrong within a mapping
    msgspec does not say under which key.

    Raises:
        ValueError: an override that is none; says where.
    """
    overrides = document.get("clusters") if isinstance(document, dict) else None
    for pattern, override in overrides.items() if isinstance(overrides, dict) else ():
        try:
            msgspec.convert(override, ClusterOverride)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at `$")
            where = f"$.clusters.{pattern}{place.removesuffix('`')}"
            raise ValueError(f"{what} - at `{where}`") from error


def check_overrides(overrides: Mapping[str, ClusterOverride], cluster_label: str) -> None:
    """
    Raises:
        ValueError: a value that has the right type and still means nothing; says where.
    """
    known = [kind.resource for kind in KINDS]
    for pattern, override in overrides.items():
        where = f"$.clusters.{pattern}"
        for label in override.labels:
            if label in (cluster_label, "virtual"):
                raise ValueError(f"{label!r} is a label that clusters have anyway - at `{where}`")

            try:
                check_label(label)
            except ValueError as error:
                raise ValueError(f"{error} - at `{where}`") from error

        for place, resource in enumerate(override.collect.resources or ()):
            if resource not in known:
                raise ValueError(
                    f"{resource!r} is not one of {', '.join(known)} "
                    f"- at `{where}.collect.resources[{place}]`"
                )
