"""Conditions as series."""

from __future__ import annotations

import pytest

from exporter.families.condition import condition_rows
from exporter.kubernetes.objects import Condition


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        ("True", (1, 0, 0)),
        ("False", (0, 1, 0)),
        ("Unknown", (0, 0, 1)),
        ("", (0, 0, 0)),
        ("true", (0, 0, 0)),
        ("Maybe", (0, 0, 0)),
    ],
)
def test_one_of_three_series_is_1_if_kubernetes_knows_the_status(
    status: str, numbers: tuple[int, int, int]
) -> None:
    true, false, unknown = numbers

    assert condition_rows([Condition(type="Ready", status=status)]) == [
        ("Ready", "true", true),
        ("Ready", "false", false),
        ("Ready", "unknown", unknown),
    ]


def test_every_condition_has_its_series() -> None:
    conditions = [Condition(type="A", status="True"), Condition(type="B", status="True")]

    assert [row[0] for row in condition_rows(conditions)] == ["A", "A", "A", "B", "B", "B"]
