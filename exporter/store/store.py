"""
One kind in one cluster: the text of every object, family by family.

A list is written beside what is shown and then takes its place at once, so that nobody sees half of
one. What is shown is a tuple of bytes for each object and never changes: a snapshot of a store is a
copy of references.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from exporter.families.family import Family
from exporter.families.kind import Kind
from exporter.families.writer import KindWriter
from exporter.kubernetes.objects import HasMetadata, Key
from exporter.telemetry import Telemetry

T = TypeVar("T", bound=HasMetadata)

Texts = tuple[bytes, ...]
"""An object's lines, one entry a family in the order of the writer's families."""


class Store(Generic[T]):
    """The text of one kind's objects in the cluster called `cluster`."""

    def __init__(
        self, cluster: str, kind: Kind[T], writer: KindWriter[T], telemetry: Telemetry
    ) -> None:
        self._cluster = cluster
        self._kind = kind
        self._writer = writer
        self._telemetry = telemetry
        self._shown: dict[Key, Texts] = {}
        self._listed: dict[Key, Texts] = {}
        self._shown_series = 0
        self._listed_series = 0

    @property
    def resource(self) -> str:
        """The plural of the kind."""
        return self._kind.resource

    @property
    def families(self) -> Sequence[Family[T]]:
        """What a snapshot's texts are of, in their order."""
        return self._writer.families

    @property
    def objects(self) -> int:
        """How many objects are shown."""
        return len(self._shown)

    @property
    def series(self) -> int:
        """How many series are shown."""
        return self._shown_series

    def begin_list(self) -> None:
        """A list begins; what an unfinished one brought is void."""
        self._listed = {}
        self._listed_series = 0

    def list_object(self, obj: T) -> None:
        """An object of the list that has begun."""
        key = (obj.metadata.namespace, obj.metadata.name)
        if key in self._listed:
            self._listed_series -= _series(self._listed[key])

        texts = self._texts(obj)
        self._listed[key] = texts
        self._listed_series += _series(texts)

    def end_list(self) -> None:
        """The list is whole: it is what is shown from now on."""
        self._shown, self._listed = self._listed, {}
        self._shown_series = self._listed_series

    def put(self, key: Key, obj: T) -> None:
        """An object is new or has changed."""
        texts = self._texts(obj)
        self._shown_series += _series(texts) - _series(self._shown.get(key, ()))
        self._shown[key] = texts

    def remove(self, key: Key) -> None:
        """An object has gone."""
        self._shown_series -= _series(self._shown.pop(key, ()))

    def snapshot(self) -> Sequence[Texts]:
        """All that is shown now; later changes do not reach it."""
        return tuple(self._shown.values())

    def _texts(self, obj: T) -> Texts:
        writer = self._writer
        identity = writer.identify(self._cluster, obj)
        try:
            return tuple([write(identity, obj).encode() for write in writer.writes])
        except Exception:  # noqa: BLE001  one family is at fault; the others are written without it
            return self._texts_but_for_faults(identity, obj)

    def _texts_but_for_faults(self, identity: str, obj: T) -> Texts:
        """The boundary of one family on one object: what cannot be written is left out, counted."""
        texts = []
        for family, write in zip(self._writer.families, self._writer.writes, strict=True):
            try:
                texts.append(write(identity, obj).encode())
            except Exception:  # noqa: BLE001  see above
                self._telemetry.family_errors.labels(family.name).inc()
                texts.append(b"")

        return tuple(texts)


def _series(texts: Texts) -> int:
    return b"".join(texts).count(b"\n")
