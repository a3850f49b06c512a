"""Rules in which time passes faster are otherwise the same rules."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import promql_parser as promql
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.alerts.compression import (
    compressed,
    compressed_alertmanager,
    compressed_rules,
    duration,
)
from tests.alerts.rules import ALERTS, groups, rule_files

FACTOR = 60
LASTING = re.compile(r"\b\d+(?:ms|[smhdwy])\b")


def original() -> dict[str, Any]:
    return {"groups": [group for file in rule_files() for group in groups(file)]}


def expressions(rules: dict[str, Any]) -> list[promql.Expr]:
    return [promql.parse(rule["expr"]) for group in rules["groups"] for rule in group["rules"]]


def lasting(node: promql.Expr) -> list[timedelta]:
    """All ranges, steps and offsets below a node, as Prometheus' grammar reads them."""
    match node:
        case promql.VectorSelector():
            return [node.offset] if node.offset else []
        case promql.MatrixSelector():
            return [node.range, *lasting(node.vector_selector)]
        case promql.SubqueryExpr():
            own = [each for each in (node.range, node.step, node.offset) if each]
            return [*own, *lasting(node.expr)]
        case promql.Call():
            return [found for each in node.args for found in lasting(each)]
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return lasting(node.expr)
        case promql.BinaryExpr():
            return [*lasting(node.lhs), *lasting(node.rhs)]
        case _:
            return []


def test_every_range_and_offset_of_the_rules_is_shorter() -> None:
    before = [lasting(each) for each in expressions(original())]
    after = [lasting(each) for each in expressions(compressed_rules(FACTOR))]

    assert sum(map(len, before)) > 20
    assert after == [[each / FACTOR for each in found] for found in before]


def test_nothing_else_of_an_expression_changes() -> None:
    for before, after in zip(
        expressions(original()), expressions(compressed_rules(FACTOR)), strict=True
    ):
        assert LASTING.sub("", str(after)) == LASTING.sub("", str(before))


def test_what_alerts_wait_for_is_shorter_and_all_else_of_a_rule_is_the_same() -> None:
    before = [rule for group in original()["groups"] for rule in group["rules"]]
    after = [rule for group in compressed_rules(FACTOR)["groups"] for rule in group["rules"]]
    for one, other in zip(before, after, strict=True):
        for key in ("for", "keep_firing_for"):
            assert (key in one) is (key in other)
            if key in one:
                assert duration(other.pop(key)) * FACTOR == duration(one.pop(key))
        assert {**one, "expr": ""} == {**other, "expr": ""}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rate(a[5m])", "rate(a[5000ms])"),
        ("a offset 1h", "a offset 60000ms"),
        ("a offset -1h30m", "a offset -90000ms"),
        ("max_over_time(a[1d:5m] offset 1h)", "max_over_time(a[1440000ms:5000ms] offset 60000ms)"),
        ('a{b="[5m] offset 1h"} # offset 1h', 'a{b="[5m] offset 1h"} # offset 1h'),
        (r'a{b="\"[5m]"}', r'a{b="\"[5m]"}'),
        ("cluster:up:rate5m > 5", "cluster:up:rate5m > 5"),
        ("sum by (a5m) (level:up:5m)", "sum by (a5m) (level:up:5m)"),
        ("a - time() < 14 * 86400", "a - time() < 14 * 86400"),
    ],
)
def test_durations_are_told_from_what_looks_like_them(before: str, after: str) -> None:
    assert compressed(before, FACTOR) == after


@given(st.text())
def test_a_label_s_value_stays_what_it_is(value: str) -> None:
    quoted = '"' + value.replace("\\", r"\\").replace('"', r"\"") + '"'

    assert compressed(f"a{{b={quoted}}}", FACTOR) == f"a{{b={quoted}}}"


def test_alertmanager_waits_less_and_notifies_webhooks() -> None:
    before = yaml.safe_load((ALERTS / "alertmanager.yaml").read_text())
    after = compressed_alertmanager(FACTOR, {"pager": "http://127.0.0.1:1/pager"})

    assert after["inhibit_rules"] == before["inhibit_rules"]
    for key in ("group_wait", "group_interval", "repeat_interval"):
        assert duration(after["route"].pop(key)) * FACTOR == duration(before["route"].pop(key))
    for one, other in zip(before["route"]["routes"], after["route"]["routes"], strict=True):
        assert one["matchers"] == other["matchers"]
        assert ("repeat_interval" in one) is ("repeat_interval" in other)
    webhook = {"webhook_configs": [{"url": "http://127.0.0.1:1/pager"}]}
    assert after["receivers"] == [
        {**receiver, **(webhook if receiver["name"] == "pager" else {})}
        for receiver in before["receivers"]
    ]
