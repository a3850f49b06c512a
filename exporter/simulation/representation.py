"""How objects are written: in full, or by their metadata alone, as the Accept header asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from exporter.simulation.kinds import Kind

MediaType = tuple[str, dict[str, str]]
"""A media type and its parameters, without q: `("application/json", {"as": "Table"})`."""

TABLES = {"secrets"}
"""The resources that can be asked for as Tables."""

_PARTIAL_PREFIX = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'


class _MetadataOnly(msgspec.Struct):
    metadata: msgspec.Raw


_decode_metadata = msgspec.json.Decoder(_MetadataOnly).decode


class Representation(NamedTuple):
    """How one answer writes its objects; stored objects carry no `kind` unless they are custom."""

    list_kind: str
    list_version: str
    list_item: Callable[[bytes], bytes]
    object: Callable[[bytes], bytes]
    """As a watch or a GET of one object writes it: with `kind` and `apiVersion`."""
    items: str = "items"
    """What the list calls them."""
    list_fields: bytes = b""
    """Further fields of the list, each with a comma behind it."""


def media_types(accept: str) -> list[MediaType]:
    """The alternatives of an Accept header in the order they stand; everything if it is empty."""
    alternatives = []
    for part in (accept or "*/*").split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        alternatives.append((media_type, {name: value for name, _, value in pairs if name != "q"}))
    return alternatives


def negotiate(
    accept: str,
    kind: Kind,
    form: Literal["object", "list"],
    *,
    serves_metadata_only: bool,
    serves_tables: bool,
) -> Representation | None:
    """
    The first alternative that can be served, None if there is none (406).

    A list can only be asked for as PartialObjectMetadataList, an object or a watch only as
    PartialObjectMetadata.
    """
    partial = "PartialObjectMetadataList" if form == "list" else "PartialObjectMetadata"
    for media_type, parameters in media_types(accept):
        if media_type not in ("application/json", "*/*", "application/*"):
            continue
        wanted = parameters.get("as")
        if wanted is None:
            return full(kind)
        if wanted == "Table" and kind.resource in TABLES and serves_tables:
            return _table()
        if wanted == partial and parameters.get("g") == "meta.k8s.io" and serves_metadata_only:
            return _METADATA_ONLY
    return None


def full(kind: Kind) -> Representation:
    """Objects with everything they hold."""
    list_kind = f"{kind.kind}List"
    if kind.custom:
        return Representation(list_kind, kind.group_version, _unchanged, _unchanged)
    prefix = f'{{"kind":"{kind.kind}","apiVersion":"{kind.group_version}",'.encode()
    return Representation(
        list_kind, kind.group_version, _unchanged, lambda encoded: prefix + encoded[1:]
    )


def _table() -> Representation:
    """Secrets as Tables: what `kubectl get` prints of them, and the metadata of each."""
    columns = b'"columnDefinitions":' + msgspec.json.encode(
        [{"name": name} for name in ("Name", "Type", "Data", "Age")]
    )
    told = False

    def event(encoded: bytes) -> bytes:
        """As kube-apiserver does, the columns stand in the first Table of a stream alone."""
        nonlocal told
        definitions = b'"columnDefinitions":null' if told else columns
        told = True
        return b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":%b,%b,"rows":[%b]}' % (
            _decode_metadata(encoded).metadata,
            definitions,
            _row(encoded),
        )

    return Representation("Table", "meta.k8s.io/v1", _row, event, "rows", columns + b",")


def _row(encoded: bytes) -> bytes:
    secret = msgspec.json.decode(encoded)
    cells = [secret["metadata"].get("name", ""), secret.get("type", "Opaque")]
    cells += [len(secret.get("data") or {}), "5m"]
    return b'{"cells":%b,"object":%b}' % (msgspec.json.encode(cells), _partial_object(encoded))


def _unchanged(encoded: bytes) -> bytes:
    return encoded


def _partial_object(encoded: bytes) -> bytes:
    return b"%b%b}" % (_PARTIAL_PREFIX, _decode_metadata(encoded).metadata)


_METADATA_ONLY = Representation(
    "PartialObjectMetadataList", "meta.k8s.io/v1", _partial_object, _partial_object
)
