"""Leases: who holds a role that only one can have, and when that was last confirmed."""

from __future__ import annotations

from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata, Time, unix_seconds


class LeaseSpec(ApiObject, frozen=True):
    """Who holds the lease."""

    holder_identity: str = ""
    renew_time: Time | None = None


class Lease(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/"""

    metadata: Metadata = Metadata()
    spec: LeaseSpec = LeaseSpec()


leases = Kind(
    Lease, "coordination.k8s.io/v1", "leases", singular="lease", identity=("lease", "namespace")
)


@leases.rows("owner_kind", "owner_name", "lease_holder")
def kube_lease_owner(lease: Lease) -> Rows:
    """Who owns the lease, if anybody does, and who holds it; always 1."""
    holder = lease.spec.holder_identity
    owners = lease.metadata.owner_references
    if not owners:
        return (("", "", holder, 1),)

    return [(one.kind, one.name, holder, 1) for one in owners]


@leases.number()
def kube_lease_renew_time(lease: Lease) -> int | None:
    """When the holder last confirmed that it holds the lease, in seconds since 1970."""
    renewed = lease.spec.renew_time
    return None if renewed is None else unix_seconds(renewed)
