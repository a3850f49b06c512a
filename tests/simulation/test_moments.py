"""Points in time as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from exporter.simulation.moments import micro_moment, moment


def test_a_time_is_cut_to_whole_seconds() -> None:
    assert moment(datetime(2026, 3, 1, 12, 0, 59, 999_999, tzinfo=UTC)) == "2026-03-01T12:00:59Z"
    assert moment(datetime(2026, 3, 1, 12, 0, 59, tzinfo=UTC)) == "2026-03-01T12:00:59Z"


def test_a_micro_time_always_has_six_digits() -> None:
    assert micro_moment(datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) == "2026-03-01T12:00:00.000000Z"
