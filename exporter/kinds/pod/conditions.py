"""What the families about a pod's conditions share; of two of one type the first counts."""

from __future__ import annotations

from exporter.families.condition import STATUSES
from exporter.kinds.pod.object import Pod
from exporter.kubernetes.objects import unix_seconds_or_zero_time


def status_of(pod: Pod, type_: str) -> str | None:
    """true, false or unknown; another text for a status Kubernetes does not know; None without."""
    for condition in pod.status.conditions:
        if condition.type == type_:
            return STATUSES.get(condition.status, "")

    return None


def true_since(pod: Pod, type_: str) -> int | None:
    """Seconds since 1970 of the change to True; None unless it is True."""
    return _since(pod, type_, "True")


def false_since(pod: Pod, type_: str) -> int | None:
    """Seconds since 1970 of the change to False; None unless it is False."""
    return _since(pod, type_, "False")


def _since(pod: Pod, type_: str, status: str) -> int | None:
    for condition in pod.status.conditions:
        if condition.type == type_ and condition.status == status:
            return unix_seconds_or_zero_time(condition.last_transition_time)

    return None
