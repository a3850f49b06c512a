"""What is printed."""

from __future__ import annotations

import json

import pytest

from benchmarks.budgets import BUDGETS, Budget
from benchmarks.figure import Figure
from benchmarks.report import document, table
from benchmarks.sizes import FULL, Sizes

FIRST_SYNC = Figure("first sync", 176.2, "µs", 0.9056, "json.loads")
RESIDENT = Figure("resident", 44.06, "MB")


@pytest.fixture(autouse=True)
def budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUDGETS, ("sync", "first sync"), Budget(0.5, "ratio"))
    monkeypatch.setitem(BUDGETS, ("sync", "resident"), Budget(45, "value", ("pods",)))


def test_the_table_has_a_line_for_each_figure_with_its_budget() -> None:
    figures = {"sync": [FIRST_SYNC, RESIDENT, Figure("time", 0.5, "s")]}

    header, *lines = [line.split() for line in table(figures, FULL).splitlines()]

    assert header == ["benchmark", "figure", "value", "unit", "ratio", "to", "budget", "kept"]
    assert lines == [
        ["sync", "first", "sync", "176", "µs", "0.906", "json.loads", "≤", "0.5", "times", "NO"],
        ["sync", "resident", "44.1", "MB", "≤", "45", "MB", "yes"],
        ["sync", "time", "0.5", "s"],
    ]


def test_the_table_says_when_a_budget_is_for_other_sizes() -> None:
    assert table({"sync": [RESIDENT]}, Sizes()).splitlines()[1].endswith("≤ 45 MB  with --full")


def test_the_document_keeps_every_digit_under_the_figures_name() -> None:
    written = json.loads(document({"sync": [FIRST_SYNC, RESIDENT]}, Sizes(pods_per_cluster=3)))

    figures = written["figures"]["sync"]
    assert figures["first sync"]["ratio"] == 0.9056
    assert figures["first sync"]["value"] == 176.2
    assert figures["first sync"]["kept"] is False
    assert figures["resident"]["kept"] is None
    assert written["sizes"]["pods_per_cluster"] == 3
