"""Taking turns, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.fleet.gate import Gate
from exporter.kubernetes.errors import Unreachable

pytestmark = pytest.mark.looptime


class Readers:
    """Those who want turns, and what becomes of them."""

    def __init__(self, gate: Gate) -> None:
        self.now: Counter[str] = Counter()
        self.most = 0
        self.order: list[str] = []
        self._gate = gate
        self._tasks: list[asyncio.Task[None]] = []

    def start(
        self,
        cluster: str,
        *,
        answers_after: float = 0.0,
        applies: float = 1.0,
        leaves_after: float | None = None,
    ) -> None:
        """Somebody who wants a turn from now on."""
        reading = asyncio.wait_for(self._read(cluster, answers_after, applies), leaves_after)
        self._tasks.append(asyncio.create_task(reading))

    async def _read(self, cluster: str, answers_after: float, applies: float) -> None:
        async with self._gate.turn(cluster) as turn:
            await asyncio.sleep(answers_after)
            await turn.arrived()
            self.order.append(cluster)
            self.now[cluster] += 1
            self.most = max(self.most, self.now.total())
            try:
                await asyncio.sleep(applies)
            finally:
                self.now[cluster] -= 1

    async def all(self) -> None:
        """Until everybody had a turn, or left."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def end(self) -> None:
        """Nobody goes on."""
        for task in self._tasks:
            task.cancel()

        await self.all()


def elapsed() -> float:
    return asyncio.get_running_loop().time()


async def test_never_more_than_the_width_have_their_turn() -> None:
    readers = Readers(Gate(3, patience=60))
    for number in range(10):
        readers.start(f"c{number}")

    await readers.all()

    assert readers.most == 3
    assert elapsed() == 4


async def test_who_comes_first_is_first() -> None:
    readers = Readers(Gate(1, patience=60))
    for name in "abc":
        readers.start(name)

    await readers.all()

    assert readers.order == ["a", "b", "c"]


async def test_clusters_are_read_one_after_the_other() -> None:
    readers = Readers(Gate(1, patience=60))
    for name in "aabcbc":
        readers.start(name)

    await readers.all()

    assert readers.order == ["a", "a", "b", "b", "c", "c"]


async def test_a_cluster_alone_may_have_all_turns() -> None:
    readers = Readers(Gate(4, patience=60))
    for _ in range(8):
        readers.start("a")

    await readers.all()

    assert readers.most == 4


async def test_a_turn_is_lent_while_its_cluster_does_not_answer() -> None:
    readers = Readers(Gate(1, patience=2))
    readers.start("slow", answers_after=30)
    readers.start("b")
    await asyncio.sleep(4)

    assert readers.order == ["b"]

    await readers.all()
    assert readers.order == ["b", "slow"]


async def test_ten_clusters_that_hang_cost_the_others_seconds() -> None:
    readers = Readers(Gate(4, patience=2))
    for number in range(10):
        for _ in range(40):
            readers.start(f"hanging-{number}", answers_after=3600)

    for _ in range(40):
        readers.start("well", applies=0.01)

    await asyncio.sleep(7)

    assert readers.order == ["well"] * 40
    await readers.end()


async def test_a_turn_that_was_lent_is_given_back_before_others_begin() -> None:
    readers = Readers(Gate(1, patience=2))
    readers.start("slow", answers_after=3)
    for name in "bcd":
        readers.start(name, applies=10)

    await readers.all()

    assert readers.order == ["b", "slow", "c", "d"]
    assert readers.most == 1


async def test_a_turn_is_not_lent_while_its_holder_is_at_work() -> None:
    readers = Readers(Gate(1, patience=2))
    readers.start("large", applies=60)
    readers.start("b")

    await readers.all()

    assert readers.most == 1


async def test_a_fault_ends_the_turn() -> None:
    gate = Gate(1, patience=2)

    for after in (1, 10):  # while it is held, and while it is lent
        with suppress(Unreachable):
            async with gate.turn("a"):
                await asyncio.sleep(after)
                raise Unreachable("reset", "cut")

    readers = Readers(gate)
    readers.start("a")
    readers.start("b")
    await readers.all()
    assert readers.most == 1


async def test_who_waits_is_counted() -> None:
    gate = Gate(1, patience=60)
    readers = Readers(gate)
    for name in "aabb":
        readers.start(name)

    await asyncio.sleep(0.5)
    assert gate.waiting == 3

    await readers.end()
    assert gate.waiting == 0


async def test_who_is_cancelled_when_a_turn_is_handed_out_leaves_it_to_the_next() -> None:
    gate = Gate(1, patience=60)
    entered: list[str] = []

    async def enter(name: str) -> None:
        async with gate.turn(name):
            entered.append(name)

    async with gate.turn("first"):
        late, then = asyncio.create_task(enter("late")), asyncio.create_task(enter("then"))
        await asyncio.sleep(1)

    late.cancel()  # its turn was handed out a moment ago, and it has not run since
    await asyncio.gather(late, then, return_exceptions=True)

    assert entered == ["then"]


wishes = st.fixed_dictionaries(
    {
        "cluster": st.sampled_from("abc"),
        "answers_after": st.floats(0, 5),
        "applies": st.floats(0, 3),
        "leaves_after": st.none() | st.floats(0, 8),
    }
)


@given(st.lists(wishes, max_size=25), st.integers(1, 4))
async def test_whoever_answers_or_leaves_the_width_holds_and_no_turn_is_lost(
    wished: list[dict[str, Any]], width: int
) -> None:
    gate = Gate(width, patience=1)
    readers = Readers(gate)
    for wish in wished:
        readers.start(**wish)

    await readers.all()

    assert readers.most <= width
    assert gate.waiting == 0
    later, began = Readers(gate), elapsed()
    for number in range(width):
        later.start(f"later-{number}")

    await later.all()
    assert elapsed() - began == pytest.approx(1)


async def test_a_turn_may_wait_for_its_cluster_more_than_once() -> None:
    gate = Gate(1, patience=2)
    readers = Readers(gate)
    async with gate.turn("a") as turn:
        await turn.arrived()
        turn.expect()
        readers.start("b", applies=0)
        await asyncio.sleep(1)
        assert not readers.order
        await asyncio.sleep(2)
        assert readers.order == ["b"]
        await turn.arrived()
        assert turn.held

    await readers.all()
