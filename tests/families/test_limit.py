"""Label values cut to a length."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from exporter.families.family import LabelledOf, MappingOf, RowsOf, Shape, Single, States
from exporter.families.limit import cut, limited


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_no_value_is_longer_than_the_limit_and_none_ends_in_half_a_character(
    value: str, limit: int
) -> None:
    shown = cut(value, limit)

    assert len(shown.encode()) <= limit
    assert value.startswith(shown)
    assert shown == value or len((shown + value[len(shown)]).encode()) > limit


@given(st.text())
def test_without_a_limit_values_stay_as_they_are(value: str) -> None:
    assert cut(value, 0) == value


def test_values_of_rows_are_cut_and_numbers_and_absent_labels_stay() -> None:
    shape: Shape[None] = limited(RowsOf(lambda _: [("abcdef", None, 1234567)], optional=True), 3)

    assert isinstance(shape, RowsOf)
    assert shape.optional
    assert shape.of(None) == [("abc", None, 1234567)]


def test_values_of_mappings_are_cut_and_keys_stay() -> None:
    def of(_: object) -> Mapping[str, str]:
        return {"a-long-key": "abcdef"}

    shape = limited(MappingOf(of, "label_", None), 3)

    assert isinstance(shape, MappingOf)
    assert shape.of(None) == {"a-long-key": "abc"}


def test_values_of_custom_resources_are_cut() -> None:
    shape: Shape[None] = limited(LabelledOf(lambda _: [({"name": "abcdef"}, 1)]), 3)

    assert isinstance(shape, LabelledOf)
    assert list(shape.of(None)) == [({"name": "abc"}, 1)]


def test_what_has_no_free_text_stays_as_it_is() -> None:
    number: Single[None] = Single(lambda _: 1)
    states: States[None] = States(lambda _: "Running", ("Running", "Pending"))

    assert limited(number, 3) is number
    assert limited(states, 3) is states
