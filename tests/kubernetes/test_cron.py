"""When a cron job is due next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.cron import parse_schedule

SATURDAY = "2026-11-21 02:10:32"
NEW_YORK = "America/New_York"


def due(schedule: str, after: str = SATURDAY, zone: str | None = None) -> str:
    """In UTC, as `after`."""
    moment = int(datetime.fromisoformat(f"{after}+00:00").timestamp())
    found = parse_schedule(schedule, zone).next(moment)
    return "never" if found is None else f"{datetime.fromtimestamp(found, UTC):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("* * * * *", "2026-11-21 02:11:00"),
        ("*/5 * * * *", "2026-11-21 02:15:00"),
        ("10 2 * * *", "2026-11-22 02:10:00"),
        ("5,40 2 * * *", "2026-11-21 02:40:00"),
        ("0 9-17/4 * * *", "2026-11-21 09:00:00"),
        ("0/20 * * * *", "2026-11-21 02:20:00"),
        ("50/5 * * * *", "2026-11-21 02:50:00"),
        ("0 0 1,15 * *", "2026-12-01 00:00:00"),
        ("15 10 * JAN-MAR MON", "2027-01-04 10:15:00"),
        ("15 10 * jan mon", "2027-01-04 10:15:00"),
        ("0 0 29 2 *", "2028-02-29 00:00:00"),
        ("59 23 31 12 *", "2026-12-31 23:59:00"),
        ("0 0 ? * ?", "2026-11-22 00:00:00"),
        ("05 +3 * * *", "2026-11-21 03:05:00"),
        (" 0  0\t* * * ", "2026-11-22 00:00:00"),
        ("1,,2 3 * * *", "2026-11-21 03:01:00"),
    ],
)
def test_it_is_due_when_all_five_fields_are_right(schedule: str, expected: str) -> None:
    assert due(schedule) == expected


def test_it_is_never_due_at_the_very_moment_it_was() -> None:
    assert due("0 0 * * *", "2026-11-21 00:00:00") == "2026-11-22 00:00:00"
    assert due("0 0 * * *", "2026-11-20 23:59:59") == "2026-11-21 00:00:00"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("@yearly", "2027-01-01 00:00:00"),
        ("@annually", "2027-01-01 00:00:00"),
        ("@monthly", "2026-12-01 00:00:00"),
        ("@weekly", "2026-11-22 00:00:00"),
        ("@daily", "2026-11-22 00:00:00"),
        ("@midnight", "2026-11-22 00:00:00"),
        ("@hourly", "2026-11-21 03:00:00"),
        ("@triggered", "never"),
        ("@manual", "never"),
        ("@none", "never"),
    ],
)
def test_common_schedules_have_names(schedule: str, expected: str) -> None:
    assert due(schedule) == expected


@pytest.mark.parametrize("sunday", ["0", "7", "SUN", "sun"])
def test_sunday_is_0_and_7_and_has_a_name(sunday: str) -> None:
    assert due(f"0 0 * * {sunday}") == "2026-11-22 00:00:00"


def test_a_day_of_the_month_and_one_of_the_week_must_both_be_right() -> None:
    assert due("0 0 13 * FRI") == "2027-08-13 00:00:00"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 22-2 * * *", "2026-11-21 22:00:00"),
        ("0 23-3/2 * * *", "2026-11-21 03:00:00"),
        ("50-12 * * * *", "2026-11-21 02:11:00"),
        ("0 0 30-2 * *", "2026-11-30 00:00:00"),
        ("0 0 1 DEC-FEB *", "2026-12-01 00:00:00"),
        ("0 0 * * MON-SAT", "2026-11-23 00:00:00"),
        ("0 0 * * FRI-MON", "2026-11-22 00:00:00"),
        ("0 0 * * 5-1/2", "2026-11-22 00:00:00"),
    ],
)
def test_a_range_may_wrap_round(schedule: str, expected: str) -> None:
    assert due(schedule) == expected


def test_a_range_that_begins_with_every_is_every() -> None:
    assert due("*-3/7 * * * *") == due("*/7 * * * *")


def test_what_does_not_come_within_five_years_never_does() -> None:
    assert due("0 0 30 2 *") == "never"
    assert due("0 0 29 2 TUE", "2027-11-21 00:00:00") == "2028-02-29 00:00:00"
    assert due("0 0 29 2 SUN", "2027-11-21 00:00:00") == "2032-02-29 00:00:00"
    assert due("0 0 29 2 SUN", "2026-11-21 00:00:00") == "never"


@pytest.mark.parametrize("number", range(5))
def test_a_field_with_nothing_in_it_is_never_right(number: int) -> None:
    fields = ["*"] * 5
    fields[number] = ","

    assert due(" ".join(fields)) == "never"


def test_python_has_no_year_10000() -> None:
    assert due("0 0 1 1 *", "9999-06-01 00:00:00") == "never"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("@every 1h30m", "2026-11-21 03:40:32"),
        ("@every 1.5h", "2026-11-21 03:40:32"),
        ("@every +.5h", "2026-11-21 02:40:32"),
        ("@every 1.h", "2026-11-21 03:10:32"),
        ("@every 59s1001ms", "2026-11-21 02:11:32"),
        ("@every 1s", "2026-11-21 02:10:33"),
        ("@every 1.9s", "2026-11-21 02:10:33"),
        ("@every 3000000us", "2026-11-21 02:10:35"),
        ("@every 2000000000ns", "2026-11-21 02:10:34"),
    ],
)
def test_every_is_so_long_after_the_last_time_in_whole_seconds(
    schedule: str, expected: str
) -> None:
    assert due(schedule) == expected


@pytest.mark.parametrize(
    ("schedule", "zone", "expected"),
    [
        ("0 12 * * SUN", "Asia/Kolkata", "2026-11-22 06:30:00"),
        ("@daily", NEW_YORK, "2026-11-21 05:00:00"),
        ("@every 1h", NEW_YORK, "2026-11-21 03:10:32"),
        ("0 0 * * *", "UTC", "2026-11-22 00:00:00"),
        ("CRON_TZ=Asia/Kolkata 0 12 * * SUN", None, "2026-11-22 06:30:00"),
        ("TZ=Asia/Kolkata 0 12 * * SUN", None, "2026-11-22 06:30:00"),
        ('TZ="Asia/Kolkata" 0 12 * * SUN', None, "2026-11-22 06:30:00"),
        ("TZ='Asia/Kolkata'  @daily ", None, "2026-11-21 18:30:00"),
        ("TZ=Local 0 0 * * *", None, "2026-11-22 00:00:00"),
    ],
)
def test_local_times_are_those_of_the_time_zone(
    schedule: str, zone: str | None, expected: str
) -> None:
    assert due(schedule, zone=zone) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("30 2 * * *", "2026-03-08 07:30:00"),  # 3:30, as there is no 2:30
        ("0 2 * * *", "2026-03-08 07:00:00"),
        ("0 3 * * *", "2026-03-08 07:00:00"),
        ("0 2,3 * * *", "2026-03-08 07:00:00"),
        ("*/30 * * * *", "2026-03-08 05:30:00"),
    ],
)
def test_for_an_hour_that_the_clock_skips_the_next_one_is_right(
    schedule: str, expected: str
) -> None:
    assert due(schedule, "2026-03-08 05:15:00", NEW_YORK) == expected


def test_an_hour_that_was_skipped_before_is_not_caught_up_with() -> None:
    assert due("30 2 * * *", "2026-03-08 06:59:59", NEW_YORK) == "2026-03-09 06:30:00"


def test_an_hour_that_the_clock_repeats_is_right_twice() -> None:
    first = "2026-11-01 05:30:00"

    assert due("30 1 * * *", "2026-11-01 00:00:00", NEW_YORK) == first
    assert due("30 1 * * *", first, NEW_YORK) == "2026-11-01 06:30:00"
    assert due("30 1 * * *", "2026-11-01 06:30:00", NEW_YORK) == "2026-11-02 06:30:00"


def test_a_midnight_that_the_clock_skips_is_left_out() -> None:
    assert due("0 0 * * *", "2026-03-07 12:00:00", "America/Havana") == "2026-03-09 04:00:00"


def test_half_an_hour_may_be_skipped_too() -> None:
    due_after = due("*/20 2 * * *", "2026-10-03 15:00:00", "Australia/Lord_Howe")

    assert due_after == "2026-10-03 15:40:00"


def test_a_day_that_the_calendar_skips_does_not_hold_it_up() -> None:
    assert due("0 0 1 * *", "2011-12-05 00:00:00", "Pacific/Apia") == "2011-12-31 10:00:00"


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 8",
        "-5 * * * *",
        "5- * * * *",
        "1-2-3 * * * *",
        "1/2/3 * * * *",
        "*/0 * * * *",
        "*/-1 * * * *",
        "*/60 * * * *",
        "50/10 * * * *",
        "0-3/4 * * * *",
        "* * * */12 *",
        "0x5 * * * *",
        "1_0 * * * *",
        "٣ * * * *",
        "MON * * * *",
        "* * * JANUARY *",
        "* * L * *",
        "* * * * FRI#2",
        "H * * * *",
        "@Daily",
        "@daily ",
        "@reboot",
        "@every",
        "@every 999ms",
        "@every -1h",
        "@every 1",
        "@every 1h30",
        "@every 1 h",
        "@every  1h",
        "@every .h",
        "@every 300y",
        "@every 3000000h",
        "TZ=UTC",
        "TZ=UTC ",
        "TZ= * * * * *",
        "TZ='UTC\" * * * * *",
        "TZ=utc * * * * *",
        "TZ=Nowhere/Land * * * * *",
        "TZ=America * * * * *",
        "TZ=../../etc/passwd * * * * *",
        "TZ=/etc/localtime * * * * *",
        "* * * * *".ljust(1025),
    ],
)
def test_what_cannot_be_read_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(schedule)


def test_a_schedule_may_have_1024_bytes() -> None:
    assert due("* * * * *".ljust(1024)) == "2026-11-21 02:11:00"


def test_the_longest_interval_is_as_long_as_gos() -> None:
    assert due("@every 2562047h47m16s", "1970-01-01 00:00:00") == "2262-04-11 23:47:16"
    with pytest.raises(ValueError, match="longer than 292 years"):
        parse_schedule("@every 2562047h47m17s")


def test_two_time_zones_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="6 fields"):
        parse_schedule("TZ=UTC * * * * *", "Europe/Berlin")


def test_an_empty_time_zone_is_none() -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        parse_schedule("* * * * *", "")


def numbers(first: int, last: int) -> st.SearchStrategy[str]:
    """A field: every number, some, or a range."""
    number = st.integers(first, last)
    return st.one_of(
        st.just("*"),
        st.lists(number, min_size=1, max_size=4).map(lambda some: ",".join(map(str, some))),
        st.tuples(number, number).map(lambda span: f"{min(span)}-{max(span)}"),
    )


def allowed(field: str, first: int, last: int) -> set[int]:
    """What `numbers` made, read in the simplest way."""
    if field == "*":
        return set(range(first, last + 1))

    if "-" in field:
        low, high = field.split("-")
        return set(range(int(low), int(high) + 1))

    return {int(number) for number in field.split(",")}


@given(
    numbers(0, 59),
    numbers(0, 23),
    numbers(1, 12),
    numbers(0, 6),
    st.integers(0, 4_000_000_000),
)
def test_in_utc_it_is_the_first_minute_after_at_which_every_field_is_right(
    minute: str, hour: str, month: str, weekday: str, after: int
) -> None:
    found = parse_schedule(f"{minute} {hour} * {month} {weekday}").next(after)
    fields = allowed(minute, 0, 59), allowed(hour, 0, 23), allowed(month, 1, 12)
    days = allowed(weekday, 0, 6)

    def is_right(moment: datetime) -> bool:
        now = moment.minute, moment.hour, moment.month
        return moment.isoweekday() % 7 in days and all(
            value in field for value, field in zip(now, fields, strict=True)
        )

    assert found is not None
    assert found > after
    assert is_right(datetime.fromtimestamp(found, UTC))
    minutes_between = (found - after - 1) // 60
    for step in range(1, min(minutes_between, 300)):
        assert not is_right(datetime.fromtimestamp(found, UTC) - timedelta(minutes=step))


@given(st.text(alphabet="0123456789*/,-? @TZ=every1hmsMONJANUTC", max_size=40))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except ValueError:
        return

    found = schedule.next(0)
    assert found is None or found > 0
