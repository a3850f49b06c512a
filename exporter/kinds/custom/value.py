"""
The value of a field as text and as a number, the way kube-state-metrics gets either.

Source of the rules: Go's package fmt, verb ``%v``, of what its client decodes JSON into; and
kube-state-metrics' documentation, "Type conversion and special handling".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exporter.exposition.text import Number

Reading = Callable[[str], Number | None]
"""What number a text is; None if it is none."""


@dataclass(frozen=True)
class OutOfRange:
    """
    What a path finds at an index that a list does not have. kube-state-metrics takes its error
    message for the value, which makes a difference where that is shown as a label.
    """

    index: str

    def __str__(self) -> str:
        return f"list index out of range: {self.index}"


def text_of(value: Any) -> str:
    """``true``, ``56.25``, ``[a b]``, ``map[a:1 b:<nil>]``: what a label shows."""
    match value:
        case None:
            return "<nil>"

        case bool():
            return "true" if value else "false"

        case int():
            # What an int64 cannot hold has been decoded as a float.
            return str(value) if -(2**63) <= value < 2**63 else _float_text(float(value))

        case float():
            return _float_text(value)

        case dict():
            pairs = (f"{key}:{text_of(item)}" for key, item in sorted(value.items()))
            return f"map[{' '.join(pairs)}]"

        case list():
            return f"[{' '.join(map(text_of, value))}]"

        case _:
            return str(value)


def _float_text(value: float) -> str:
    """As few digits as tell it apart; with an exponent below 0.0001 and from a million on."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    prefix = "-" if sign else ""
    text = "".join(map(str, digits))
    if power < -4 or power >= 6:
        fraction = f".{text[1:]}" if text[1:] else ""
        return f"{prefix}{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02}"

    return f"{prefix}{Decimal((0, digits, int(exponent))):f}"


def number_of(value: Any, reading: Reading) -> Number | None:
    """The number that a sample shows; texts are read by `reading`, lists and maps are none."""
    match value:
        case bool():
            return int(value)

        case int() | float():
            return value

        case str():
            return reading(value)

        case _:
            return None
