"""Limit ranges: how much a pod, container or claim of a namespace may ask for, and does unasked."""

from __future__ import annotations

from msgspec import field

from exporter.families.any_object import declare_created
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.families.resource_list import amounts
from exporter.kubernetes.objects import ApiObject, Metadata


class Limits(ApiObject, frozen=True):
    """The limits of all objects of one type, by resource."""

    type: str = ""
    minimum: dict[str, str] = field(default_factory=dict, name="min")
    maximum: dict[str, str] = field(default_factory=dict, name="max")
    default: dict[str, str] = field(default_factory=dict)
    default_request: dict[str, str] = field(default_factory=dict)
    max_limit_request_ratio: dict[str, str] = field(default_factory=dict)


class LimitRangeSpec(ApiObject, frozen=True):
    """What is enforced."""

    limits: tuple[Limits, ...] = ()


class LimitRange(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/limit-range-v1/"""

    metadata: Metadata = Metadata()
    spec: LimitRangeSpec = LimitRangeSpec()


limitranges = Kind(
    LimitRange, "v1", "limitranges", singular="limitrange", identity=("namespace", "limitrange")
)


@limitranges.rows("resource", "type", "constraint", stability="stable")
def kube_limitrange(limitrange: LimitRange) -> Rows:
    """How much of a resource a pod, container or claim may have, or has if it says nothing."""
    return [
        (name, limits.type, constraint, amount)
        for limits in limitrange.spec.limits
        for constraint, resources in (
            ("min", limits.minimum),
            ("max", limits.maximum),
            ("default", limits.default),
            ("defaultRequest", limits.default_request),
            ("maxLimitRequestRatio", limits.max_limit_request_ratio),
        )
        for name, amount in amounts(resources)
    ]


declare_created(limitranges, "stable")
