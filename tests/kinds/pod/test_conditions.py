"""What a pod's conditions say."""

from __future__ import annotations

import pytest

from exporter.kinds.pod.conditions import since, status_of
from exporter.kinds.pod.object import Pod, PodStatus
from exporter.kubernetes.decoding import Decoder
from exporter.kubernetes.objects import GO_ZERO_TIME, Condition


def pod(*conditions: tuple[str, str]) -> Pod:
    return Pod(
        status=PodStatus(conditions=tuple(Condition(type=t, status=s) for t, s in conditions))
    )


@pytest.mark.parametrize(
    ("status", "shown"), [("True", "true"), ("False", "false"), ("Unknown", "unknown"), ("Odd", "")]
)
def test_a_status_is_shown_in_small_letters_and_an_odd_one_as_none_of_them(
    status: str, shown: str
) -> None:
    assert status_of(pod(("Ready", status)), "Ready") == shown


def test_a_condition_that_is_not_there_has_no_status() -> None:
    assert status_of(pod(("Ready", "True")), "PodScheduled") is None


def test_of_two_conditions_of_one_type_the_first_counts() -> None:
    assert status_of(pod(("Ready", "False"), ("Ready", "True")), "Ready") == "false"


def test_since_when_is_known_only_of_the_status_that_is_asked_for() -> None:
    ready = Decoder(Pod).decode(
        b'{"status":{"conditions":[{"type":"Ready","status":"True",'
        b'"lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
    )

    assert since(ready, "Ready", "True") == 1767225600
    assert since(ready, "Ready", "False") is None


def test_a_change_without_a_time_is_shown_as_go_s_zero_time() -> None:
    assert since(pod(("Ready", "True")), "Ready", "True") == GO_ZERO_TIME
