"""A colour and the alert that belongs to it begin at the same number."""

import pytest
from promql_parser import parse

from dashboards.source import limits
from dashboards.source.words.panel import Bars, Stat
from dashboards.source.words.table import Table
from dashboards.source.words.threshold import PLAIN, Limit, Threshold
from tests.dashboards.asked import asked
from tests.dashboards.promql import numbers
from tests.dashboards.series import rules

THRESHOLDS = {name: value for name, value in vars(limits).items() if isinstance(value, Threshold)}
LIMITS = [
    (name, threshold, limit)
    for name, threshold in THRESHOLDS.items()
    for limit in threshold.limits
    if limit.alert
]


@pytest.mark.parametrize(
    ("threshold", "limit"),
    [(threshold, limit) for _, threshold, limit in LIMITS],
    ids=[f"{name} {limit.severity}" for name, _, limit in LIMITS],
)
def test_the_alert_of_that_severity_has_that_number(threshold: Threshold, limit: Limit) -> None:
    expressions = [
        parse(rule["expr"])
        for rule in rules()
        if rule.get("alert") == limit.alert and rule["labels"]["severity"] == limit.severity
    ]

    assert expressions, f"alerts/ has no {limit.alert} of severity {limit.severity}"
    if not threshold.counts:
        assert any(limit.value in numbers(expression) for expression in expressions)


def used() -> list[Threshold]:
    found = []
    for panel in {id(one.panel): one.panel for one in asked()}.values():
        if isinstance(panel, Stat | Bars):
            found.append(panel.threshold)
        elif isinstance(panel, Table):
            found += [column.threshold for column in panel.columns]

    return found


def test_colours_begin_nowhere_else() -> None:
    assert [one for one in used() if one != PLAIN and one not in THRESHOLDS.values()] == []


def test_every_limit_colours_something() -> None:
    assert {name for name, one in THRESHOLDS.items() if one not in used()} == set()
