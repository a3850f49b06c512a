"""
The families that many kinds have in the same words: info, created, deletion, labels, annotations,
owner, resource version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from exporter.families.family import Rows, Stability
from exporter.families.kind import Kind
from exporter.kubernetes.objects import HasMetadata, unix_seconds

T = TypeVar("T", bound=HasMetadata)

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Never shown, not even under ``*``: it can hold secrets (CVE-2019-10223)."""

_LONGEST_VERSION = 20
"""Digits of the largest number of 64 bits; what is longer is no revision of etcd's."""


def declare_info(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_info``, for kinds of which nothing but their existence is told there."""

    def info(obj: T) -> int:
        return 1

    info.__name__ = f"kube_{kind.singular}_info"
    info.__doc__ = "That the object exists; always 1."
    kind.number(stability=stability)(info)


def declare_resource_version(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_metadata_resource_version``: no series for a version that is no number."""

    def resource_version(obj: T) -> int | None:
        text = obj.metadata.resource_version
        if len(text) > _LONGEST_VERSION or not (text.isascii() and text.isdigit()):
            return None

        return int(text)

    resource_version.__name__ = f"kube_{kind.singular}_metadata_resource_version"
    resource_version.__doc__ = "The object's resourceVersion, which grows with each change of it."
    kind.number(stability=stability)(resource_version)


def declare_created(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_created``: when the object was created; no series when that is unknown."""

    def created(obj: T) -> int | None:
        moment = obj.metadata.creation_timestamp
        return None if moment is None else unix_seconds(moment)

    created.__name__ = f"kube_{kind.singular}_created"
    created.__doc__ = "When the object was created, in seconds since 1970."
    kind.number(stability=stability)(created)


def declare_deletion_timestamp(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_deletion_timestamp``: only for objects that are being deleted."""

    def deletion_timestamp(obj: T) -> int | None:
        moment = obj.metadata.deletion_timestamp
        return None if moment is None else unix_seconds(moment)

    deletion_timestamp.__name__ = f"kube_{kind.singular}_deletion_timestamp"
    deletion_timestamp.__doc__ = (
        "When the object is to be gone, in seconds since 1970; only while it is being deleted."
    )
    kind.number(stability=stability)(deletion_timestamp)


def declare_labels(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_labels``: the labels chosen by ``collect.labels_allow_list``."""

    def labels(obj: T) -> Mapping[str, str]:
        return obj.metadata.labels

    labels.__name__ = f"kube_{kind.singular}_labels"
    labels.__doc__ = "The object's labels that labels_allow_list names, as label_<key>; always 1."
    kind.mapping("label_", choice="labels", stability=stability)(labels)


def declare_annotations(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_annotations``: the annotations chosen by ``collect.annotations_allow_list``."""

    def annotations(obj: T) -> Mapping[str, str]:
        chosen = obj.metadata.annotations
        if LAST_APPLIED in chosen:
            return {key: value for key, value in chosen.items() if key != LAST_APPLIED}

        return chosen

    annotations.__name__ = f"kube_{kind.singular}_annotations"
    annotations.__doc__ = (
        "The object's annotations that annotations_allow_list names, as annotation_<key>; always 1."
    )
    kind.mapping("annotation_", choice="annotations", stability=stability)(annotations)


_NO_OWNER = (("", "", "", 1),)


def declare_owner(kind: Kind[T], stability: Stability = "alpha") -> None:
    """``kube_<kind>_owner``: one row for each owner; empty labels when there is none."""

    def owner(obj: T) -> Rows:
        owners = obj.metadata.owner_references
        if not owners:
            return _NO_OWNER

        return [(one.kind, one.name, "true" if one.controller else "false", 1) for one in owners]

    owner.__name__ = f"kube_{kind.singular}_owner"
    owner.__doc__ = "Who owns the object; one series with empty labels if nobody does."
    kind.rows("owner_kind", "owner_name", "owner_is_controller", stability=stability)(owner)
