"""How clusters and kinds are doing."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from exporter.fleet.health import ClusterHealth, Durations, KindHealth, together
from exporter.kubernetes.errors import (
    CredentialsError,
    Forbidden,
    KubernetesError,
    Malformed,
    NotFound,
    ServerError,
    Unauthorized,
    Unreachable,
)

pytestmark = pytest.mark.looptime


def cluster() -> ClusterHealth:
    return ClusterHealth("eu-1")


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (Unreachable("tls-ca", "who signed this?"), ("unreachable", "tls-ca")),
        (Unauthorized(401, "who?"), ("unauthorized", "")),
        (CredentialsError("tokenFile: gone"), ("unauthorized", "")),
        (Forbidden(403, "no"), ("forbidden", "")),
        (ServerError(503, "later"), ("unreachable", "http")),
        (Malformed("html"), ("unreachable", "http")),
    ],
)
async def test_why_a_cluster_does_not_answer_is_one_of_a_closed_list(
    error: KubernetesError, condition: tuple[str, str]
) -> None:
    health = cluster()
    health.unanswered(error)

    assert (health.up, health.down_condition) == (False, condition)


async def test_a_cluster_is_down_since_its_first_failure() -> None:
    health = cluster()
    health.answered()
    await asyncio.sleep(10)
    health.unanswered(Unreachable("timeout", "silent"))
    began = health.down_since
    await asyncio.sleep(10)
    health.unanswered(Unreachable("refused", "gone"))

    assert health.down_since == began


async def test_a_kind_is_stale_while_old_data_is_shown_and_failing_without_any() -> None:
    kind = KindHealth("pods")
    kind.lost(ServerError(503, "later"))

    assert kind.reason == "failing"

    kind.listed = True

    assert kind.reason == "stale"

    kind.current()

    assert kind.reason == ""


async def test_forbidden_and_not_served_are_told_apart_until_something_else_happens() -> None:
    kind = KindHealth("pods")
    kind.lost(Forbidden(403, "no"))
    assert kind.reason == "forbidden"

    kind.lost(NotFound(404, "what?"))
    assert kind.reason == "not-served"

    kind.lost(ServerError(500, "oops"))
    assert kind.reason == "failing"


async def test_a_new_unit_knows_nothing_but_the_counts_go_on() -> None:
    kind = KindHealth("pods", listed=True, restarts=Counter(gone=3))
    kind.lost(Forbidden(403, "no"))
    kind.begin()

    assert (kind.listed, kind.reason) == (False, "")
    assert kind.restarts == {"gone": 3}


async def test_a_kind_in_parts_is_as_well_as_its_worst_part() -> None:
    good = KindHealth("pods", listed=True, last_success=20.0, lists=Counter(success=1))
    bad = KindHealth("pods", listed=True, last_success=10.0, lists=Counter(success=2, error=1))
    bad.lost(Forbidden(403, "no"))

    both = together([good, bad])

    assert both.reason == "forbidden"
    assert both.last_success == 10.0
    assert both.lists == {"success": 3, "error": 1}


def test_durations_are_cumulative_and_count_what_is_longer_than_all_bounds() -> None:
    durations = Durations()
    for seconds in (0.001, 0.01, 0.3, 99.0):
        durations.observe(seconds)

    buckets = dict(durations.buckets)
    assert (buckets["0.01"], buckets["0.25"], buckets["0.5"], buckets["30.0"]) == (2, 2, 3, 3)
    assert durations.count == 4
    assert durations.sum == pytest.approx(99.311)
