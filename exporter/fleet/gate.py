"""Taking turns: of all who want to do something only a few do it at the same moment."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """
    At most `width` turns are taken at once. One that waits for its cluster for longer than
    `patience` seconds is lent meanwhile, so that who is slow delays itself.

    Next is the cluster that has the fewest turns, lent ones included, and of those the one that
    came first. So a cluster that hangs is passed over while others wait, and clusters are done one
    after the other rather than all of them in the end.
    """

    def __init__(self, width: int, patience: float) -> None:
        self.patience = patience
        self._free = width
        self._turns: Counter[str] = Counter()
        self._waiting: dict[str, deque[Turn]] = {}
        self._returning: deque[Turn] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn, or to have a lent one back."""
        queues = [self._returning, *self._waiting.values()]
        return sum(not turn.granted.done() for queue in queues for turn in queue)

    @asynccontextmanager
    async def turn(self, cluster: str) -> AsyncIterator[Turn]:
        """
        Wait for a turn of `cluster`; it lasts as long as the block. The cluster is waited for from
        the beginning.
        """
        turn = Turn(self, cluster)
        self._waiting.setdefault(cluster, deque()).append(turn)
        self._hand_out()
        try:
            await turn.granted
            turn.expect()
            yield turn
        finally:
            self._end(turn)

    def lend(self, turn: Turn) -> None:
        """Let another one have it for now."""
        turn.granted = asyncio.get_running_loop().create_future()
        self._free += 1
        self._hand_out()

    async def give_back(self, turn: Turn) -> None:
        """Wait for a turn that was lent; those come before all others."""
        self._returning.append(turn)
        self._hand_out()
        await turn.granted

    def _end(self, turn: Turn) -> None:
        turn.stop_waiting()
        if turn.begun:
            self._turns[turn.cluster] -= 1
            if not self._turns[turn.cluster]:
                del self._turns[turn.cluster]

        if turn.held:
            self._free += 1
            self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (turn := self._next()) is not None:
            self._free -= 1
            if not turn.begun:
                turn.begun = True
                self._turns[turn.cluster] += 1

            turn.granted.set_result(None)

    def _next(self) -> Turn | None:
        """Who is to have the next turn; those that were cancelled meanwhile no longer wait."""
        while self._returning or self._waiting:
            turn = self._returning.popleft() if self._returning else self._first()
            if not turn.granted.done():
                return turn

        return None

    def _first(self) -> Turn:
        # One without turns is among the first, as a rule; thousands may wait.
        without = (cluster for cluster in self._waiting if cluster not in self._turns)
        cluster = next(without, None) or min(self._waiting, key=self._turns.__getitem__)
        turns = self._waiting[cluster]
        turn = turns.popleft()
        if not turns:
            del self._waiting[cluster]

        return turn


class Turn:
    """Something that only a few may do at once, done for `cluster`. Its gate changes it."""

    def __init__(self, gate: Gate, cluster: str) -> None:
        self.cluster = cluster
        self.begun = False
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gate = gate
        self._patience: asyncio.TimerHandle | None = None

    @property
    def held(self) -> bool:
        """Whether it is its time: granted, and not lent."""
        return self.granted.done() and not self.granted.cancelled()

    def expect(self) -> None:
        """The cluster is waited for; while that takes too long, the turn is lent."""
        self.stop_waiting()
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._gate.patience, self._gate.lend, self)

    async def arrived(self) -> None:
        """What was waited for has come; a turn that was lent has to be given back first."""
        self.stop_waiting()
        if not self.held:
            await self._gate.give_back(self)

    def stop_waiting(self) -> None:
        """It is not lent any more."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
