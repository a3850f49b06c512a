import asyncio

import pytest

from exporter.web import answers
from exporter.web.answers import Answers, NoAnswer


class Oracle:
    """Answers with `value` for `seconds`, once it is let."""

    def __init__(self, value: str | None = "yes", seconds: float = 60) -> None:
        self.value = value
        self.seconds = seconds
        self.asked = 0
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self) -> tuple[str | None, float]:
        self.asked += 1
        await self.let.wait()
        if self.value == "fault":
            raise NoAnswer("a fault")

        return self.value, self.seconds


@pytest.mark.looptime
@pytest.mark.parametrize("value", ["yes", None])
async def test_an_answer_holds_for_its_seconds_a_refusal_too(value: str | None) -> None:
    kept: Answers[str] = Answers()
    oracle = Oracle(value, 60)

    assert await kept.of(b"a", oracle) == value
    await asyncio.sleep(59)
    assert await kept.of(b"a", oracle) == value
    assert oracle.asked == 1
    await asyncio.sleep(2)
    await kept.of(b"a", oracle)
    assert oracle.asked == 2


async def test_those_who_ask_the_same_at_the_same_time_share_one_question() -> None:
    kept: Answers[str] = Answers()
    oracle = Oracle()
    oracle.let.clear()
    asking = [asyncio.create_task(kept.of(b"a", oracle)) for _ in range(5)]
    other = asyncio.create_task(kept.of(b"b", oracle))
    await asyncio.sleep(0)
    oracle.let.set()

    assert await asyncio.gather(*asking, other) == ["yes"] * 6
    assert oracle.asked == 2


async def test_a_fault_is_that_of_all_who_ask_and_is_not_kept() -> None:
    kept: Answers[str] = Answers()
    oracle = Oracle("fault")
    oracle.let.clear()
    asking = [asyncio.create_task(kept.of(b"a", oracle)) for _ in range(3)]
    await asyncio.sleep(0)
    oracle.let.set()
    problems = await asyncio.gather(*asking, return_exceptions=True)
    oracle.value = "yes"

    assert [str(one) for one in problems] == ["a fault"] * 3
    assert await kept.of(b"a", oracle) == "yes"
    assert oracle.asked == 2


async def test_when_the_one_who_asks_goes_away_the_next_one_asks() -> None:
    kept: Answers[str] = Answers()
    oracle = Oracle()
    oracle.let.clear()
    first, second = (asyncio.create_task(kept.of(b"a", oracle)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    oracle.let.set()

    assert await second == "yes"
    assert oracle.asked == 2


async def test_who_comes_with_one_question_too_many_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "MOST_UNDER_WAY", 2)
    kept: Answers[str] = Answers()
    oracle = Oracle()
    oracle.let.clear()
    asking = [asyncio.create_task(kept.of(key, oracle)) for key in (b"a", b"b")]
    await asyncio.sleep(0)
    with pytest.raises(NoAnswer):
        await kept.of(b"c", oracle)

    oracle.let.set()
    await asyncio.gather(*asking)


async def test_refusals_push_out_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_KEPT", 2)
    kept: Answers[str] = Answers()
    known, unknown = Oracle("yes"), Oracle(None)
    await kept.of(b"a", known)
    for number in range(10):
        await kept.of(b"%d" % number, unknown)

    await kept.of(b"a", known)
    await kept.of(b"9", unknown)
    await kept.of(b"0", unknown)

    assert (known.asked, unknown.asked) == (1, 11)
