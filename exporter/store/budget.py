"""How many series a cluster, and each family of it, may have on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SeriesLimit:
    """Most series of one cluster, and of one family of one cluster; 0 is no limit."""

    cluster: int = 0
    family: int = 0


class Budget:
    """What all kinds of one cluster share. `used` counts the series that are shown."""

    def __init__(self, limit: SeriesLimit) -> None:
        self.limit = limit
        self.used = 0

    @property
    def unlimited(self) -> bool:
        """Whether nothing is ever refused."""
        return not (self.limit.cluster or self.limit.family)


class Tally:
    """
    The series of one kind, family by family, counted against the budget of the cluster.

    The tally of a list that is not whole yet is compared with what there would be if it were shown
    `instead` of the present one; only `show` makes it count for others.
    """

    def __init__(self, families: int, budget: Budget, instead: Tally | None = None) -> None:
        self.series = [0] * families
        self.total = 0
        self._budget = budget
        self._instead = instead
        self._shown = instead is None

    def show(self) -> None:
        """This one is shown from now on."""
        if self._instead is not None:
            self._budget.used += self.total - self._instead.total

        self._instead = None
        self._shown = True

    def admits(self, family: int, change: int) -> bool:
        """
        Whether a family of an object may grow by `change` lines. Whatever does not grow may.
        """
        if change <= 0 or self._budget.unlimited:
            return True

        limit = self._budget.limit
        if limit.family and self.series[family] + change > limit.family:
            return False

        replaced = 0 if self._shown else self.total - (self._instead.total if self._instead else 0)
        return not limit.cluster or self._budget.used + replaced + change <= limit.cluster

    def add(self, family: int, change: int) -> None:
        """A family has so many lines more."""
        self.series[family] += change
        self._add(change)

    def add_all(self, changes: Sequence[int]) -> None:
        """Each family has so many lines more."""
        self.series = [old + change for old, change in zip(self.series, changes, strict=True)]
        self._add(sum(changes))

    def _add(self, change: int) -> None:
        self.total += change
        if self._shown:
            self._budget.used += change
