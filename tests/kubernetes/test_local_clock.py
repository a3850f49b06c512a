"""What clocks of a time zone show."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from exporter.kubernetes.local_clock import LocalClock


def clock(moment: str, zone: str = "UTC") -> LocalClock:
    return LocalClock(int(datetime.fromisoformat(f"{moment}+00:00").timestamp()), ZoneInfo(zone))


def shown(clock: LocalClock) -> str:
    return f"{clock.local:%Y-%m-%d %H:%M:%S}"


def test_it_shows_local_time() -> None:
    assert shown(clock("2026-11-21 02:10:32", "Asia/Kolkata")) == "2026-11-21 07:40:32"


def test_it_is_set_back_once_and_then_stands_at_a_start() -> None:
    ours = clock("2026-11-21 02:10:32", "Asia/Kolkata")
    ours.set_back_to_day()
    ours.set_back_to_month()

    assert shown(ours) == "2026-11-21 00:00:00"


def test_after_a_minutes_start_it_is_not_set_back_further() -> None:
    ours = clock("2026-11-21 02:10:32")
    ours.set_back_to_minute()
    ours.set_back_to_hour()

    assert shown(ours) == "2026-11-21 02:10:00"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("month", "2026-11-01 00:00:00"),
        ("day", "2026-11-21 00:00:00"),
        ("hour", "2026-11-21 07:00:00"),
        ("minute", "2026-11-21 07:40:00"),
    ],
)
def test_everything_smaller_is_set_back_with_it(unit: str, expected: str) -> None:
    ours = clock("2026-11-21 02:10:32", "Asia/Kolkata")
    getattr(ours, f"set_back_to_{unit}")()

    assert shown(ours) == expected


def test_a_month_later_is_the_same_day_or_the_one_as_many_days_on() -> None:
    december = clock("2026-12-31 05:00:00")
    december.next_month()
    january = clock("2027-01-31 05:00:00")
    january.next_month()

    assert shown(december) == "2027-01-31 05:00:00"
    assert shown(january) == "2027-03-03 05:00:00"


def test_a_day_later_is_midnight_even_if_the_day_had_25_hours() -> None:
    ours = clock("2026-11-01 04:00:00", "America/New_York")
    ours.next_day()

    assert shown(ours) == "2026-11-02 00:00:00"
    assert ours.now == int(datetime(2026, 11, 2, 5, tzinfo=UTC).timestamp())


def test_where_there_is_no_midnight_it_is_the_hour_after_it() -> None:
    ours = clock("2026-03-07 05:00:00", "America/Havana")
    ours.next_day()

    assert shown(ours) == "2026-03-08 01:00:00"


def test_a_day_that_does_not_exist_is_passed_over() -> None:
    ours = clock("2011-12-29 10:00:00", "Pacific/Apia")
    ours.next_day()

    assert shown(ours) == "2011-12-31 00:00:00"


def test_time_passes_where_the_clock_jumps() -> None:
    ours = clock("2026-03-08 06:59:59", "America/New_York")
    ours.go_on(1)

    assert shown(ours) == "2026-03-08 03:00:00"
