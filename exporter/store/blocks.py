"""
All objects of one kind in one cluster: which block has which, and how many series there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.exposition.segment import Part
from exporter.kubernetes.objects import Key
from exporter.store.block import PLACES, Block, packed
from exporter.store.budget import Budget, Tally


class Blocks:
    """
    Objects by key, each at a place of a block. A place that became free is the next object's.

    `families` is how many texts an object has. Lines for which the budget has no room are refused:
    a family of an object is shown whole or not at all. They get another chance when the object
    changes or is listed again.
    """

    def __init__(self, families: int, budget: Budget, instead: Tally | None = None) -> None:
        self.tally = Tally(families, budget, instead)
        self._unlimited = budget.unlimited
        self._nothing = ("",) * families
        self._blocks: list[Block] = []
        # One string for a key takes less than a tuple of two.
        self._places: dict[str, int] = {}
        self._free: list[int] = []
        self._refused: dict[str, int] = {}
        self._unsettled: set[Block] = set()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: Key) -> bool:
        return _name(key) in self._places

    @property
    def refused(self) -> int:
        """How many series there is no room for."""
        return sum(self._refused.values())

    @property
    def parts(self) -> tuple[tuple[Part, ...], ...]:
        """
        The parts of every block, one a family; later changes do not reach them. Without objects
        there are none, whatever was there before.
        """
        return tuple([block.parts for block in self._blocks])

    def append(self, keys: Sequence[Key], columns: Sequence[Sequence[str]]) -> None:
        """
        Objects of a list, of each family their texts: a whole block, but for the list's last ones.
        None of them is there already.
        """
        names = [_name(key) for key in keys]
        if not self._unlimited:
            columns = [self._admitted(names, *column) for column in enumerate(columns)]

        block, lines = packed(columns)
        first = len(self._blocks) * PLACES
        self._places.update(zip(names, range(first, first + len(names)), strict=True))
        self._free += reversed(range(first + len(names), first + PLACES))
        self._blocks.append(block)
        if self._unlimited:  # otherwise they were counted one by one
            self.tally.add_all(lines)

    def _admitted(self, names: Sequence[str], family: int, texts: Sequence[str]) -> Sequence[str]:
        """The texts of one family, those that are refused empty."""
        admitted = []
        for name, text in zip(names, texts, strict=True):
            lines = text.count("\n")
            if self.tally.admits(family, lines):
                self.tally.add(family, lines)
                admitted.append(text)
            else:
                self._refuse(name, lines)
                admitted.append("")

        return admitted

    def put(self, key: Key, texts: Sequence[str]) -> None:
        """An object is new or has changed."""
        name = _name(key)
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = self._free_place()

        self._replace(name, place, texts)

    def remove(self, key: Key) -> None:
        """An object has gone, if it was there."""
        name = _name(key)
        place = self._places.pop(name, None)
        if place is not None:
            self._replace(name, place, self._nothing)
            self._free.append(place)

        if not self._places:
            self._blocks, self._free = [], []
            self._unsettled.clear()

    def settle(self) -> Iterator[None]:
        """Compress the blocks that did not change since this was called before, one a step."""
        for block in tuple(self._unsettled):
            if block.settle():
                self._unsettled.discard(block)

            yield

    def _free_place(self) -> int:
        if not self._free:
            self.append((), [()] * len(self._nothing))

        return self._free.pop()

    def _replace(self, name: str, place: int, texts: Sequence[str]) -> None:
        self._refused.pop(name, None)

        def admit(family: int, before: bytes, after: bytes) -> bytes:
            lost, gained = before.count(b"\n"), after.count(b"\n")
            if not self.tally.admits(family, gained - lost):
                self._refuse(name, gained)
                after, gained = b"", 0

            self.tally.add(family, gained - lost)
            return after

        block = self._blocks[place // PLACES]
        block.replace(place % PLACES, [text.encode() for text in texts], admit)
        self._unsettled.add(block)

    def _refuse(self, name: str, lines: int) -> None:
        self._refused[name] = self._refused.get(name, 0) + lines


def _name(key: Key) -> str:
    """No part of a key has a slash (Kubernetes API conventions, names)."""
    namespace, name = key
    return f"{namespace}/{name}"
