"""Paths to fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds.custom.path import Path
from exporter.kinds.custom.value import OutOfRange

FIELDS: dict[str, Any] = {
    "metadata": {"name": "foo", "labels": {"a=b": "c", "a=b=c": "d", "tier": "web"}},
    "spec": {
        "order": [
            5,
            {"id": 1, "value": True},
            {"id": "2", "value": False, "ratio": 0.5},
            {"id": 3, "value": "yes"},
            {"id": None},
        ],
        "matrix": [[1, 2], [3]],
    },
    "status": {
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Ready", "status": "False"},
            {"type": "a=b", "status": "Unknown"},
        ]
    },
}

ORDER = FIELDS["spec"]["order"]


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([], FIELDS),
        (["metadata", "name"], "foo"),
        (["metadata", "none", "at", "all"], None),
        (["metadata", "name", "further"], None),
        (["spec", "order", "0"], 5),
        (["spec", "order", "+1", "id"], 1),
        (["spec", "order", "-1"], {"id": None}),
        (["spec", "order", "id"], None),
        (["spec", "order", "1.0"], None),
        (["spec", "order", "\u0661"], None),
        (["spec", "matrix", "0", "1"], 2),
        (["status", "conditions", "[type=Ready]", "status"], "True"),
        (["status", "conditions", "[type=a=b]", "status"], "Unknown"),
        (["status", "conditions", "[type=Gone]"], None),
        (["status", "conditions", "[none=x]"], None),
        (["status", "[type=Ready]"], None),
        (["spec", "order", "[id=2]"], ORDER[2]),
        (["spec", "order", "[id=1.0]"], ORDER[1]),
        (["spec", "order", "[ratio=500m]"], ORDER[2]),
        (["spec", "order", "[value=false]"], ORDER[2]),
        (["spec", "order", "[value=T]"], ORDER[1]),
        (["spec", "order", "[value=1]"], ORDER[1]),
        (["spec", "order", "[value=no]"], ORDER[2]),
        (["metadata", "name=foo"], "foo"),
        (["metadata", "name=bar"], None),
        (["metadata", "labels", "a=b"], "c"),
        (["metadata", "labels", "a=b=c"], "d"),
    ],
)
def test_a_path_leads_to_what_stands_there(parts: list[str], value: Any) -> None:
    assert Path(parts).of(FIELDS) == value


def test_a_text_that_means_the_number_is_found_by_it() -> None:
    assert Path(["[id=1]"]).of([{"id": "yes"}, {"id": 1}]) == {"id": "yes"}


def test_large_integers_meet_in_floats_as_they_do_in_go() -> None:
    assert Path([f"[id={2**53}]"]).of([{"id": 2**53 + 1}]) == {"id": 2**53 + 1}


def test_nothing_leads_nowhere() -> None:
    assert Path([]).of(None) is None
    assert Path(["a"]).of(None) is None


@given(st.lists(st.integers() | st.text(), max_size=5), st.integers(-7, 7))
def test_an_index_counts_from_either_end_and_says_when_it_is_beyond(
    items: list[object], index: int
) -> None:
    inside = -len(items) <= index < len(items)

    assert Path([str(index)]).of(items) == (items[index] if inside else OutOfRange(str(index)))


def test_beyond_what_is_beyond_a_list_there_is_nothing() -> None:
    assert Path(["3", "name"]).of([]) is None


maps = st.dictionaries(st.sampled_from("ab"), st.sampled_from(["x", "y", "Ready"]))


@given(st.lists(maps, max_size=5), st.sampled_from("ab"), st.sampled_from(["x", "y", "Ready"]))
def test_a_lookup_finds_the_first_map_that_fits(
    items: list[dict[str, str]], key: str, wanted: str
) -> None:
    first = next((item for item in items if item.get(key) == wanted), None)

    assert Path([f"[{key}={wanted}]"]).of(items) == first


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner),
    max_leaves=10,
)
parts = st.lists(st.sampled_from(["a", "b", "0", "-1", "[a=0]", "[b=true]", "a=b"]), max_size=3)


@given(json_values, parts)
def test_no_value_is_too_odd_to_be_walked(value: object, path: list[str]) -> None:
    found = Path(path).of(value)

    assert path or found is value


@pytest.mark.parametrize("part", ["[]", "[type]", "[type:Ready]"])
def test_what_looks_like_a_lookup_has_to_be_one(part: str) -> None:
    with pytest.raises(ValueError, match="no list lookup"):
        Path(["status", part])


@pytest.mark.parametrize(
    ("parts", "key"),
    [(["cpu"], "cpu"), ([], None), (["a", "b"], None), (["a,b"], None), ([""], None)],
)
def test_a_path_of_one_key_is_known_as_such(parts: list[str], key: str | None) -> None:
    assert Path(parts).single_key == key
