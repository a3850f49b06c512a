"""When polled kinds are listed, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from exporter.fleet.health import now
from exporter.fleet.rounds import Rounds

pytestmark = pytest.mark.looptime


def begun() -> Rounds:
    rounds = Rounds(300)
    rounds.begin()
    return rounds


async def moments(rounds: Rounds, count: int) -> list[float]:
    """When the next rounds are. A list takes a second."""
    found = []
    for _ in range(count):
        await asyncio.sleep(rounds.until_next())
        found.append(now())
        await asyncio.sleep(1)

    return found


async def test_no_two_rounds_are_further_apart_than_the_interval() -> None:
    last = now()
    for moment in await moments(begun(), 50):
        assert 149 <= moment - last <= 301
        last = moment


async def test_kinds_of_a_cluster_are_listed_in_the_same_rounds() -> None:
    rounds = begun()

    pods, nodes = await asyncio.gather(moments(rounds, 5), moments(rounds, 5))

    assert pods == pytest.approx(nodes)


async def test_a_kind_that_was_late_is_back_in_the_next_round() -> None:
    rounds = begun()
    (first,) = await moments(rounds, 1)
    await asyncio.sleep(40)

    (second,) = await moments(rounds, 1)

    assert 269 <= second - first <= 301


async def test_clusters_do_not_keep_step() -> None:
    found = await asyncio.gather(*(moments(begun(), 1) for _ in range(100)))

    seconds = Counter(round(moment) for (moment,) in found)
    assert max(seconds.values()) < 20


async def test_clusters_that_fell_into_step_leave_it_again() -> None:
    rounds = Rounds(300), Rounds(300)
    for one in rounds:
        one.begin()
        await asyncio.sleep(one.until_next())

    first, second = await asyncio.gather(*(moments(one, 10) for one in rounds))

    gaps = {round(later - earlier) for earlier, later in zip(first, second, strict=True)}
    assert len(gaps) > 1


async def test_a_cluster_that_is_met_again_waits_as_one_that_is_new() -> None:
    rounds = begun()
    await asyncio.sleep(1000)
    rounds.begin()

    assert 150 <= rounds.until_next() <= 300
