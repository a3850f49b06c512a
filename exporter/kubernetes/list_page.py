"""
A page of a list: decoded in one go, and object by object only where one of them needs care.

A page of 500 pods is several megabytes, of which little is read: most of what a list costs is how
often it is gone through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from exporter.kubernetes.decoding import DECODE_ERRORS, Decoder, Undecodable
from exporter.kubernetes.table import Tables

T = TypeVar("T")


class ListMetadata(msgspec.Struct, rename="camel"):
    """https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/list-meta/"""

    resource_version: str | None = None
    remaining_item_count: int | None = None
    continue_: str | None = msgspec.field(name="continue", default=None)


class _Document(msgspec.Struct, Generic[T]):
    kind: str | None = None
    metadata: ListMetadata | None = None
    items: list[T] | None = None


_raw = msgspec.json.Decoder(_Document[msgspec.Raw])


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """The objects of a page. `undecodable` counts those that had to be left out."""

    metadata: ListMetadata
    objects: list[T]
    undecodable: int


class ListDecoder(Generic[T]):
    """Decodes pages of objects of one type, or the Tables that come in their place."""

    def __init__(self, type_: type[T], tables: Tables | None) -> None:
        self._object = Decoder(type_)
        self._page: Decoder[_Document[T]] = Decoder(
            _Document[type_]  # type: ignore[valid-type]  # a type for msgspec, not for mypy
        )
        self._tables = tables

    def decode(self, body: bytes) -> ListPage[T]:
        """
        Raises:
            Undecodable: not a list.
        """
        try:
            page = self._page.decode_strictly(body)
        except Undecodable:
            return self._one_by_one(body)

        if page.kind == "Table" and self._tables is not None:
            return self._one_by_one(body)

        return ListPage(_metadata(page), page.items or [], 0)

    def _one_by_one(self, body: bytes) -> ListPage[T]:
        try:
            page = _raw.decode(body)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None

        if page.kind == "Table" and self._tables is not None:
            metadata = page.metadata or ListMetadata()
            page = _Document("List", metadata, self._tables.objects(body))

        items = page.items or []
        objects = []
        for item in items:
            try:
                objects.append(self._object.decode(item))
            except Undecodable:
                continue

        return ListPage(_metadata(page), objects, len(items) - len(objects))


def _metadata(page: _Document[T]) -> ListMetadata:
    if page.metadata is None or not (page.kind or "List").endswith("List"):
        raise Undecodable("something that is not a list")

    return page.metadata
