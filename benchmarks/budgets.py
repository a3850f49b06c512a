"""What figures may be at most: by benchmark and figure, on the value or on the ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.figure import Figure
from benchmarks.sizes import FULL, Sizes


@dataclass(frozen=True)
class Budget:
    """
    `most` of the figure's value or ratio. `sizes` are fields of `Sizes` without whose full value
    the figure says nothing about the budget, such as the memory for a number of pods.
    """

    most: float
    of: Literal["value", "ratio"]
    sizes: tuple[str, ...] = ()

    def kept(self, figure: Figure, sizes: Sizes) -> bool | None:
        """None: at these sizes that cannot be said."""
        if any(getattr(sizes, name) != getattr(FULL, name) for name in self.sizes):
            return None

        measured = figure.value if self.of == "value" else figure.ratio
        assert measured is not None, f"a budget on a ratio that {figure.name!r} has not"
        return measured <= self.most


_PODS = ("pods",)
_FLEET = ("clusters", "pods_per_cluster")
_SMALL = ("small_clusters", "pods_per_small_cluster")

BUDGETS = {
    ("sync", "first sync"): Budget(0.5, "ratio"),
    ("scrape", "gzip"): Budget(0.02, "ratio"),
    ("scrape", "gzip, 1 % of the pods changed"): Budget(0.1, "ratio"),
    ("scrape", "plain"): Budget(0.3, "ratio"),
    ("memory", "empty process"): Budget(135, "value"),
    ("memory", "above the empty process"): Budget(45, "value", _PODS),
    ("memory", "one pod more"): Budget(1_600, "value", _PODS),
    ("memory", "at most, until synced"): Budget(1.5, "ratio", _PODS),
    ("memory", "above the empty process, after scrapes"): Budget(110, "value", _PODS),
    ("update", "100 updates/s, a scrape every 15 s"): Budget(15, "value", _PODS),
    ("update", "event to page, p99"): Budget(100, "value"),
    ("fleet", "resident"): Budget(550, "value", _FLEET),
    ("fleet", "one cluster, gzip, time"): Budget(5, "value", _FLEET),
    ("fleet", "everything, plain, longest pause"): Budget(50, "value", _FLEET),
    ("fleet", "everything, gzip, longest pause"): Budget(50, "value", _FLEET),
    ("small-clusters", "resident"): Budget(1_000, "value", _SMALL),
}
