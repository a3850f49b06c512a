"""
Which kinds an API server serves, from its discovery documents.

Asked for in the aggregated form first (two requests; apidiscovery.k8s.io/v2, beta before 1.30);
servers that do not know it answer with the plain form, which takes one request for each group and
version. What cannot be found out is left to the list itself to answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import DECODE_ERRORS
from exporter.kubernetes.errors import Forbidden, Malformed, NotFound

_AGGREGATED = ",".join(
    f"application/json;v={version};g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_ACCEPT = f"{_AGGREGATED},application/json"


class _Resource(msgspec.Struct):
    resource: str = ""


class _Version(msgspec.Struct):
    version: str = ""
    resources: list[_Resource] | None = None


class _Metadata(msgspec.Struct):
    name: str | None = None


class _Group(msgspec.Struct):
    metadata: _Metadata | None = None
    versions: list[_Version] | None = None


class _Aggregated(msgspec.Struct):
    kind: str | None = None
    items: list[_Group] | None = None


class _PlainResource(msgspec.Struct):
    name: str = ""


class _Plain(msgspec.Struct):
    resources: list[_PlainResource] | None = None


class Served:
    """
    What is served, as far as was asked: `(apiVersion, plural) in served`. None instead of plurals
    is for what we may not know, which counts as served.
    """

    def __init__(self, known: dict[str, frozenset[str] | None]) -> None:
        self._known = known

    def __contains__(self, kind: tuple[str, str]) -> bool:
        api_version, plural = kind
        plurals = self._known.get(api_version, frozenset())
        return plurals is None or plural in plurals


async def find_served(connection: Connection, api_versions: Iterable[str]) -> Served:
    """
    Ask about `api_versions`, such as ``v1`` and ``apps/v1``.

    Raises:
        KubernetesError: nobody answers, or not as an API server would.
    """
    wanted = frozenset(api_versions)
    known: dict[str, frozenset[str] | None] = {}
    for root in ("/api", "/apis"):
        try:
            found = await _aggregated(connection, root)
        except (Forbidden, NotFound):
            found = None

        if found is not None:
            known.update(found)
            continue

        for api_version in wanted:
            if ("/" in api_version) == (root == "/apis"):
                known[api_version] = await _plain(connection, f"{root}/{api_version}")

    return Served(known)


async def _aggregated(connection: Connection, root: str) -> dict[str, frozenset[str]] | None:
    body = await connection.read(root, accept=_ACCEPT)
    try:
        document = msgspec.json.decode(body, type=_Aggregated)
    except DECODE_ERRORS:
        return None  # the plain form has no items, so a document of it is never wrong here

    if document.kind != "APIGroupDiscoveryList":
        return None

    found = {}
    for group in document.items or ():
        name = (group.metadata.name if group.metadata else None) or ""
        for version in group.versions or ():
            api_version = f"{name}/{version.version}" if name else version.version
            found[api_version] = frozenset(one.resource for one in version.resources or ())

    return found


async def _plain(connection: Connection, path: str) -> frozenset[str] | None:
    """The plurals of one group and version; None when we may not know."""
    try:
        body = await connection.read(path)
    except NotFound:
        return frozenset()
    except Forbidden:
        return None

    try:
        document = msgspec.json.decode(body, type=_Plain)
    except DECODE_ERRORS as error:
        raise Malformed(f"discovery {path}: {error}") from None

    return frozenset(one.name for one in document.resources or ())
