"""
A kind: a sort of object at an API server, how one is named in series, and its families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Generic, TypeVar

from exporter.families.family import Families
from exporter.kubernetes.objects import HasMetadata

T = TypeVar("T", bound=HasMetadata)

_METADATA: dict[str, Callable[[HasMetadata], str]] = {
    "namespace": attrgetter("metadata.namespace"),
    "uid": attrgetter("metadata.uid"),
}
_name: Callable[[HasMetadata], str] = attrgetter("metadata.name")


class Kind(Families[T], Generic[T]):
    """
    Args:
        type_: the struct that an object is decoded into.
        api_version: as in a manifest: ``v1``, ``apps/v1``.
        resource: the plural in the URL, which is also the kind's name in the settings.
        singular: as in the metrics' names: ``kube_<singular>_…``.
        identity: the labels that every series of an object starts with. ``namespace`` and ``uid``
            are the object's; any other is its name, unless `also` says where it comes from.
        also: identity labels that are neither namespace, uid nor name.
        namespaced: whether objects live in namespaces.
        metadata_only: no family reads more than the metadata, so that is all that is asked for.
        columns: columns of server-side Tables that are read as fields beside the metadata, for
            kinds whose whole objects must never be asked for.
    """

    def __init__(
        self,
        type_: type[T],
        api_version: str,
        resource: str,
        *,
        singular: str,
        identity: tuple[str, ...],
        also: dict[str, Callable[[T], str]] | None = None,
        namespaced: bool = True,
        metadata_only: bool = False,
        columns: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.type = type_
        self.api_version = api_version
        self.resource = resource
        self.singular = singular
        self.identity = identity
        self.namespaced = namespaced
        self.metadata_only = metadata_only
        self.columns = columns
        sources: dict[str, Callable[[T], str]] = {**_METADATA, **(also or {})}
        self._identity_values = tuple(sources.get(label, _name) for label in identity)

    def identity_of(self, obj: T) -> tuple[str, ...]:
        """The values of the identity labels, in their order."""
        return tuple([value(obj) for value in self._identity_values])
