"""Points in time as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def moment(at: datetime) -> str:
    """metav1.Time: whole seconds. `at` must be in UTC."""
    return at.isoformat()[:19] + "Z"


def micro_moment(at: datetime) -> str:
    """metav1.MicroTime, as leases and events.k8s.io/v1 have it. `at` must be in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
