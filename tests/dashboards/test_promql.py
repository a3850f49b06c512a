import pytest
from promql_parser import parse

from tests.dashboards.promql import (
    Labels,
    UnknownLabel,
    counted_twice,
    guards,
    labels_of,
    numbers,
    selectors,
)

SERIES = {
    "up": ("cluster", "job"),
    "pods": ("cluster", "namespace", "pod", "job"),
    "info": ("cluster", "region", "job"),
    "seconds_bucket": ("verb", "le"),
}


def series(name: str) -> Labels:
    return frozenset(SERIES[name])


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ('up{cluster="eu-1"}', "cluster job"),
        ("sum(up)", ""),
        ("max by (cluster) (up)", "cluster"),
        ("sum without (job, pod) (pods)", "cluster namespace"),
        ("topk(10, max by (cluster) (up))", "cluster"),
        ('count_values("value", max by (cluster) (up))', "value"),
        ("rate(pods[5m]) * 60", "cluster namespace pod job"),
        ("time() - max by (cluster) (up)", "cluster"),
        ("scalar(max(up)) - max by (cluster) (up)", "cluster"),
        ("max by (cluster) (up) == 0", "cluster"),
        ("sum(up) or vector(0)", ""),
        ("pods and on (cluster) up", "cluster namespace pod job"),
        ("pods unless on (cluster) up", "cluster namespace pod job"),
        ("max by (cluster) (up) or max by (cluster, region) (info)", "cluster"),
        ("pods / on (cluster) group_left () up", "cluster namespace pod job"),
        ("up * on (cluster) group_left (region) info", "cluster job region"),
        ("up * on (cluster) group_right () pods", "cluster namespace pod job"),
        ("max by (cluster) (up) / on (cluster) max by (cluster) (info)", "cluster"),
        ("max by (cluster) (up) - max by (cluster) (info)", "cluster"),
        ("histogram_quantile(0.9, sum by (verb, le) (seconds_bucket))", "verb"),
        ('label_replace(up, "name", "$1", "cluster", "(.+)")', "cluster job name"),
        ("avg_over_time(max by (cluster) (up)[1h:1m])", "cluster"),
    ],
)
def test_the_labels_of_a_result_are_known(expression: str, labels: str) -> None:
    assert labels_of(parse(expression), series) == set(labels.split())


@pytest.mark.parametrize(
    "expression",
    [
        'up{pod="a"}',
        "sum by (pod) (up)",
        "pods and on (region) up",
        "up and on (pod) pods",
        "pods * on (cluster) group_left (region) up",
        'label_replace(up, "a", "$1", "pod", "(.+)")',
        "histogram_quantile(0.9, sum by (verb) (seconds_bucket))",
    ],
)
def test_a_label_that_is_not_there_is_told(expression: str) -> None:
    with pytest.raises(UnknownLabel):
        labels_of(parse(expression), series)


def test_everything_that_is_read_is_found() -> None:
    expression = parse("topk(scalar(a), rate(b[5m]) / c) unless on () avg_over_time(d[1h:1m])")

    assert [one.name for one in selectors(expression)] == ["b", "c", "a", "d"]


def test_what_only_chooses_is_a_guard() -> None:
    expression = parse("a and on (x) (b unless c)")

    assert [str(one) for one in guards(expression)] == [str(parse("(b unless c)")), str(parse("c"))]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("sum(a)", ["a"]),
        ("count(a == 1)", ["a"]),
        ("sum by (x) (rate(a[5m]))", ["a"]),
        ("a", ["a"]),
        ("topk(10, a)", ["a"]),
        ("max by (x) (a) / b", ["b"]),
        ("sum(max by (x) (a))", []),
        ("count(group by (x) (a))", []),
        ("sum(sum by (x) (max by (x, y) (rate(a[5m]))))", []),
        ("max(a) and b", []),
        ("sum(recorded)", []),
    ],
)
def test_what_would_count_twice_is_told(expression: str, names: list[str]) -> None:
    assert counted_twice(parse(expression), lambda name: name in ("a", "b")) == names


def test_products_of_numbers_are_computed() -> None:
    assert numbers(parse("(min(a) - time() < 14 * 86400) > 0.5")) == {14 * 86_400, 0.5}
