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
_RULES_PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"

_NOWHERE = "kube-fleet-exporter-asks-for-no-namespace"
"""
A review of rules is about one namespace. In one that does not exist nobody has any but those that
hold in the whole cluster (RBAC, `RulesFor`).
"""


class _Status(msgspec.Struct):
    allowed: bool = False


class _Review(msgspec.Struct):
    status: _Status | None = None


class _Rule(msgspec.Struct, rename="camel"):
    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None


class _RulesStatus(msgspec.Struct, rename="camel"):
    resource_rules: list[_Rule] | None = None


class _RulesReview(msgspec.Struct):
    status: _RulesStatus | None = None


class Rules:
    """
    What we may do in the whole cluster, as far as its server can list that. What is not in it may
    be allowed all the same: not every authorizer can list its rules, and few say so.
    """

    def __init__(self, rules: list[_Rule]) -> None:
        self._rules = rules

    def allow(self, verb: str, api_version: str, plural: str) -> bool:
        """Whether a rule says that we may `verb` all objects of a kind."""
        return any(
            _holds(rule.verbs, verb)
            and _holds(rule.api_groups, _group(api_version))
            and _holds(rule.resources, plural)
            and not rule.resource_names
            for rule in self._rules
        )


def _holds(values: list[str] | None, value: str) -> bool:
    return values is not None and (value in values or "*" in values)


async def read_rules(connection: Connection) -> Rules:
    """
    All rules with one request; none where the server does not say.

    Raises:
        KubernetesError: nobody answers, or nobody who knows us.
    """
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": _NOWHERE},
    }
    try:
        body = await connection.read(_RULES_PATH, verb="POST", body=msgspec.json.encode(review))
    except Unauthorized:
        raise
    except ApiError:
        return Rules([])

    try:
        status = msgspec.json.decode(body, type=_RulesReview).status
    except DECODE_ERRORS as error:
        raise Malformed(f"review of rules: {error}") from None

    return Rules((status and status.resource_rules) or [])


async def may(
    connection: Connection, verb: str, api_version: str, plural: str, namespace: str = ""
) -> bool | None:
    """
    Whether we may `verb` all objects of a kind, in one namespace or (empty) in all; None where the
    server does not say.

    Raises:
        KubernetesError: nobody answers, or nobody who knows us.
    """
    attributes = {
        "verb": verb,
        "group": _group(api_version),
        "resource": plural,
        "namespace": namespace,
    }
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
