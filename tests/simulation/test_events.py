"""The two API versions of an event."""

from __future__ import annotations

from exporter.simulation.events import as_events_v1


def test_the_fields_of_events_v1_have_other_names() -> None:
    core = {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod"},
        "reason": "BackOff",
        "message": "m",
        "source": {"component": "kubelet"},
        "firstTimestamp": "2026-02-27T12:00:00Z",
        "lastTimestamp": "2026-02-28T12:00:00Z",
        "count": 2,
        "type": "Warning",
        "eventTime": None,
        "reportingComponent": "kubelet",
        "reportingInstance": "n1",
    }

    assert as_events_v1(core) == {
        "metadata": {"name": "e"},
        "regarding": {"kind": "Pod"},
        "reason": "BackOff",
        "note": "m",
        "deprecatedSource": {"component": "kubelet"},
        "deprecatedFirstTimestamp": "2026-02-27T12:00:00Z",
        "deprecatedLastTimestamp": "2026-02-28T12:00:00Z",
        "deprecatedCount": 2,
        "type": "Warning",
        "eventTime": None,
        "reportingController": "kubelet",
        "reportingInstance": "n1",
    }


def test_a_series_keeps_its_name() -> None:
    series = {"count": 5, "lastObservedTime": "2026-02-28T12:00:00.000000Z"}

    assert as_events_v1({"series": series}) == {"series": series}
