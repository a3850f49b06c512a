"""What every query of every dashboard keeps to; an exception would need a reason."""

import pytest
from promql_parser import AggregateExpr, BinaryExpr, Expr, ParenExpr

from dashboards.source import DASHBOARDS
from dashboards.source.words.panel import Stat, legend_labels
from dashboards.source.words.table import Table
from tests.dashboards.asked import Asked, asked
from tests.dashboards.promql import counted_twice, guards, matchers, nodes, selectors
from tests.dashboards.series import AWAITED, exposed, is_of_a_cluster, labels_of_series

MANY = {
    "cluster", "namespace", "node", "deployment", "statefulset", "daemonset", "pod", "container",
    "job_name", "cronjob", "alertname", "path", "uid", "git_version",
}  # fmt: skip
"""Labels that may have more values than lines can be told apart."""

COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")


def test_every_metric_and_label_exists() -> None:
    """What neither the exporter's catalogue has nor alerts/ records is a query for nothing."""
    for one in asked():
        try:
            assert one.labels >= set()
        except Exception as error:
            error.add_note(one.where)
            raise


def test_what_was_awaited_and_has_come_is_no_longer_awaited() -> None:
    assert AWAITED.keys() & exposed().keys() == set()


def test_what_is_awaited_is_asked_for() -> None:
    assert AWAITED.keys() <= {name for one in asked() for name in one.names}


def test_what_is_scraped_twice_counts_once() -> None:
    """README's own example scrapes the facts by two jobs."""
    twice = {one.where: counted_twice(one.expression, is_of_a_cluster) for one in asked()}

    assert {where: names for where, names in twice.items() if names} == {}


def test_no_job_and_no_instance_is_written_down() -> None:
    """Everybody calls their jobs otherwise."""
    fixed = [
        one.where
        for one in asked()
        for selector in selectors(one.expression)
        if matchers(selector).keys() & {"job", "instance"}
    ]

    assert fixed == []


def unmatched(one: Asked) -> list[str]:
    """What is read whatever is chosen."""
    guarding = {str(found) for guard in guards(one.expression) for found in selectors(guard)}
    return [
        f"{one.where}: {selector.name} for any {variable.name}"
        for selector in selectors(one.expression)
        if str(selector) not in guarding and matchers(selector).get("scope") != "fleet"
        for variable in one.dashboard.variables
        if variable.name in labels_of_series(selector.name or "")
        and matchers(selector).get(variable.name) != variable.all_value
    ]


def test_what_is_chosen_holds_for_everything_that_is_read() -> None:
    """But for guards, which add no series, and for alerts about the fleet as a whole."""
    assert [found for one in asked() for found in unmatched(one)] == []


def is_bounded(node: Expr) -> bool:
    match node:
        case AggregateExpr():
            return str(node.op) in ("topk", "bottomk")

        case ParenExpr():
            return is_bounded(node.expr)

        case BinaryExpr():
            return is_bounded(node.lhs)

        case _:
            return False


def test_no_graph_has_more_lines_than_can_be_told_apart() -> None:
    unbounded = {
        one.where: one.labels & MANY
        for one in asked()
        if not isinstance(one.panel, Stat | Table)
        and one.labels & MANY
        and not is_bounded(one.expression)
    }

    assert unbounded == {}


def test_a_stat_has_one_series() -> None:
    labels = {one.where: one.labels for one in asked() if isinstance(one.panel, Stat)}

    assert {where: several for where, several in labels.items() if several} == {}


def counts_some(node: Expr) -> bool:
    """Whether it counts what is left by a comparison: where nothing is, there is no number."""
    inside = list(nodes(node))
    counting = [one for one in inside if isinstance(one, AggregateExpr) and str(one.op) == "count"]
    compared = [
        below
        for one in counting
        for below in nodes(one.expr)
        if isinstance(below, BinaryExpr) and str(below.op) in COMPARISONS
    ]
    return bool(compared)


def test_a_stat_that_counts_what_is_wrong_shows_zero_where_nothing_is() -> None:
    """Else good news look like a broken query."""
    silent = [
        one.where
        for one in asked()
        if isinstance(one.panel, Stat)
        and counts_some(one.expression)
        and not one.query.text.endswith("or vector(0)")
    ]

    assert silent == []


def test_a_legend_tells_series_apart_by_labels_that_they_have() -> None:
    for one in asked():
        if not isinstance(one.panel, Stat | Table):
            named = legend_labels(one.query.legend)
            assert one.query.legend, one.where
            assert set(named) == one.labels, one.where
            assert "cluster" not in named or named[0] == "cluster", one.where


TABLES = [
    (dashboard, panel)
    for dashboard in DASHBOARDS
    for panel in dashboard.panels
    if isinstance(panel, Table)
]


@pytest.mark.parametrize(
    ("dashboard", "table"), TABLES, ids=[f"{one.name} {table.title}" for one, table in TABLES]
)
def test_what_stands_in_a_row_has_the_labels_of_the_row(dashboard: object, table: Table) -> None:
    labels = [one.labels for one in asked() if one.dashboard is dashboard and one.panel is table]
    shared = frozenset.intersection(*labels)

    assert frozenset.union(*labels) == set(table.labels)
    for column, found in zip(table.columns, labels, strict=True):
        assert not column.title or found == shared, column.title


@pytest.mark.parametrize("table", [table for _, table in TABLES], ids=lambda table: table.title)
def test_a_table_is_sorted_by_something_that_it_shows(table: Table) -> None:
    shown = {label.replace("_", " ").capitalize() for label in table.labels}

    assert table.sort in shown | {column.title for column in table.columns if column.title}
