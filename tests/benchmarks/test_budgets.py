"""When a budget is kept, and when nobody can say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.budgets import Budget
from benchmarks.figure import Figure
from benchmarks.sizes import FULL, Sizes

RESIDENT = Figure("resident", 44.0, "MB", 0.6, "the text")


@pytest.mark.parametrize(
    ("budget", "kept"),
    [
        (Budget(44, "value"), True),
        (Budget(43.9, "value"), False),
        (Budget(0.6, "ratio"), True),
        (Budget(0.5, "ratio"), False),
    ],
)
def test_a_budget_is_kept_up_to_its_limit(budget: Budget, kept: bool) -> None:
    assert budget.kept(RESIDENT, Sizes()) is kept


def test_a_budget_for_ten_thousand_pods_says_nothing_about_fewer() -> None:
    budget = Budget(45, "value", ("pods",))

    assert budget.kept(RESIDENT, replace(FULL, pods=100)) is None
    assert budget.kept(RESIDENT, replace(FULL, clusters=1)) is True
