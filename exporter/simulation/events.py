"""Events in their two API versions: the same objects under `v1` and `events.k8s.io/v1`."""

from __future__ import annotations

from typing import Any

CORE = "events"
EVENTS_V1 = "events.k8s.io/v1/events"

_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def as_events_v1(event: dict[str, Any]) -> dict[str, Any]:
    """The same event as events.k8s.io/v1 writes it (the fields of k8s.io/api/events/v1)."""
    fields = {name: value for name, value in event.items() if name not in ("kind", "apiVersion")}
    return {_RENAMED.get(name, name): value for name, value in fields.items()}
