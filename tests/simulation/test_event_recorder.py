"""Events: counted by both APIs, and bounded in number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exporter.simulation.api_server import ApiServer
from exporter.simulation.event_recorder import SCHEDULER, EventRecorder, kubelet

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def pod(server: ApiServer) -> dict[str, Any]:
    """The pod that things happen to."""
    return server.put("pods", {"metadata": {"name": "web-0", "namespace": "shop"}})


def only_event(server: ApiServer) -> dict[str, Any]:
    [key] = server.keys("events")
    return server.get("events", *key)


def test_a_repeated_event_of_a_kubelet_raises_its_count(
    server: ApiServer, pod: dict[str, Any]
) -> None:
    recorder = EventRecorder(server)
    for minute in range(3):
        recorder.record(
            kubelet("n1"), "pods", pod, "Warning", "BackOff", "it waits", NOON + minute * MINUTE
        )

    event = only_event(server)
    assert (event["count"], event["type"], event["reason"]) == (3, "Warning", "BackOff")
    assert event["firstTimestamp"] == "2026-03-01T12:00:00Z"
    assert event["lastTimestamp"] == "2026-03-01T12:02:00Z"
    assert event["eventTime"] is None
    assert event["source"] == {"component": "kubelet", "host": "n1"}
    assert event["involvedObject"]["kind"] == "Pod"
    assert event["involvedObject"]["uid"] == pod["metadata"]["uid"]


def test_a_repeated_event_of_the_scheduler_becomes_a_series(
    server: ApiServer, pod: dict[str, Any]
) -> None:
    recorder = EventRecorder(server)
    recorder.record(SCHEDULER, "pods", pod, "Warning", "FailedScheduling", "no node", NOON)
    assert "series" not in only_event(server)

    for minute in (1, 2):
        recorder.record(
            SCHEDULER, "pods", pod, "Warning", "FailedScheduling", "no node", NOON + minute * MINUTE
        )

    event = only_event(server)
    assert event["series"] == {"count": 3, "lastObservedTime": "2026-03-01T12:02:00.000000Z"}
    assert event["eventTime"] == "2026-03-01T12:00:00.000000Z"
    assert event["firstTimestamp"] is None
    assert "count" not in event
    assert event["reportingComponent"] == "default-scheduler"
    mirrored = server.get("events.k8s.io/v1/events", *server.keys("events")[0])
    assert mirrored["series"] == event["series"]
    assert mirrored["reportingController"] == "default-scheduler"


def test_events_that_differ_stand_apart(server: ApiServer, pod: dict[str, Any]) -> None:
    recorder = EventRecorder(server)
    for node, reason, message in (
        ("n1", "Pulled", "a"),
        ("n1", "Pulled", "b"),
        ("n1", "Started", "a"),
        ("n2", "Pulled", "a"),
    ):
        recorder.record(kubelet(node), "pods", pod, "Normal", reason, message, NOON)

    assert len(server.keys("events")) == 4


def test_events_of_a_node_are_in_the_default_namespace(server: ApiServer) -> None:
    node = server.put("nodes", {"metadata": {"name": "n1"}})

    EventRecorder(server).record(kubelet("n1"), "nodes", node, "Normal", "NodeReady", "m", NOON)

    event = only_event(server)
    assert event["metadata"]["namespace"] == "default"
    assert "namespace" not in event["involvedObject"]


def test_only_the_last_events_are_kept(server: ApiServer, pod: dict[str, Any]) -> None:
    recorder = EventRecorder(server, limit=3)
    for message in ("a", "b", "c", "a", "d"):
        recorder.record(kubelet("n1"), "pods", pod, "Normal", "Pulled", message, NOON)

    messages = {server.get("events", *key)["message"] for key in server.keys("events")}
    assert messages == {"c", "a", "d"}
    assert server.keys("events") == server.keys("events.k8s.io/v1/events")
