"""Labels from fields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds.custom.label import LabelPaths, is_label_name, label_name
from exporter.kinds.custom.path import Path

FIELDS = {
    "name": "foo",
    "labels": {"app.kubernetes.io/name": "shop", "foo": "from labels", "none": None},
    "notes": {"foo": "from notes"},
    "count": 3,
    "missing": None,
}


def labels(paths: dict[str, list[str]]) -> dict[str, str]:
    return LabelPaths({name: Path(parts) for name, parts in paths.items()}).of(FIELDS)


def test_a_label_shows_a_field_as_text() -> None:
    assert labels({"name": ["name"], "n": ["count"]}) == {"name": "foo", "n": "3"}


def test_a_field_without_a_value_has_no_label() -> None:
    assert labels({"a": ["missing"], "b": ["name", "deeper"]}) == {}


def test_a_star_shows_all_entries_of_a_map_even_those_without_a_value() -> None:
    assert labels({"*": ["labels"]}) == {
        "app_kubernetes_io_name": "shop",
        "foo": "from labels",
        "none": "<nil>",
    }


def test_what_is_before_a_star_comes_before_each_key() -> None:
    assert labels({"note_*": ["notes"]}) == {"note_foo": "from notes"}
    assert labels({"**": ["notes"]}) == {"_foo": "from notes"}
    assert labels({"*1": ["notes"]}) == {"foo": "from notes"}


def test_a_star_over_something_else_than_a_map_shows_nothing() -> None:
    assert labels({"*": ["name"], "x_*": ["missing"]}) == {}


def test_the_last_of_several_stars_wins_and_a_label_of_its_own_name_wins_over_all() -> None:
    assert labels({"*b": ["notes"], "*a": ["labels"]})["foo"] == "from notes"
    assert labels({"foo": ["name"], "*": ["labels"]})["foo"] == "foo"


def test_a_star_over_annotations_leaves_out_what_kubectl_applied() -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    annotations = {key: '{"password": "x"}', "a": "b"}

    assert LabelPaths({"*": Path([])}).of(annotations) == {"a": "b"}
    assert LabelPaths({"a": Path([key])}).of(annotations) == {"a": '{"password": "x"}'}


def test_keys_keep_their_case() -> None:
    assert label_name("app.kubernetes.io/partOf") == "app_kubernetes_io_partOf"


@given(st.text())
def test_whatever_a_key_is_its_label_has_a_name_that_prometheus_reads(key: str) -> None:
    assert is_label_name(label_name(key))
