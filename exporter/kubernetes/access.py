"""
What we may do at an API server, as far as it tells.

An access review is advice: it may itself be refused or not served, and authorizers outside the
cluster may answer differently later. Only a list proves anything.
"""

from __future__ import annotations

import msgspec

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import DECODE_ERRORS
from exporter.kubernetes.errors import ApiError, Malformed, Unauthorized

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status | None = None


async def may(connection: Connection, verb: str, api_version: str, plural: str) -> bool | None:
    """
    Whether we may `verb` all objects of a kind; None where the server does not say.

    Raises:
        KubernetesError: nobody answers, or nobody who knows us.
    """
    attributes = {"verb": verb, "group": _group(api_version), "resource": plural}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        body = await connection.read(_PATH, verb="POST", body=msgspec.json.encode(review))
    except Unauthorized:
        raise
    except ApiError:
        return None

    try:
        status = msgspec.json.decode(body, type=_Review).status
    except DECODE_ERRORS as error:
        raise Malformed(f"access review: {error}") from None

    return None if status is None else status.allowed


def _group(api_version: str) -> str:
    return api_version.partition("/")[0] if "/" in api_version else ""
