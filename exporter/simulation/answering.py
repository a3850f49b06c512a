"""From a request to the answer of an API server in good health, following its switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.simulation import access_review
from exporter.simulation.answer import Answer, encoded, failure, page_not_found
from exporter.simulation.discovery import Documents, discover, discovery_documents
from exporter.simulation.kinds import Kind
from exporter.simulation.listing import read_list, read_object
from exporter.simulation.representation import negotiate
from exporter.simulation.request import Request, Target

if TYPE_CHECKING:
    from exporter.simulation.api_server import ApiServer

_HEALTH = ("/livez", "/readyz", "/healthz")


async def answer(server: ApiServer, request: Request) -> Answer:
    """What the server would answer if no fault stood in the way."""
    if server.tokens and _bearer_token(request) not in server.tokens:
        return failure(401, "Unauthorized", "Unauthorized")
    if request.path in _HEALTH:
        return Answer(200, b"ok", "text/plain; charset=utf-8")
    if request.path == "/version":
        return encoded(server.documents.get("/version") or _version(server.version))
    if request.path in (access_review.PATH, access_review.RULES_PATH):
        return _access_review(server, request)
    if request.target is None:
        documents = _documents(server)
        return discover(documents, request, serves_aggregated=server.serves_aggregated_discovery)
    return await _read(server, request, request.target)


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


async def _read(server: ApiServer, request: Request, target: Target) -> Answer:
    kind = server.kinds.get(target.path_resource)
    if kind is None or target.path_resource in server.unserved:
        return page_not_found()
    if target.path_resource in server.forbidden:
        return _forbidden(kind, request.verb, target)
    if request.method != "GET" or request.verb not in kind.verbs:
        message = "the server does not allow this method on the requested resource"
        return failure(405, "MethodNotAllowed", message)
    representation = negotiate(
        request.headers.get("Accept", ""),
        kind,
        "list" if request.is_list else "object",
        serves_metadata_only=server.serves_metadata_only,
        serves_tables=server.serves_tables,
    )
    if representation is None:
        message = f"{kind.qualified_resource} can only be served as application/json"
        return failure(406, "NotAcceptable", message)
    collection = server.storage.collection(target.path_resource)
    if request.is_watch:
        sends_bookmarks = target.path_resource not in server.without_bookmarks
        return server.watches.watch(
            collection,
            request,
            representation,
            bookmark_interval=server.bookmark_interval if sends_bookmarks else None,
            expired_in_stream=server.expired_in_stream,
        )
    if request.is_list:
        return await read_list(server.storage, collection, request, representation)
    if target == Target("namespaces", "", "kube-system") and server.unlisted_identity:
        return Answer(200, representation.object(server.unlisted_identity))
    return read_object(collection, target, representation)


def _access_review(server: ApiServer, request: Request) -> Answer:
    if server.access_reviews == "unserved":
        return page_not_found()
    if server.access_reviews == "forbidden":
        kind = server.kinds["authorization.k8s.io/v1/selfsubjectaccessreviews"]
        return _forbidden(kind, request.verb, Target(kind.path_resource, "", ""))
    denied = server.forbidden if server.denied_in_reviews is None else server.denied_in_reviews
    if request.path == access_review.RULES_PATH:
        return access_review.review_rules(request, denied, server.kinds)
    return access_review.review(
        request,
        denied=denied,
        names={(kind.group, kind.resource): name for name, kind in server.kinds.items()},
    )


def _forbidden(kind: Kind, verb: str, target: Target) -> Answer:
    scope = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    message = (
        f'{kind.qualified_resource} is forbidden: User "simulated" cannot {verb} resource '
        f'"{kind.resource}" in API group "{kind.group}" {scope}'
    )
    return failure(403, "Forbidden", message, group=kind.group, kind=kind.resource)


def _documents(server: ApiServer) -> Documents:
    if server.documents and not server.unserved:
        return server.documents
    served = [kind for name, kind in server.kinds.items() if name not in server.unserved]
    return discovery_documents(served)


def _version(git_version: str) -> dict[str, str]:
    major, minor, *_ = git_version.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version,
        "gitCommit": "0" * 40,
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.26.0",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
