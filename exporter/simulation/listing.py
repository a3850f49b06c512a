"""Reading objects once: one object, or a collection by pages."""

from __future__ import annotations

import asyncio
import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from exporter.simulation.answer import JSON, Answer, failure
from exporter.simulation.representation import Representation
from exporter.simulation.request import Request, Target
from exporter.simulation.selectors import Selector, selector
from exporter.simulation.storage import Collection, Expired, Key, Storage

GZIP_FROM = 128 * 1024
"""Bytes from which a list is compressed, as kube-apiserver does."""

_GZIP_FORMAT = 31


class ContinueToken(msgspec.Struct, frozen=True, rename={"resource_version": "rv"}):
    """Where a list goes on: the resourceVersion of its first page and the last key sent."""

    resource_version: int
    start: Key

    def text(self) -> str:
        """As it stands in `metadata.continue`: opaque to clients."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()

    @classmethod
    def parse(cls, text: str) -> ContinueToken:
        """Raises ValueError for anything that `text` did not write."""
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(text), type=cls)
        except (binascii.Error, msgspec.DecodeError):
            raise ValueError("continue key is not valid") from None


class ListOptions(NamedTuple):
    """What of a collection is asked for."""

    limit: int
    """0: everything at once."""
    token: ContinueToken | None
    selected: Selector | None
    not_older_than: int

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> ListOptions:
        """Raises ValueError with the message of the 400."""
        version, token = query.get("resourceVersion", ""), query.get("continue")
        if token and version not in ("", "0"):
            raise ValueError("specifying resource version is not allowed when using continue")
        return cls(
            # a list at "0" comes from the watch cache, which knows no pages
            limit=0 if version == "0" else int(query.get("limit") or 0),
            token=ContinueToken.parse(token) if token else None,
            selected=selector(query),
            not_older_than=int(version or 0),
        )


def read_object(collection: Collection, target: Target, representation: Representation) -> Answer:
    """GET of one object."""
    stored = collection.objects.get((target.namespace, target.name))
    if stored is None:
        kind = collection.kind
        message = f'{kind.qualified_resource} "{target.name}" not found'
        return failure(
            404, "NotFound", message, name=target.name, group=kind.group, kind=kind.resource
        )
    return Answer(200, representation.object(stored))


async def read_list(
    storage: Storage, collection: Collection, request: Request, representation: Representation
) -> Answer:
    """LIST of a collection, or one page of it. All pages show the collection as the first did."""
    try:
        options = ListOptions.parse(request.query)
    except ValueError as error:
        return failure(400, "BadRequest", str(error))
    if options.not_older_than > storage.resource_version:
        return _too_large_version(options.not_older_than, storage.resource_version)
    try:
        items, metadata = _page(storage, collection, options, request.target)
    except Expired:
        return failure(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result.",
        )
    body = b'{"kind":"%b","apiVersion":"%b","metadata":%b,%b"%b":[%b]}\n' % (
        representation.list_kind.encode(),
        representation.list_version.encode(),
        msgspec.json.encode(metadata),
        representation.list_fields,
        representation.items.encode(),
        b",".join(map(representation.list_item, items)),
    )
    return await _compressed(body, request)


def _page(
    storage: Storage, collection: Collection, options: ListOptions, target: Target | None
) -> tuple[list[bytes], dict[str, Any]]:
    """The objects of one page, and the list's metadata. Raises Expired."""
    if options.token is None:
        version, start = storage.resource_version, ("", "")
        everything = collection.sorted_objects()
    else:
        version, start = options.token.resource_version, options.token.start
        everything = storage.snapshot_at(collection, version)
    namespace = target.namespace if target else ""
    chosen = [
        (key, stored)
        for key, stored in everything
        if key > start
        and (not namespace or key[0] == namespace)
        and (options.selected is None or options.selected(key, stored))
    ]
    page = chosen[: options.limit] if options.limit else chosen
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if len(page) < len(chosen):
        storage.remember(collection, version, everything)
        metadata["continue"] = ContinueToken(version, page[-1][0]).text()
        if options.selected is None:
            metadata["remainingItemCount"] = len(chosen) - len(page)
    return [stored for _, stored in page], metadata


async def _compressed(body: bytes, request: Request) -> Answer:
    if len(body) < GZIP_FROM or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Answer(200, body)
    compressor = zlib.compressobj(level=1, wbits=_GZIP_FORMAT)
    compressed = await asyncio.to_thread(lambda: compressor.compress(body) + compressor.flush())
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(200, compressed, JSON, headers)


def _too_large_version(wanted: int, current: int) -> Answer:
    message = f"Too large resource version: {wanted}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return failure(504, "Timeout", message, causes=[cause], retryAfterSeconds=1)
