"""
The text of some objects of one kind, compressed family by family.

Sixty-four objects in a block is a compromise that was measured on pods: blocks of 16 take a fifth
more memory, those of 256 save a twentieth and cost four times as much when an object changes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from isal import isal_zlib

from exporter.exposition.segment import LEVEL, Draft, Part, deflate, inflate

PLACES = 64
"""Objects in a block."""

_EMPTY = (b"",) * PLACES

Admit = Callable[[int, bytes, bytes], bytes]
"""(family, an object's lines until now, its new lines) → the lines that it gets."""


class Block:
    """
    Up to `PLACES` objects, each at a place of its own.

    `parts` has one entry a family: a segment of all objects' lines in the order of their places, or
    a draft with a piece for each place while the family keeps changing. It is replaced and never
    changed, so whoever has it keeps one state of the block.
    """

    __slots__ = ("_changed", "_lengths", "parts")

    def __init__(self, parts: tuple[Part, ...], lengths: array[int]) -> None:
        self.parts = parts
        self._changed = False
        # How long each object's lines are in each segment, to cut it up again. The numbers are
        # much alike and take a few bytes an object.
        self._lengths = _packed(lengths)

    def replace(self, place: int, texts: Sequence[bytes], admit: Admit) -> None:
        """
        Put an object's lines, one text a family, where another's or nothing was.

        Only families whose lines differ are touched, and only for those is `admit` asked.
        """
        parts = list(self.parts)
        lengths: array[int] | None = None
        for family, (part, text) in enumerate(zip(self.parts, texts, strict=True)):
            if isinstance(part, Draft):
                pieces = part.pieces
            elif part:
                lengths = lengths or _unpacked(self._lengths)
                row = lengths[family * PLACES : (family + 1) * PLACES]
                if not (found := _changed_pieces(part, row, place, text)):
                    continue

                pieces = found
            else:
                pieces = _EMPTY

            if pieces[place] != text and (
                pieces[place] != (taken := admit(family, pieces[place], text))
            ):
                parts[family] = Draft(pieces).replaced(place, taken)

        if any(old is not new for old, new in zip(self.parts, parts, strict=True)):
            self.parts = tuple(parts)
            self._changed = True

    def settle(self) -> bool:
        """
        Compress what did not change since this was called before; whether all is compressed now.
        """
        if self._changed:
            self._changed = False
            return False

        lengths = _unpacked(self._lengths)
        for family, part in enumerate(self.parts):
            if isinstance(part, Draft):
                row = array("I", map(len, part.pieces))
                lengths[family * PLACES : (family + 1) * PLACES] = row

        self.parts = tuple(part.segment if isinstance(part, Draft) else part for part in self.parts)
        self._lengths = _packed(lengths)
        return True


def packed(columns: Sequence[Sequence[str]]) -> tuple[Block, list[int]]:
    """
    A block of new objects, of each family the objects' texts, and how many lines each family has.
    """
    lengths = array("I")
    parts, lines = [], []
    for column in columns:
        joined = "".join(column)
        text = joined.encode()
        ascii_alone = len(text) == len(joined)
        lengths.extend(map(len, column if ascii_alone else (one.encode() for one in column)))
        lengths.extend([0] * (PLACES - len(column)))
        parts.append(deflate(text))
        lines.append(text.count(b"\n"))

    return Block(tuple(parts), lengths), lines


def _changed_pieces(
    segment: bytes, lengths: array[int], place: int, text: bytes
) -> tuple[bytes, ...]:
    """The texts of all objects in a segment, if the one at `place` is not `text`."""
    if not lengths[place] and not text:
        return ()

    whole = inflate((segment,))
    start = sum(lengths[:place])
    if whole[start : start + lengths[place]] == text:
        return ()

    return tuple(whole[start:end] for start, end in pairwise(accumulate(lengths, initial=0)))


def _packed(lengths: array[int]) -> bytes:
    return isal_zlib.compress(lengths.tobytes(), LEVEL)


def _unpacked(lengths: bytes) -> array[int]:
    return array("I", isal_zlib.decompress(lengths))
