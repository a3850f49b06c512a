"""What the families about a pod's conditions share; of two of one type the first counts."""

from __future__ import annotations

from exporter.families.condition import STATUSES
from exporter.kinds.pod.object import Pod
from exporter.kubernetes.objects import GO_ZERO_TIME, unix_seconds


def status_of(pod: Pod, type_: str) -> str | None:
    """true, false or unknown; another text for a status Kubernetes does not know; None without."""
    for condition in pod.status.conditions:
        if condition.type == type_:
            return STATUSES.get(condition.status, "")

    return None


def since(pod: Pod, type_: str, status: str) -> int | None:
    """Seconds since 1970 of the change to `status`, which is True or False; None unless it is."""
    for condition in pod.status.conditions:
        if condition.type == type_ and condition.status == status:
            moment = condition.last_transition_time
            return GO_ZERO_TIME if moment is None else unix_seconds(moment)

    return None
