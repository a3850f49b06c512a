"""
What a PromQL expression reads and which labels its result has, found without evaluating it.

promtool knows whether an expression is well formed; only we know which metrics exist, with which
labels, and that a series that lost its cluster is useless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import promql_parser as promql

Labels = frozenset[str]

SCRAPED = frozenset({"job", "instance"})
"""Labels that Prometheus gives to whatever it scrapes."""

OF_A_COUNTER = {"rate", "irate", "increase"}
"""The functions that know what to do when a process starts anew and counts from zero."""


@dataclass(frozen=True)
class Series:
    """What is known of a metric: its labels, without those of the scrape, and whether it counts."""

    labels: Labels
    counter: bool = False
    scraped: bool = True
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """All values that a label can have, where they are a closed set."""


class Reading:
    """
    One expression, read. `labels` are those of its result, none of a scalar; `metrics` those that
    it reads; `faults` what is wrong with it, a sentence each.

    `fleet`: it is about the whole fleet and may drop the label cluster.
    """

    def __init__(self, expression: str, known: Mapping[str, Series], *, fleet: bool) -> None:
        self.metrics: set[str] = set()
        self.faults: list[str] = []
        self._known = known
        self.labels = self._of(promql.parse(expression), fleet=fleet) or frozenset()

    def _of(self, node: object, *, fleet: bool, counts: bool = False) -> Labels | None:
        """`counts`: whatever holds the node knows what a counter is."""
        match node:
            case promql.VectorSelector():
                return self._selector(node, counts=counts)
            case promql.MatrixSelector():
                return self._selector(node.vector_selector, counts=counts)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self._of(node.expr, fleet=fleet, counts=counts)
            case promql.Call():
                return self._call(node, fleet=fleet)
            case promql.AggregateExpr():
                return self._aggregate(node, fleet=fleet)
            case promql.BinaryExpr():
                return self._binary(node, fleet=fleet)
            case promql.NumberLiteral() | promql.StringLiteral():
                return None
            case _:
                raise TypeError(f"an expression of a sort not thought of: {node}")

    def _selector(self, node: promql.VectorSelector, *, counts: bool) -> Labels:
        name = node.name
        if name is None:
            self.faults.append(f"{node} names no metric: nobody can say what it reads")
            return frozenset()

        self.metrics.add(name)
        series = self._known.get(name)
        if series is None:
            self.faults.append(f"there is no metric {name}")
            return frozenset()

        labels = series.labels | SCRAPED if series.scraped else series.labels
        for matcher in node.matchers.matchers:
            if matcher.name not in labels:
                self.faults.append(f"{name} has no label {matcher.name}")
            self._values(name, series, matcher)

        if series.counter and not counts:
            self.faults.append(f"{name} counts since the exporter's start; say rate or increase")

        return labels

    def _values(self, name: str, series: Series, matcher: promql.Matcher) -> None:
        possible = series.values.get(matcher.name)
        if possible is None:
            return

        regex = matcher.op in (promql.MatchOp.Re, promql.MatchOp.NotRe)
        pattern = matcher.value if regex else re.escape(matcher.value)
        for part in pattern.split("|"):
            if not any(re.fullmatch(part, value) for value in possible):
                self.faults.append(f"{name}: {matcher.name} is never {matcher.value}")

    def _call(self, node: promql.Call, *, fleet: bool) -> Labels | None:
        counts = node.func.name in OF_A_COUNTER
        found = [self._of(each, fleet=fleet, counts=counts) for each in node.args]
        vectors = [labels for labels in found if labels is not None]
        if not vectors:
            return None

        (labels,) = vectors
        match node.func.name:
            case "absent":
                return self._equal_matchers(node.args[0])
            case "label_replace":
                return labels | {node.args[1].val}
            case "histogram_quantile":
                if "le" not in labels:
                    self.faults.append("histogram_quantile needs the label le")
                return labels - {"le"}
            case _:
                return labels

    def _equal_matchers(self, node: promql.VectorSelector) -> Labels:
        matchers = node.matchers.matchers
        return frozenset(each.name for each in matchers if each.op == promql.MatchOp.Equal)

    def _aggregate(self, node: promql.AggregateExpr, *, fleet: bool) -> Labels:
        inner = self._of(node.expr, fleet=fleet, counts=str(node.op) == "group")
        assert inner is not None
        if node.modifier is not None and node.modifier.type == promql.AggModifierType.Without:
            self.faults.append(
                "say by and not without: what a scrape adds differs from set-up to set-up"
            )
            return inner - frozenset(node.modifier.labels)

        kept = frozenset(node.modifier.labels if node.modifier is not None else ())
        for label in sorted(kept - inner):
            self.faults.append(f"{node.op} by {label}: there is no such label in {node.expr}")
        if "cluster" in inner - kept and not fleet:
            self.faults.append(f"{node.op} drops the cluster of {node.expr}")
        return kept

    def _binary(self, node: promql.BinaryExpr, *, fleet: bool) -> Labels | None:
        modifier = node.modifier
        matching = modifier.matching if modifier is not None else None
        # What is matched on () is one number about the fleet, and only filters the other side.
        number = matching is not None and not matching.labels
        many = _many(node)
        left = self._of(node.lhs, fleet=fleet or (number and many != "left"))
        right = self._of(node.rhs, fleet=fleet or (number and many != "right"))
        if left is None or right is None:
            return right if left is None else left

        if modifier is None or matching is None:
            if left != right:
                self.faults.append(f"{node.op} of {sorted(left)} and {sorted(right)}: say on (…)")
            return left

        if matching.type == promql.LabelModifierType.Exclude:
            self.faults.append("say on and not ignoring: it shows what is compared")
            return left

        on = frozenset(matching.labels)
        for label in sorted(on - (left & right)):
            self.faults.append(f"{node.op} on {label}: not both sides have it")
        if on and "cluster" in (left & right) - on:
            self.faults.append(f"{node.op} on {sorted(on)} mixes clusters")
        if str(node.op) == "or" and left != right:
            self.faults.append(f"or of {sorted(left)} and {sorted(right)}")

        extra = frozenset(modifier.group_labels or ())
        return {"left": left | extra, "right": right | extra, "neither": on}[many]


def _many(node: promql.BinaryExpr) -> str:
    """Of which side all labels are in the result: `left`, `right` or `neither`."""
    if str(node.op) in ("and", "unless", "or"):
        return "left"

    match node.modifier.card if node.modifier is not None else None:
        case promql.VectorMatchCardinality.ManyToOne:
            return "left"
        case promql.VectorMatchCardinality.OneToMany:
            return "right"
        case _:
            return "neither"
