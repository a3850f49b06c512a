"""A figure, and its ratio to something measured beside it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`; `ratio` is how many times `to` that is, where there is something."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""


def median(
    name: str, values: Sequence[float], unit: str, against: Sequence[float] = (), to: str = ""
) -> Figure:
    """
    The median of repetitions. `against` has one entry for each of `values`, in the same unit and
    taken beside it, so that a machine that slows down meanwhile does not change the ratio.
    """
    ratios = [value / base for value, base in zip(values, against, strict=True)] if against else []
    ratio = statistics.median(ratios) if ratios else None
    return Figure(name, statistics.median(values), unit, ratio, to)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of `values` that is not below `percent` % of them."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
