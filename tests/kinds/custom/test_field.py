"""Fields of YAML documents, read as Go's yaml.v3 reads them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds.custom.field import root


def test_a_text_is_a_scalar_as_it_is_written() -> None:
    document = root("[yes, 1.50, 0x10, 2020-01-01, 'quoted', \"tab\\t\", TRUE]")

    assert document.texts() == ("yes", "1.50", "0x10", "2020-01-01", "quoted", "tab\t", "TRUE")


@pytest.mark.parametrize("null", ["", "~", "null", "Null"])
def test_a_null_is_not_there(null: str) -> None:
    field = root(f"a: {null}")["a"]

    assert not field.given
    assert (field.text(), field.texts(), field.entries()) == ("", (), {})
    assert (field.flag(), field.integer(), field["b"].text()) == (False, 0, "")


def test_nulls_of_a_list_are_left_out_and_those_of_a_map_stay() -> None:
    assert root("[a, ~, b]").texts() == ("a", "b")
    assert root("{a: ~, b: 1}").entries().keys() == {"a", "b"}


def test_a_quoted_null_is_a_text() -> None:
    assert root('a: ""')["a"].given
    assert root('["null"]').texts() == ("null",)


@pytest.mark.parametrize(
    ("text", "flag"),
    [("true", True), ("Yes", True), ("on", True), ("y", True), ("FALSE", False), ("no", False)],
)
def test_a_flag_is_any_word_for_it(text: str, flag: bool) -> None:
    assert root(f"a: {text}")["a"].flag() is flag


def test_an_integer_is_one() -> None:
    assert root("a: -3")["a"].integer() == -3


def test_merged_maps_give_what_a_map_does_not_have_itself() -> None:
    document = root("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2, d: 2}\nz: {<<: [*x, *y], c: 3}")

    assert {key: field.text() for key, field in document["z"].entries().items()} == {
        "a": "1",
        "b": "1",
        "c": "3",
        "d": "2",
    }


def test_only_the_first_document_counts() -> None:
    assert root("a: 1\n---\na: [")["a"].text() == "1"


def test_json_may_be_indented_with_tabs() -> None:
    assert root('{\n\t"a": [\n\t\t"b"\n\t]\n}')["a"].texts() == ("b",)


@given(
    st.dictionaries(st.text(st.characters(codec="ascii")), st.text(st.characters(codec="ascii")))
)
def test_json_reads_as_it_was_meant(document: dict[str, str]) -> None:
    fields = root(json.dumps(document)).entries()

    assert {key: field.text() for key, field in fields.items()} == document


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no document, expected one of kind CustomResourceStateMetrics"),
        ("# nothing", "no document, expected one of kind CustomResourceStateMetrics"),
        ("a: [", "not YAML: .* line 1, column 5"),
        ("a: \x00", "not YAML: .* position 3"),
        ("[" * 5000 + "]" * 5000, "not YAML: maximum recursion depth"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}") as refused:
        root(text)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "method", "problem"),
    [
        ("a: {b: 1}", "text", "a: expected a text"),
        ("a: [1, [2]]", "texts", "a[1]: expected a text"),
        ("a: b", "texts", "a: expected a list"),
        ("a: b", "entries", "a: expected a map"),
        ("a: {b: 1, b: 2}", "entries", "a: 'b' stands there twice"),
        ("a: {[b]: 1}", "entries", "a: a key is no text"),
        ("a: {<<: b}", "entries", "a: only maps can be merged"),
        ("a: 1", "flag", "a: expected true or false"),
        ("a: '5'", "integer", "a: expected an integer"),
        ("a: five", "integer", "a: expected an integer"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_path(
    text: str, method: str, problem: str
) -> None:
    with pytest.raises(ValueError) as refused:
        getattr(root(text)["a"], method)()

    assert str(refused.value) == problem
