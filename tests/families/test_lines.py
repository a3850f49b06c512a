"""Each shape of a family, written as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition import openmetrics
from exporter.exposition.text import Number
from exporter.families.family import LabelledNumber, Row, Rows
from exporter.families.lines import (
    write_histogram,
    write_labelled,
    write_mapping,
    write_nothing,
    write_number,
    write_optional_rows,
    write_rows,
    write_rows_of_one_label,
    write_states,
)
from exporter.families.selection import every_key
from tests.exposition.strict_parser import strictly_parsed

IDENTITY = 'cluster="c"'

Labels = Mapping[str, str]


def rows_as_they_are(rows: Rows) -> Rows:
    return rows


one_label = write_rows_of_one_label("x", "a", rows_as_they_are)
two_labels = write_rows("x", ("a", "b"), rows_as_they_are)
optional_labels = write_optional_rows("x", ("a", "b", "c"), rows_as_they_are)


def samples(page: str) -> list[tuple[Labels, float]]:
    return [
        (sample.labels, float(sample.value))
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def test_a_number_is_a_line_and_none_is_no_text() -> None:
    def written(number: Number | None) -> str:
        def of(obj: object) -> Number | None:
            return number

        return write_number("x", of)(IDENTITY, object())

    assert written(3) == 'x{cluster="c"} 3\n'
    assert written(0) == 'x{cluster="c"} 0\n'
    assert written(0.5) == 'x{cluster="c"} 0.5\n'
    assert written(True) == 'x{cluster="c"} 1\n'
    assert written(None) == ""


def test_a_row_is_a_line_behind_the_identity() -> None:
    assert two_labels(IDENTITY, [("x", "y", 1)]) == 'x{cluster="c",a="x",b="y"} 1\n'
    assert one_label(IDENTITY, [("x", 1)]) == 'x{cluster="c",a="x"} 1\n'


def test_no_rows_are_no_text() -> None:
    assert two_labels(IDENTITY, []) == ""
    assert one_label(IDENTITY, ()) == ""
    assert write_nothing(IDENTITY, object()) == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-7, "-7"),
        (0.25, "0.25"),
        (1e22, "1e+22"),
        (True, "1"),
        (False, "0"),
        (inf, "+Inf"),
        (-inf, "-Inf"),
        (nan, "NaN"),
    ],
)
def test_a_number_is_spelt_as_prometheus_spells_it_in_every_row(number: Number, text: str) -> None:
    assert two_labels(IDENTITY, [("x", "1", number), ("x", "2", 1), ("x", "3", number)]) == (
        f'x{{cluster="c",a="x",b="1"}} {text}\n'
        'x{cluster="c",a="x",b="2"} 1\n'
        f'x{{cluster="c",a="x",b="3"}} {text}\n'
    )
    assert one_label(IDENTITY, [("1", 1), ("2", number)]) == (
        f'x{{cluster="c",a="1"}} 1\nx{{cluster="c",a="2"}} {text}\n'
    )


def test_of_rows_with_the_same_labels_the_first_is_written() -> None:
    assert two_labels(IDENTITY, [("x", "y", 1), ("z", "y", 2), ("x", "y", 3)]) == (
        'x{cluster="c",a="x",b="y"} 1\nx{cluster="c",a="z",b="y"} 2\n'
    )
    assert two_labels(IDENTITY, [("x", "y", 1), ("x", "y", 2)]) == 'x{cluster="c",a="x",b="y"} 1\n'
    assert one_label(IDENTITY, [("x", 1), ("x", 2)]) == 'x{cluster="c",a="x"} 1\n'


def test_an_optional_label_that_is_none_is_left_out() -> None:
    rows = [("x", "y", None, 1), ("x", None, "", 2.5), ("x", None, "", 3), ('"', None, "\\", 4)]

    assert optional_labels(IDENTITY, rows) == (
        'x{cluster="c",a="x",b="y"} 1\n'
        'x{cluster="c",a="x",c=""} 2.5\n'
        'x{cluster="c",a="\\"",c="\\\\"} 4\n'
    )
    assert optional_labels(IDENTITY, []) == ""


def test_backslashes_quotes_and_newlines_are_escaped_and_nothing_else() -> None:
    assert two_labels(IDENTITY, [("a\\b", 'c"d\ne\r\t\u2028', 1)]) == (
        'x{cluster="c",a="a\\\\b",b="c\\"d\\ne\r\t\u2028"} 1\n'
    )
    assert one_label(IDENTITY, [('\\"\n\r', 1)]) == 'x{cluster="c",a="\\\\\\"\\n\r"} 1\n'


odd = st.text() | st.text(alphabet='\\"\n\r\x00\x85\u2028\U0001f600a{},=% ', max_size=6)
numbers = st.integers(0, 3) | st.floats(0, 3)
rows_of_any_text = st.lists(st.tuples(odd, odd, numbers), max_size=5)


def first_of_each(rows: Sequence[Row]) -> dict[Row, float]:
    first: dict[Row, float] = {}
    for *values, number in rows:
        first.setdefault(tuple(values), float(number))

    return first


@given(rows_of_any_text)
def test_whatever_two_labels_hold_it_reads_back_each_series_once(rows: list[Row]) -> None:
    page = two_labels(IDENTITY, rows)
    first = first_of_each(rows)

    assert page.count("\n") == len(first)
    assert samples(page) == [
        ({"cluster": "c", "a": a, "b": b}, number) for (a, b), number in first.items()
    ]


@given(st.lists(st.tuples(odd, numbers), max_size=5))
def test_whatever_one_label_holds_it_reads_back_each_series_once(rows: list[Row]) -> None:
    page = one_label(IDENTITY, rows)
    first = first_of_each(rows)

    assert page.count("\n") == len(first)
    assert samples(page) == [({"cluster": "c", "a": a}, number) for (a,), number in first.items()]


@given(rows_of_any_text)
def test_it_reads_back_by_a_strict_openmetrics_parser_too(rows: list[Row]) -> None:
    write = write_rows("rows_total", ("a", "b"), rows_as_they_are)
    page = openmetrics.header("rows_total", "counter", "Rows.").decode()
    page += write(IDENTITY, rows) + openmetrics.END.decode()
    (parsed,) = strictly_parsed(page)

    assert parsed.type == "counter"
    assert {(one.labels["a"], one.labels["b"]) for one in parsed.samples} == {
        (a, b) for a, b, _ in rows
    }


def states(current: str | None, identity: str = IDENTITY) -> str:
    def of(obj: object) -> str | None:
        return current

    return write_states("x", "phase", ("New", 'O"ld'), of)(identity, object())


def test_of_the_states_the_current_one_is_1_and_the_others_0() -> None:
    assert states("New") == 'x{cluster="c",phase="New"} 1\nx{cluster="c",phase="O\\"ld"} 0\n'
    assert states('O"ld') == 'x{cluster="c",phase="New"} 0\nx{cluster="c",phase="O\\"ld"} 1\n'


def test_a_state_outside_the_set_leaves_all_of_them_at_zero_and_none_is_no_text() -> None:
    assert [line[-1] for line in states("Odd\x00").splitlines()] == ["0", "0"]
    assert states(None) == ""


def test_an_identity_is_written_once_in_each_state_whatever_it_holds() -> None:
    identity = 'cluster="a\\"\x00\\\\b"'

    assert states("New", identity) == (
        f'x{{{identity},phase="New"}} 1\nx{{{identity},phase="O\\"ld"}} 0\n'
    )


def test_a_mapping_is_one_series_with_the_keys_as_label_names() -> None:
    def of(labels: Labels) -> Labels:
        return labels

    write = write_mapping("x", "label_", every_key, str.upper, of)

    assert write(IDENTITY, {"b": 'q"', "a.b/c": "1"}) == (
        'x{cluster="c",LABEL_A_B_C="1",LABEL_B="q\\""} 1\n'
    )
    assert write(IDENTITY, {}) == 'x{cluster="c"} 1\n'


def labelled(*series: LabelledNumber, identity: tuple[str, ...] = ("cluster",)) -> str:
    """What is written of an object whose series bring their own labels."""
    begin = ",".join(f'{name}="c"' for name in identity)
    return write_labelled("x", frozenset(identity), lambda _: series)(begin, None)


def test_labels_that_differ_from_series_to_series_are_written_in_alphabetical_order() -> None:
    assert labelled(({"b": 'q"', "a": "\\"}, 1), ({}, 0.5)) == (
        'x{cluster="c",a="\\\\",b="q\\""} 1\nx{cluster="c"} 0.5\n'
    )


def test_of_two_series_with_the_same_labels_in_any_order_the_first_is_written() -> None:
    assert labelled(({"a": "1", "b": "2"}, 1), ({"b": "2", "a": "1"}, 2)) == (
        'x{cluster="c",a="1",b="2"} 1\n'
    )


def test_a_label_named_as_one_that_every_line_begins_with_gets_a_name_that_is_free() -> None:
    series = {"cluster": "1", "exported_cluster": "2", "team": "3"}

    assert labelled((series, 1), identity=("cluster", "team")) == (
        'x{cluster="c",team="c",exported_cluster="2",exported_exported_cluster="1",'
        'exported_team="3"} 1\n'
    )


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("ab"), odd), st.integers(0, 3))))
def test_whatever_series_hold_each_reads_back_once(series: list[LabelledNumber]) -> None:
    first: dict[frozenset[tuple[str, str]], float] = {}
    for labels, number in series:
        first.setdefault(frozenset(labels.items()), number)

    read = [(frozenset(labels.items()), value) for labels, value in samples(labelled(*series))]

    assert read == [(labels | {("cluster", "c")}, value) for labels, value in first.items()]


@dataclass(frozen=True)
class Buckets:
    """A `HistogramValue`."""

    buckets: Sequence[tuple[str, int]]
    sum: float
    count: int


def test_a_histogram_has_its_buckets_sum_and_count() -> None:
    write = write_histogram("wait_seconds", ("verb",), rows_as_they_are)

    assert write(IDENTITY, [('"get"', Buckets((("0.1", 1), ("1", 2)), 2.5, 3))]) == (
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="0.1"} 1\n'
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="1"} 2\n'
        'wait_seconds_bucket{cluster="c",verb="\\"get\\"",le="+Inf"} 3\n'
        'wait_seconds_sum{cluster="c",verb="\\"get\\""} 2.5\n'
        'wait_seconds_count{cluster="c",verb="\\"get\\""} 3\n'
    )
