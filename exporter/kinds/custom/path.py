"""
Paths to a field: ``[status, conditions, "[type=Ready]", status]``.

Source of the rules: kube-state-metrics' documentation, "Path Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from exporter.exposition.text import Number
from exporter.kinds.custom.reading import any_number
from exporter.kinds.custom.value import OutOfRange, number_of

_Step = Callable[[Any], Any]

_INDEX = re.compile(r"[+-]?[0-9]{1,18}")

_TRUTH = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
"""What Go's strconv.ParseBool reads."""


class Path:
    """
    Raises:
        ValueError: a part looks like a list lookup and is none. Names the part.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = tuple(parts)
        self._steps = tuple(_step(part) for part in parts)

    @property
    def single_key(self) -> str | None:
        """The key, if the path is a key and nothing else."""
        if len(self._parts) == 1 and "," not in self._parts[0]:
            return self._parts[0] or None

        return None

    def of(self, value: Any) -> Any:
        """What stands there in `value`; None if nothing does."""
        for step in self._steps:
            if value is None:
                return None

            value = step(value)

        return value


def _step(part: str) -> _Step:
    if part.startswith("[") and part.endswith("]"):
        key, equals, wanted = part[1:-1].partition("=")
        if not equals:
            raise ValueError(f"{part!r} is no list lookup such as [type=Ready]")

        return _lookup(key, wanted)

    return _field_or_index(part)


def _lookup(key: str, wanted: str) -> _Step:
    """The first map in a list whose `key` is `wanted`, as a text, a number or a truth."""
    number = any_number(wanted)
    truth = _TRUTH.get(wanted)

    def fits(value: Any) -> bool:
        if isinstance(value, str) and value == wanted:
            return True

        if number is not None and _equal(number, number_of(value, any_number)):
            return True

        return truth is not None and value is truth

    def step(value: Any) -> Any:
        if isinstance(value, list):
            for one in value:
                if isinstance(one, dict) and key in one and fits(one[key]):
                    return one

        return None

    return step


def _equal(one: Number, other: Number | None) -> bool:
    """As Go's floats, in which large integers meet."""
    return other is not None and float(one) == float(other)


def _field_or_index(part: str) -> _Step:
    key, equals, wanted = part.partition("=")
    compares = bool(equals) and "=" not in wanted
    index = int(part) if _INDEX.fullmatch(part) else None

    def step(value: Any) -> Any:
        match value:
            case dict():
                if compares and isinstance(value.get(key), str) and value[key] == wanted:
                    return wanted

                return value.get(part)

            case list() if index is not None:
                return value[index] if -len(value) <= index < len(value) else OutOfRange(part)

            case _:
                return None

    return step
