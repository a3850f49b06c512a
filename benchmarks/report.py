"""How figures are printed, each beside its budget."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.budgets import BUDGETS
from benchmarks.figure import Figure
from benchmarks.sizes import Sizes

_HEADER = ("benchmark", "figure", "value", "unit", "ratio", "to", "budget", "kept")
_RIGHT = (False, False, True, False, True, False, False, False)
_KEPT = {True: "yes", False: "NO", None: "with --full"}


def table(figures: Mapping[str, Sequence[Figure]], sizes: Sizes) -> str:
    """One line a figure, for people."""
    rows = [_HEADER]
    for benchmark, found in figures.items():
        for one in found:
            ratio = "" if one.ratio is None else f"{one.ratio:.3g}"
            budget = _budget(benchmark, one, sizes)
            rows.append((benchmark, one.name, number(one.value), one.unit, ratio, one.to, *budget))

    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, _RIGHT, strict=True)
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
                benchmark: {one.name: _fields(benchmark, one, sizes) for one in found}
                for benchmark, found in figures.items()
            },
        },
        indent=1,
    )


def number(value: float) -> str:
    """Three digits that mean something, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _budget(benchmark: str, figure: Figure, sizes: Sizes) -> tuple[str, str]:
    """The budget and whether it is kept; both empty where there is none."""
    budget = BUDGETS.get((benchmark, figure.name))
    if budget is None:
        return "", ""

    unit = "times" if budget.of == "ratio" else figure.unit
    return f"≤ {number(budget.most)} {unit}", _KEPT[budget.kept(figure, sizes)]


def _fields(benchmark: str, figure: Figure, sizes: Sizes) -> dict[str, Any]:
    budget = BUDGETS.get((benchmark, figure.name))
    if budget is None:
        return asdict(figure)

    return {**asdict(figure), "budget": asdict(budget), "kept": budget.kept(figure, sizes)}
