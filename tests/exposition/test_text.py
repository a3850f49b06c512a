"""The Prometheus text format."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition.text import escape_value, header, number_text


@given(st.text())
def test_any_label_value_reads_back_as_it_was(value: str) -> None:
    page = f'x{{a="{escape_value(value)}",b=""}} 1\n'
    (family,) = text_string_to_metric_families(page)

    assert page.count("\n") == 1
    assert family.samples[0].labels == {"a": value, "b": ""}


@given(st.one_of(st.floats(), st.integers(min_value=-(2**63), max_value=2**63)))
def test_any_number_reads_back_as_it_was(value: float) -> None:
    (family,) = text_string_to_metric_families(f"x {number_text(value)}\n")
    read = float(family.samples[0].value)

    assert read == float(value) or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (True, "1"),
        (False, "0"),
        (0.1, "0.1"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_are_spelt_as_prometheus_spells_them(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_header_tells_help_and_type() -> None:
    assert header("x_total", "counter", 'a "b"\\c\nd') == (
        b'# HELP x_total a "b"\\\\c\\nd\n# TYPE x_total counter\n'
    )


@pytest.mark.parametrize("type_", ["info", "stateset"])
def test_what_only_openmetrics_knows_is_a_gauge(type_: Literal["info", "stateset"]) -> None:
    assert header("x_info", type_, "X.") == b"# HELP x_info X.\n# TYPE x_info gauge\n"
