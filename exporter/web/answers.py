"""Answers that somebody else gives: each is kept for a while, and asked for once at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

MOST_KEPT = 1000
"""Answers of either sort. Refusals, which anybody can cause, push out none of the others."""

MOST_UNDER_WAY = 50
"""Questions that are being asked; who comes with another one is told so at once."""

T = TypeVar("T")


class NoAnswer(Exception):
    """It cannot be found out now. One line, for logs alone."""


class Answers(Generic[T]):
    """
    What was answered to whom has a key. None is a refusal, and is kept as well.

    `ask` gives the answer and the seconds for which it holds; it may raise `NoAnswer`, which is
    never kept, and has a deadline of its own.
    """

    def __init__(self) -> None:
        self._given: OrderedDict[bytes, tuple[float, T]] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, None]] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Future[T | NoAnswer | None]] = {}

    async def of(
        self, key: bytes, ask: Callable[[], Awaitable[tuple[T | None, float]]]
    ) -> T | None:
        """
        What is kept under the key, or else what is answered now.

        Raises:
            NoAnswer: nothing is.
        """
        while True:
            for kept in (self._given, self._refused):
                ends, value = kept.get(key, (0.0, None))
                if ends > _now():
                    return value

            under_way = self._under_way.get(key)
            if under_way is None:
                return await self._asked(key, ask)

            await asyncio.wait([under_way])
            if under_way.cancelled():
                continue  # whoever asked has gone away

            told = under_way.result()
            if isinstance(told, NoAnswer):
                raise NoAnswer(str(told))

            return told

    async def _asked(
        self, key: bytes, ask: Callable[[], Awaitable[tuple[T | None, float]]]
    ) -> T | None:
        if len(self._under_way) >= MOST_UNDER_WAY:
            raise NoAnswer("too many questions are under way")

        told = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            value, seconds = await ask()
            told.set_result(value)
        except NoAnswer as problem:
            told.set_result(problem)
            raise
        finally:
            told.cancel()  # no effect on one that was told
            del self._under_way[key]

        if value is None:
            _keep(self._refused, key, (_now() + seconds, None))
        else:
            _keep(self._given, key, (_now() + seconds, value))

        return value


def _keep(kept: OrderedDict[bytes, tuple[float, T]], key: bytes, answer: tuple[float, T]) -> None:
    kept[key] = answer
    kept.move_to_end(key)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _now() -> float:
    return asyncio.get_running_loop().time()
