"""How long to wait before asking again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.backoff import LONGEST, Backoff


@given(st.integers(min_value=1, max_value=2000))
def test_no_number_of_failures_makes_the_wait_longer_than_the_longest(failures: int) -> None:
    backoff = Backoff()
    waits = [backoff.failed() for _ in range(failures)]

    assert min(waits) > 0
    assert max(waits) <= LONGEST


def test_waits_differ_so_that_a_fleet_does_not_come_back_in_step() -> None:
    assert len({Backoff().failed() for _ in range(20)}) > 10


@given(st.floats(min_value=0, max_value=1e9))
def test_a_server_that_says_when_is_not_asked_sooner_but_never_later_than_about_a_minute(
    seconds: float,
) -> None:
    wait = Backoff().failed(seconds)

    assert min(seconds, 60.0) <= wait <= 66.0


def test_success_begins_from_the_first_wait_again() -> None:
    backoff = Backoff(first=1.0)
    for _ in range(10):
        backoff.failed()

    backoff.succeeded()

    assert backoff.failed() <= 1.0
