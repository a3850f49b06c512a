"""The metric types of a document, each on a manifest."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from exporter.kinds.custom.document import read_document

SERIES = list[tuple[dict[str, str], float]]

STATUS: dict[str, Any] = {
    "phase": "Idle",
    "ready": "True",
    "replicas": 3,
    "empty": [],
    "sub": {
        "x": {"mode": "a", "ready": 2, "retries": None},
        "y": {"mode": "b", "ready": "no number"},
        "z": {},
    },
    "limits": {"cpu": "2", "memory": "1Gi"},
    "list": [{"id": 1, "val": 10, "state": "On"}, {"id": 2, "state": 7}, 5],
    "tags": ["red", "green", None],
    "owners": [{"kind": "Set"}, {}],
}


def series(type_: str, **section: Any) -> SERIES:
    """The series that a metric of this type makes of `STATUS`, its path being relative to it."""
    section["path"] = ["status", *section.get("path", [])]
    field = {"StateSet": "stateSet"}.get(type_, type_.lower())
    metric = {"name": "m", "each": {"type": type_, field: section}}
    document = read_document(yaml.safe_dump({"spec": {"resources": [{"metrics": [metric]}]}}))
    (found,) = document.entries[0].metrics
    return [(dict(labels), number) for labels, number in found.series({"status": STATUS}, {})]


def test_a_gauge_is_the_number_at_its_path() -> None:
    assert series("Gauge", path=["replicas"]) == [({}, 3)]
    assert series("Gauge", path=["ready"]) == [({}, 1)]


def test_a_gauge_without_a_number_has_no_series() -> None:
    assert series("Gauge", path=["phase"]) == []
    assert series("Gauge", path=["missing"]) == []


def test_a_gauge_without_a_value_may_be_zero() -> None:
    assert series("Gauge", path=["missing"], nilIsZero=True) == [({}, 0)]
    assert series("Gauge", path=["phase"], nilIsZero=True) == []
    assert series("Gauge", path=["empty"], nilIsZero=True) == []


def test_a_gauge_over_a_list_has_a_series_for_each_item_with_a_number() -> None:
    paths = {"id": ["id"]}

    assert series("Gauge", path=["list"], valueFrom=["val"], labelsFromPath=paths) == [
        ({"id": "1"}, 10)
    ]
    assert series("Gauge", path=["list"], valueFrom=["val"], nilIsZero=True) == [
        ({}, 10),
        ({}, 0),
        ({}, 0),
    ]


def test_a_gauge_over_a_map_has_a_series_for_each_entry_with_a_number() -> None:
    found = series(
        "Gauge",
        path=["sub"],
        valueFrom=["ready"],
        labelFromKey="key",
        labelsFromPath={"mode": ["mode"]},
    )

    assert found == [({"key": "x", "mode": "a"}, 2)]


def test_the_key_that_a_gauge_takes_its_value_from_may_be_the_maps_own() -> None:
    limits = {"path": ["limits"], "valueFrom": ["cpu"], "labelFromKey": "resource"}

    assert series("Gauge", **limits) == [({"resource": "cpu"}, 2)]
    assert series("Gauge", **limits, nilIsZero=True) == [
        ({"resource": "cpu"}, 2),
        ({"resource": "memory"}, 0),
    ]


def test_labels_of_a_map_as_a_whole_win_over_those_of_its_entries() -> None:
    found = series(
        "Gauge",
        path=["sub"],
        valueFrom=["ready"],
        labelFromKey="key",
        labelsFromPath={"mode": ["mode"], "key": ["y", "mode"]},
    )

    assert found == [({"key": "b", "mode": "a"}, 2)]


def test_a_gauge_reads_texts_as_it_is_told() -> None:
    assert series("Gauge", path=["limits"], labelFromKey="k", parse="number") == [({"k": "cpu"}, 2)]
    assert series("Gauge", path=["limits"], labelFromKey="k", parse="duration") == []
    assert series("Gauge", path=["replicas"], parse="duration") == [({}, 3)]


def test_a_count_is_the_length_of_a_list() -> None:
    assert series("Count", path=["list"], labelsFromPath={"first": ["0", "id"]}) == [
        ({"first": "1"}, 3)
    ]
    assert series("Count", path=["empty"]) == [({}, 0)]


def test_what_is_no_list_has_no_count() -> None:
    assert series("Count", path=["sub"]) == []
    assert series("Count", path=["phase"], nilIsZero=True) == []
    assert series("Count", path=["missing"]) == []
    assert series("Count", path=["missing"], nilIsZero=True) == [({}, 0)]


def test_an_info_shows_labels() -> None:
    assert series("Info", path=["phase"], labelsFromPath={"phase": []}) == [({"phase": "Idle"}, 1)]


def test_an_info_without_labels_has_no_series() -> None:
    assert series("Info", path=["phase"]) == []
    assert series("Info", path=["missing"], labelsFromPath={"a": []}) == []


def test_an_info_over_a_list_has_a_series_for_each_item_with_labels() -> None:
    assert series("Info", path=["tags"], labelsFromPath={"tag": []}) == [
        ({"tag": "red"}, 1),
        ({"tag": "green"}, 1),
    ]
    assert series("Info", path=["owners"], labelsFromPath={"kind": ["kind"]}) == [
        ({"kind": "Set"}, 1)
    ]


def test_an_info_over_a_map_has_a_series_for_each_entry_and_one_for_the_map() -> None:
    assert series("Info", path=["sub"], labelsFromPath={"mode": ["mode"]}) == [
        ({"mode": "a"}, 1),
        ({"mode": "b"}, 1),
    ]
    assert series("Info", path=["limits"], labelFromKey="key", labelsFromPath={"cpu": ["cpu"]}) == [
        ({"key": "cpu"}, 1),
        ({"key": "memory"}, 1),
        ({"cpu": "2"}, 1),
    ]


def test_a_state_set_says_of_each_state_whether_it_is_the_current_one() -> None:
    states = {"labelName": "phase", "list": ["Idle", "Busy"]}

    assert series("StateSet", path=["phase"], **states) == [
        ({"phase": "Idle"}, 1),
        ({"phase": "Busy"}, 0),
    ]


def test_a_state_that_is_none_of_the_set_leaves_all_at_zero() -> None:
    assert series("StateSet", path=["phase"], labelName="p", list=["Busy"]) == [({"p": "Busy"}, 0)]


def test_a_state_set_over_a_list_leaves_out_what_is_no_text() -> None:
    found = series(
        "StateSet",
        path=["list"],
        labelName="state",
        list=["On"],
        valueFrom=["state"],
        labelsFromPath={"id": ["id"]},
    )

    assert found == [({"state": "On", "id": "1"}, 1)]


@pytest.mark.parametrize("path", [["missing"], ["replicas"], ["sub"], ["list"]])
def test_without_a_text_a_state_set_has_no_series(path: list[str]) -> None:
    assert series("StateSet", path=path, labelName="p", list=["Idle"]) == []


def test_an_index_beyond_a_list_is_a_label_but_no_number() -> None:
    assert series("Info", path=["tags", "9"], labelsFromPath={"tag": []}) == [
        ({"tag": "list index out of range: 9"}, 1)
    ]
    assert series("Gauge", path=["tags", "9"], nilIsZero=True) == []
    assert series("StateSet", path=["tags", "9"], labelName="p", list=["red"]) == []
