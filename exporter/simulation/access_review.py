"""What a server says we may do; being advice, it need not be what the server then does."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import msgspec

from exporter.simulation.answer import Answer, encoded, failure
from exporter.simulation.kinds import Kind
from exporter.simulation.request import Request

RULES_PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def review(request: Request, denied: Set[str], names: Mapping[tuple[str, str], str]) -> Answer:
    """
    Answer a SelfSubjectAccessReview.

    `names` leads from (group, resource) to the name in `denied`: a review names no version.
    """
    try:
        asked: dict[str, Any] = msgspec.json.decode(request.body)
        attributes = asked["spec"]["resourceAttributes"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return failure(400, "BadRequest", "the body is no SelfSubjectAccessReview of a resource")
    group, resource = attributes.get("group", ""), attributes.get("resource", "")
    name = names.get((group, resource))
    allowed = name is not None and name not in denied
    status = {"allowed": allowed, "reason": "simulated: everything not forbidden is allowed"}
    return encoded({**asked, "status": status}, 201)


def review_rules(request: Request, denied: Set[str], kinds: Mapping[str, Kind]) -> Answer:
    """
    Answer a SelfSubjectRulesReview, as one who says that he may not know all rules: in every
    cluster with kubelets' own authorizer that is so.
    """
    try:
        asked: dict[str, Any] = msgspec.json.decode(request.body)
        namespace = asked["spec"]["namespace"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return failure(400, "BadRequest", "the body is no SelfSubjectRulesReview")
    if not namespace:
        return failure(400, "BadRequest", "no namespace on request")
    rules = [
        {"verbs": list(kind.verbs), "apiGroups": [kind.group], "resources": [kind.resource]}
        for name, kind in kinds.items()
        if name not in denied
    ]
    status = {"resourceRules": rules, "nonResourceRules": [], "incomplete": True}
    return encoded({**asked, "status": status}, 201)
