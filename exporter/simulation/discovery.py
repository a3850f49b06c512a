"""Which kinds a server says it serves: one document for each group, or all groups in one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from exporter.simulation.answer import JSON, Answer, encoded, page_not_found
from exporter.simulation.kinds import Kind
from exporter.simulation.representation import media_types
from exporter.simulation.request import Request

_AGGREGATED = {"as": "APIGroupDiscoveryList", "g": "apidiscovery.k8s.io", "v": "v2"}
_AGGREGATED_TYPE = f"{JSON};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

Documents = dict[str, Any]
"""Discovery documents by path; the aggregated ones under `/api aggregated`, `/apis aggregated`."""


def discovery_documents(kinds: Iterable[Kind]) -> Documents:
    """Every discovery document of a server that serves these kinds."""
    ordered = sorted(kinds, key=lambda kind: (kind.group, kind.version, kind.resource))
    core = [kind for kind in ordered if not kind.group]
    named = [kind for kind in ordered if kind.group]
    documents: Documents = {
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/api aggregated": _aggregated(core),
        "/apis aggregated": _aggregated(named),
    }
    groups = []
    for group, in_group in groupby(named, key=lambda kind: kind.group):
        versions = sorted({kind.version for kind in in_group}, key=_maturity)
        described = [{"groupVersion": f"{group}/{each}", "version": each} for each in versions]
        groups.append({"name": group, "versions": described, "preferredVersion": described[0]})
        documents[f"/apis/{group}"] = {"kind": "APIGroup", "apiVersion": "v1", **groups[-1]}
    documents["/apis"] = {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    for group_version, of_version in groupby(ordered, key=lambda kind: kind.group_version):
        path = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
        documents[path] = _resource_list(group_version, of_version)
    return documents


def discover(documents: Documents, request: Request, *, serves_aggregated: bool) -> Answer:
    """Answer a discovery request in the first form of the Accept header that can be served."""
    aggregated = f"{request.path} aggregated"
    if aggregated in documents and serves_aggregated and _wants_aggregated(request):
        return _with_etag(documents[aggregated], request)
    if request.path in documents:
        return encoded(documents[request.path])
    return page_not_found()


def _wants_aggregated(request: Request) -> bool:
    for media_type, parameters in media_types(request.headers.get("Accept", "")):
        if media_type == JSON and parameters == _AGGREGATED:
            return True
        if media_type in (JSON, "*/*") and not parameters:
            return False
    return False


def _with_etag(document: object, request: Request) -> Answer:
    body = msgspec.json.encode(document)
    etag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
    headers = {"ETag": etag, "Vary": "Accept", "Cache-Control": "public"}
    if request.headers.get("If-None-Match") == etag:
        return Answer(304, b"", _AGGREGATED_TYPE, headers)
    return Answer(200, body, _AGGREGATED_TYPE, headers)


def _resource_list(group_version: str, kinds: Iterable[Kind]) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": [
            {
                "name": kind.resource,
                "singularName": kind.kind.lower(),
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": kind.verbs,
                "shortNames": kind.short_names,
            }
            for kind in kinds
        ],
    }


def _aggregated(kinds: Iterable[Kind]) -> dict[str, Any]:
    items = []
    for group, in_group in groupby(kinds, key=lambda kind: kind.group):
        versions = [
            {
                "version": version,
                "resources": [_aggregated_resource(kind) for kind in of_version],
                "freshness": "Current",
            }
            for version, of_version in groupby(in_group, key=lambda kind: kind.version)
        ]
        versions.sort(key=lambda described: _maturity(described["version"]))
        items.append({"metadata": {"name": group} if group else {}, "versions": versions})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated_resource(kind: Kind) -> dict[str, Any]:
    return {
        "resource": kind.resource,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.kind.lower(),
        "verbs": kind.verbs,
        "shortNames": kind.short_names,
    }


def _maturity(version: str) -> tuple[int, str]:
    """Stable versions first, then beta, then alpha: the order of preference."""
    for rank, stage in enumerate(("alpha", "beta"), start=1):
        if stage in version:
            return 3 - rank, version
    return 0, version
