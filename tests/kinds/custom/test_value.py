"""Values of fields as texts and numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds.custom.reading import any_number
from exporter.kinds.custom.value import OutOfRange, number_of, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it\nis", "as it\nis"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**63 - 1, "9223372036854775807"),
        (2**63, "9.223372036854776e+18"),
        (10**20, "1e+20"),
        (56.25, "56.25"),
        (1.0, "1"),
        (-0.0, "-0"),
        (123456.0, "123456"),
        (1000000.0, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (1e100, "1e+100"),
        ([], "[]"),
        (["a", "b c"], "[a b c]"),
        ({}, "map[]"),
        ({"b": [1, None], "a": {"x": True}}, "map[a:map[x:true] b:[1 <nil>]]"),
    ],
)
def test_a_value_reads_as_go_prints_it(value: Any, text: str) -> None:
    assert text_of(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_floats_text_is_that_float(value: float) -> None:
    assert float(text_of(value)) == value


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_an_integers_text_is_that_integer(value: int) -> None:
    assert int(text_of(value)) == value


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (True, 1),
        (False, 0),
        (5, 5),
        (0.5, 0.5),
        ("250m", 0.25),
        ("word", None),
        (None, None),
        ([1], None),
        ({"a": 1}, None),
        (OutOfRange("3"), None),
    ],
)
def test_truths_numbers_and_texts_are_numbers_and_nothing_else_is(
    value: Any, number: float | None
) -> None:
    assert number_of(value, any_number) == number


def test_an_index_that_a_list_does_not_have_is_named_in_a_label() -> None:
    assert text_of(OutOfRange("-4")) == "list index out of range: -4"
