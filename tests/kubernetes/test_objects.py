"""The parts that every object has."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.objects import (
    GO_ZERO_TIME,
    Object,
    unix_seconds,
    unix_seconds_or_zero_time,
)

objects = Decoder(Object)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def created(text: str) -> int:
    moment = objects.decode(
        json.dumps({"metadata": {"creationTimestamp": text}}).encode()
    ).metadata.creation_timestamp
    assert moment is not None
    return unix_seconds(moment)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-21T02:10:33Z", 1795227033),
        ("2026-11-21T03:10:33+01:00", 1795227033),
        ("1970-01-01T00:00:01.999999Z", 1),
        ("1969-12-31T23:59:58.5Z", -2),
        ("0001-01-01T00:00:00Z", GO_ZERO_TIME),
    ],
)
def test_a_time_is_the_whole_seconds_before_it(text: str, seconds: int) -> None:
    assert created(text) == seconds


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),
    st.integers(min_value=-12 * 60, max_value=14 * 60),
)
def test_the_seconds_are_those_of_the_moment_whatever_its_zone(
    local: datetime, minutes: int
) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert created(moment.isoformat()) == (moment - EPOCH) // timedelta(seconds=1)


def test_a_missing_time_is_gos_zero_time() -> None:
    assert unix_seconds_or_zero_time(None) == -62135596800


def test_a_time_without_a_zone_makes_the_object_undecodable() -> None:
    with pytest.raises(Undecodable, match="creationTimestamp"):
        created("2026-11-21T02:10:33")
