"""A figure, its ratio to something measured beside it, and how figures are printed."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.sizes import Sizes


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


def table(figures: Mapping[str, Sequence[Figure]]) -> str:
    """One line a figure, for people."""
    rows = [("benchmark", "figure", "value", "unit", "ratio", "to")]
    for benchmark, found in figures.items():
        for one in found:
            ratio = "" if one.ratio is None else f"{one.ratio:.3g}"
            rows.append((benchmark, one.name, _number(one.value), one.unit, ratio, one.to))

    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = (False, False, True, False, True, False)
    lines = [
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def document(figures: Mapping[str, Sequence[Figure]], sizes: Sizes) -> str:
    """Everything as JSON, to be compared with another run's."""
    return json.dumps(
        {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "sizes": asdict(sizes),
            "figures": {
                benchmark: {one.name: asdict(one) for one in found}
                for benchmark, found in figures.items()
            },
        },
        indent=1,
    )


def _number(value: float) -> str:
    """Three digits that mean something, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
