"""
The parts that every Kubernetes object has, as msgspec structs.

A struct names only the fields that are read; everything else is skipped while parsing. The structs
are therefore the list of what leaves an API server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct, field

Time = Annotated[datetime, Meta(tz=True)]
"""A moment; one without a zone, which Go would not read either, makes its object undecodable."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

GO_ZERO_TIME = -62135596800
"""Unix seconds of Go's zero time, which kube-state-metrics shows for some missing times."""


def unix_seconds(moment: Time) -> int:
    """Whole seconds since 1970, rounded down as Go's ``Time.Unix()`` does."""
    since = moment - _EPOCH
    return since.days * 86400 + since.seconds


def unix_seconds_or_zero_time(moment: Time | None) -> int:
    """Go's zero time for a missing one, which kube-state-metrics does not always leave out."""
    return GO_ZERO_TIME if moment is None else unix_seconds(moment)


Key = tuple[str, str]
"""(namespace, name); the namespace of a cluster-scoped object is empty."""


class ApiObject(Struct, frozen=True, gc=False, rename="camel"):
    """
    Anything inside a Kubernetes document: camelCase names, and no field that must be there.

    A subclass says ``frozen=True`` again, because mypy asks for it.
    """


class OwnerReference(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/"""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Metadata(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/"""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()


class HasMetadata(Protocol):
    """Any Kubernetes object."""

    @property
    def metadata(self) -> Metadata: ...


class Object(ApiObject, frozen=True):
    """What any object is at least: something with metadata."""

    metadata: Metadata = Metadata()


class Condition(ApiObject, frozen=True):
    """Kubernetes API conventions, "Typical status properties"."""

    type: str = ""
    status: str = ""
    reason: str = ""
    last_transition_time: Time | None = None
