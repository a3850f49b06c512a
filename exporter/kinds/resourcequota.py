"""Resource quotas: how much a namespace may use of what, and how much it does."""

from __future__ import annotations

from msgspec import field

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.families.resource_list import amounts
from exporter.kubernetes.objects import ApiObject, Metadata


class ResourceQuotaStatus(ApiObject, frozen=True):
    """What is enforced, and what the quota controller counts."""

    hard: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)


class ResourceQuota(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/resource-quota-v1/"""

    metadata: Metadata = Metadata()
    status: ResourceQuotaStatus = ResourceQuotaStatus()


resourcequotas = Kind(
    ResourceQuota,
    "v1",
    "resourcequotas",
    singular="resourcequota",
    identity=("namespace", "resourcequota"),
)

declare_created(resourcequotas, "stable")


@resourcequotas.rows("resource", "type", stability="stable")
def kube_resourcequota(quota: ResourceQuota) -> Rows:
    """How much of a resource may be used (type hard) and is used (type used)."""
    status = quota.status
    return [
        *((name, "hard", amount) for name, amount in amounts(status.hard)),
        *((name, "used", amount) for name, amount in amounts(status.used)),
    ]


declare_annotations(resourcequotas)
declare_labels(resourcequotas, "stable")
