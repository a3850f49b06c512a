"""Medians and percentiles."""

from __future__ import annotations

import pytest

from benchmarks.figure import Figure, median, percentile


def test_the_ratio_is_that_of_the_middle_pair_not_of_the_medians() -> None:
    slow_meanwhile = median("sync", [1.0, 20.0, 3.0], "s", [2.0, 40.0, 3.0], "json.loads")

    assert slow_meanwhile == Figure("sync", 3.0, "s", 0.5, "json.loads")


def test_a_figure_without_anything_beside_it_has_no_ratio() -> None:
    assert median("resident", [3.0, 1.0, 2.0], "MB") == Figure("resident", 2.0, "MB")


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: int) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


def test_the_99th_percentile_of_few_values_is_the_largest() -> None:
    assert percentile([2.0, 1.0], 99) == 2.0
