"""
One kind of object at one API server: its paths, its list by pages, its watch by lines.

Source of the protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import aiohttp
import msgspec

from exporter.kubernetes.connection import Answered, Connection
from exporter.kubernetes.decoding import DECODE_ERRORS, Decoder, Undecodable
from exporter.kubernetes.errors import (
    KubernetesError,
    Malformed,
    NotAcceptable,
    Unreachable,
    api_error,
)
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.lines import Lines
from exporter.kubernetes.list_page import ListDecoder, ListPage
from exporter.kubernetes.objects import HasMetadata, Key, Metadata, Object
from exporter.kubernetes.table import ACCEPT as TABLE
from exporter.kubernetes.table import Tables

T = TypeVar("T", bound=HasMetadata)

PAGE = 500
"""Objects a page, as client-go's pager asks for."""

LINE_DEADLINE = 30.0
"""Seconds for a line of a watch to end once it has begun; a trickle is a broken watch."""

_ONLY_METADATA = "as={kind};g=meta.k8s.io;v=v1"


class _Change(msgspec.Struct, Generic[T]):
    """A line of a watch whose object is as it should be."""

    type: str | None = None
    object: T | None = None


class _Line(msgspec.Struct):
    """Any line of a watch."""

    type: str | None = None
    object: msgspec.Raw = msgspec.Raw(b"null")


class _StatusDetails(msgspec.Struct, rename="camel"):
    retry_after_seconds: int | None = None


class _Status(msgspec.Struct):
    code: int | None = None
    message: str | None = None
    details: _StatusDetails | None = None


_line = msgspec.json.Decoder(_Line)
_status = Decoder(_Status)
_any_object = Decoder(Object)


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `undecodable` counts the objects that had to be left out."""

    objects: list[T]
    resource_version: str
    undecodable: int


@dataclass(frozen=True)
class Event(Generic[T]):
    """
    One line of a watch, after an ``OPEN`` once the server accepted it. `obj` is what there is now,
    only with ``PUT``; `key` is None where there is no object, and for one so broken that not even
    its name can be read.
    """

    type: Literal["OPEN", "PUT", "REMOVED", "BOOKMARK", "UNDECODABLE"]
    key: Key | None
    obj: T | None
    resource_version: str


class Resource(Generic[T]):
    """
    Args:
        connection: the API server.
        api_version: ``v1`` or ``apps/v1``.
        plural: as in the URL.
        type_: the struct that objects are decoded into.
        namespace: the only one to look into; empty for all.
        metadata_only: ask for metadata alone. A server that cannot (406) is asked for whole
            objects, of which the decoder still reads nothing but the metadata.
        columns: columns of server-side Tables that are read as fields beside the metadata. Whole
            objects are never asked for then, whatever the server can or cannot.
        label_selector: as in a list's query.
        field_selector: likewise.
    """

    def __init__(
        self,
        connection: Connection,
        api_version: str,
        plural: str,
        type_: type[T],
        *,
        namespace: str = "",
        metadata_only: bool = False,
        columns: Mapping[str, str] | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> None:
        prefix = "/apis/" if "/" in api_version else "/api/"
        within = f"namespaces/{namespace}/" if namespace else ""
        self.path = f"{prefix}{api_version}/{within}{plural}"
        self._connection = connection
        self._decoder: Decoder[T] = Decoder(type_)
        self._metadata_only = metadata_only
        self._tables = Tables(columns) if columns else None
        self._list_decoder = ListDecoder(type_, self._tables)
        self._change_decoder: Decoder[_Change[T]] = Decoder(
            _Change[type_]  # type: ignore[valid-type]  # a type for msgspec, not for mypy
        )
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        self._query = {name: selector for name, selector in query.items() if selector}

    def _accept(self, kind: str) -> str:
        only_metadata = f"application/json;{_ONLY_METADATA.format(kind=kind)}"
        if self._tables is not None:
            return f"{TABLE},{only_metadata}"

        return f"{only_metadata},application/json" if self._metadata_only else "application/json"

    async def pages(self, answered: Answered | None = None) -> AsyncGenerator[Page[T], None]:
        """
        Everything there is now, page by page, in the state of the first one. `answered` is called
        for each page when it is about to be received, and may wait.

        Raises:
            Gone: the continue token expired; the pages so far are worth nothing.
            KubernetesError: anything else that went wrong.
        """
        more: str | None = ""
        first = ""
        while more is not None:
            page = await self._list(more, PAGE, answered)
            first = first or page.metadata.resource_version or ""
            more = page.metadata.continue_ or None
            yield Page(page.objects, first, page.undecodable)

    async def sample(self, limit: int) -> tuple[list[T], int]:
        """
        The first objects, and how many there are in all; servers that do not say how many more
        there are (they need not, when a selector is used) count as having no more.
        """
        page = await self._list("", limit, None)
        more = page.metadata.remaining_item_count or 0
        return page.objects, len(page.objects) + page.undecodable + more

    async def _list(self, continue_: str, limit: int, answered: Answered | None) -> ListPage[T]:
        params = {**self._query, "limit": str(limit)}
        if continue_:
            params["continue"] = continue_

        try:
            body = await self._connection.read(
                self.path,
                verb="LIST",
                params=params,
                accept=self._accept("PartialObjectMetadataList"),
                answered=answered,
            )
        except NotAcceptable:
            if not self._metadata_only or self._tables is not None:
                raise

            self._metadata_only = False
            return await self._list(continue_, limit, answered)

        try:
            return self._list_decoder.decode(body)
        except Undecodable as error:
            raise Malformed(f"list {self.path}: {error}") from None

    async def watch(self, since: str, lasting: int, quiet: float) -> AsyncGenerator[Event[T], None]:
        """
        Every change after `since`, until the server ends the watch after `lasting` seconds.

        Args:
            since: the resourceVersion of a list, an event or a bookmark.
            lasting: seconds after which the server is asked to end it.
            quiet: seconds without a whole line after which it counts as dead.

        Raises:
            Gone: `since` is too old; list again.
            Malformed: the stream is not lines of JSON, or ends within a line.
            Unreachable: reason ``timeout`` when it fell silent.
        """
        params = {
            **self._query,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": since,
            "timeoutSeconds": str(lasting),
        }
        accept = self._accept("PartialObjectMetadata")
        clock = asyncio.get_running_loop().time
        async with self._connection.answer(
            self.path, verb="WATCH", params=params, accept=accept
        ) as answer:
            yield Event("OPEN", None, None, "")
            lines = Lines()
            deadline = clock() + quiet
            while chunk := await _chunk(answer, deadline):
                whole = lines.feed(chunk)
                for line in whole:
                    yield self._event(line)

                if lines.pending and not whole:
                    deadline = min(deadline, clock() + LINE_DEADLINE)
                elif whole:
                    deadline = clock() + (LINE_DEADLINE if lines.pending else quiet)

            if lines.pending:
                raise Unreachable("reset", f"watch {self.path}: ended in the middle of a line")

    def _event(self, text: bytes) -> Event[T]:
        return self._change(text) or self._any_event(text)

    def _change(self, text: bytes) -> Event[T] | None:
        """Nearly every line: an object that is there, decoded in one go; None for all others."""
        if self._tables is not None:
            return None

        try:
            line = self._change_decoder.decode_strictly(text)
        except Undecodable:
            return None

        if line.object is None or line.type not in ("ADDED", "MODIFIED"):
            return None

        metadata = line.object.metadata
        return Event("PUT", _key(metadata), line.object, metadata.resource_version)

    def _any_event(self, text: bytes) -> Event[T]:
        try:
            line = _line.decode(text)
        except DECODE_ERRORS as error:
            raise Malformed(f"watch {self.path}: {error}") from None

        match line.type:
            case "ADDED" | "MODIFIED":
                return self._put(self._one(line.object))

            case "DELETED":
                metadata = self._metadata(self._one(line.object))
                return Event("REMOVED", _key(metadata), None, metadata.resource_version)

            case "BOOKMARK":
                return Event("BOOKMARK", None, None, self._metadata(line.object).resource_version)

            case "ERROR":
                raise self._error(line.object)

            case _:
                raise Malformed(f"watch {self.path}: a line that is no event")

    def _one(self, text: msgspec.Raw) -> msgspec.Raw:
        """The object of an event, which may come as a Table of one row."""
        if self._tables is None:
            return text

        try:
            return next(iter(self._tables.objects(text)), msgspec.Raw(b"null"))
        except Undecodable as error:
            raise Malformed(f"watch {self.path}: {error}") from None

    def _put(self, text: msgspec.Raw) -> Event[T]:
        try:
            obj = self._decoder.decode(text)
        except Undecodable:
            try:
                metadata = _any_object.decode(text).metadata
            except Undecodable:
                return Event("UNDECODABLE", None, None, "")

            return Event("UNDECODABLE", _key(metadata), None, metadata.resource_version)

        return Event("PUT", _key(obj.metadata), obj, obj.metadata.resource_version)

    def _metadata(self, text: msgspec.Raw) -> Metadata:
        try:
            return _any_object.decode(text).metadata
        except Undecodable as error:
            raise Malformed(f"watch {self.path}: {error}") from None

    def _error(self, text: msgspec.Raw) -> KubernetesError:
        try:
            status = _status.decode(text)
        except Undecodable as error:
            return Malformed(f"watch {self.path}: {error}")

        seconds = status.details.retry_after_seconds if status.details else None
        message = f"watch {self.path}: {(status.message or '')[:256]}"
        return api_error(status.code or 500, message, seconds)


def _key(metadata: Metadata) -> Key:
    return metadata.namespace, metadata.name


async def _chunk(answer: aiohttp.ClientResponse, deadline: float) -> bytes:
    """The next bytes, or nothing at the end of the stream."""
    with transport_failures():
        async with asyncio.timeout_at(deadline):
            return await answer.content.readany()
