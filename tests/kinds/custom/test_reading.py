"""Texts read as numbers. The expected ones are what Go answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds.custom.reading import (
    READINGS,
    any_number,
    decimal,
    duration,
    percent,
    quantity,
    timestamp,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("true", 1),
        ("YES", 1),
        ("False", 0),
        ("no", 0),
        ("Unknown", 0),
        ("2022-06-28T00:00:00Z", 1656374400),
        ("250m", 0.25),
        ("5Gi", 5368709120),
        ("12E", 1.2e19),
        ("100n", 1.0000000000000001e-07),
        ("1e400", math.inf),
        ("93%", 0.93),
        ("1_000", 1000),
        ("0x1p-2", 0.25),
        ("+Inf", math.inf),
        ("-infinity", -math.inf),
    ],
)
def test_a_text_is_what_it_most_likely_means(text: str, number: float) -> None:
    assert any_number(text) == number


def test_not_a_number_is_a_number_too() -> None:
    assert math.isnan(any_number("nan") or 0)


@pytest.mark.parametrize(
    "text",
    ["", " 7", "7 ", "word", "2.5%", "%", "0x10", "1__0", "_1", "1_", "+nan", "1h", "\u0661", "t"],
)
def test_what_means_no_number_is_none(text: str) -> None:
    assert any_number(text) is None


@given(st.text() | st.text(alphabet="0123456789.eE+-xXpP_%mkKMGi:TZnaf", max_size=20))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    for reading in (any_number, *READINGS.values()):
        assert reading(text) is None or isinstance(reading(text), int | float)


moments = st.datetimes(timezones=st.just(UTC))


@given(moments, st.integers(-1439, 1439))
def test_a_moment_is_its_whole_second_wherever_the_clock_hangs(
    moment: datetime, zone_minutes: int
) -> None:
    try:
        local = moment.astimezone(timezone(timedelta(minutes=zone_minutes)))
    except OverflowError:
        return

    since = moment - EPOCH
    assert timestamp(local.isoformat()) == since.days * 86400 + since.seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0000-01-01T00:00:00Z", -62167219200),
        ("0000-02-29T00:00:00Z", -62162121600),
        ("2022-06-28T7:00:00Z", 1656399600),
        ("2022-06-28T07:00:00,999Z", 1656399600),
        ("1969-12-31T23:59:59.5Z", -1),
        ("2022-06-28T00:00:00+24:60", 1656284400),
        ("2022-06-28T00:00:00-00:30", 1656376200),
    ],
)
def test_gos_oddities_of_moments_are_kept(text: str, seconds: int) -> None:
    assert timestamp(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "2022-06-28",
        "2022-06-28t00:00:00Z",
        "2022-06-28T00:00:00",
        "2022-06-28T24:00:00Z",
        "2022-06-28T00:60:00Z",
        "2022-06-28T00:00:60Z",
        "2022-02-29T00:00:00Z",
        "2022-13-01T00:00:00Z",
        "2022-06-28T00:00:00+25:00",
        "2022-06-28T00:00:00+00:61",
        "2022-06-28T00:00:00.Z",
    ],
)
def test_what_go_does_not_take_for_a_moment_is_none(text: str) -> None:
    assert timestamp(text) is None


def test_a_quantity_that_is_none_is_none() -> None:
    assert quantity("1Kb") is None


@given(st.integers(0, 10**6))
def test_a_percentage_is_a_hundredth(whole: int) -> None:
    assert percent(f"{whole}%") == whole / 100


def test_percents_beyond_all_floats_are_none() -> None:
    assert percent("9" * 400 + "%") is None


@given(st.floats(allow_nan=False))
def test_a_float_reads_back_as_it_was(number: float) -> None:
    assert decimal(repr(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_hexadecimal_float_reads_back_as_it_was(number: float) -> None:
    assert decimal(number.hex()) == number


@pytest.mark.parametrize("text", ["1e999", "-1e999", "0x1p9999"])
def test_a_number_beyond_all_floats_is_none(text: str) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1h30m", 5400),
        ("2160h0m0s", 7776000),
        ("-1.5s", -1.5),
        ("+300ms", 0.3),
        (".5m", 30),
        ("1.h", 3600),
        ("1us", 1e-6),
        ("1\u00b5s", 1e-6),
        ("1\u03bcs", 1e-6),
        ("1.9ns", 1e-9),
    ],
)
def test_a_duration_is_its_seconds(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "1", "-", "h", ".h", "1d", "1h ", "1 h", "1h-1m", "2562048h", "9" * 300 + "ns"]
)
def test_what_go_does_not_take_for_a_duration_is_none(text: str) -> None:
    assert duration(text) is None


@given(st.integers(0, 2**40), st.integers(0, 59), st.integers(0, 999999))
def test_the_parts_of_a_duration_add_up(milliseconds: int, minutes: int, micros: int) -> None:
    exact = Fraction(milliseconds, 1000) + 60 * minutes + Fraction(micros, 10**6)

    assert duration(f"{minutes}m{milliseconds}ms{micros}us") == float(exact)
