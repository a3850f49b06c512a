"""Documents: what is read, what is ignored, what is refused and how."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.kinds.custom.document import Entry, read_document
from exporter.kinds.custom.metric import Count, Gauge, Info, StateSet
from exporter.kinds.custom.reading import any_number, duration

GAUGE = {"type": "Gauge", "gauge": {"path": ["spec", "replicas"]}}


def entry(**fields: Any) -> Entry:
    """The only entry of a document in which it has these fields."""
    (only,) = read_document(json.dumps({"spec": {"resources": [fields]}})).entries
    return only


def refusal(**metric: Any) -> str:
    """What is said of a metric, behind the path that leads to it."""
    place = "spec.resources[0].metrics[0]"
    with pytest.raises(ValueError) as refused:
        entry(metrics=[{"name": "x", "each": GAUGE} | metric])

    assert str(refused.value).startswith(place)
    return str(refused.value).removeprefix(place).removeprefix(".")


def test_an_entry_says_of_what_it_speaks() -> None:
    found = entry(
        groupVersionKind={"group": "g", "version": "v1", "kind": "*"},
        resourcePlural="things",
        commonLabels={"team": "a"},
    )

    assert (found.group, found.version, found.kind, found.plural) == ("g", "v1", "*", "things")
    assert found.common_labels == {"team": "a"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "kube_customresource_x"),
        ({"metricNamePrefix": None}, "kube_customresource_x"),
        ({"metricNamePrefix": ""}, "x"),
        ({"metricNamePrefix": "my_team"}, "my_team_x"),
    ],
)
def test_a_metrics_name_has_the_prefix_of_its_entry(fields: dict[str, Any], name: str) -> None:
    (metric,) = entry(metrics=[{"name": "x", "each": GAUGE}], **fields).metrics

    assert metric.name == name


@pytest.mark.parametrize(
    ("type_", "field", "section", "class_"),
    [
        ("Gauge", "gauge", {}, Gauge),
        ("gauge", "gauge", {}, Gauge),
        ("Info", "info", {}, Info),
        ("STATESET", "stateSet", {"labelName": "a"}, StateSet),
        ("Count", "count", {}, Count),
    ],
)
def test_a_type_may_be_written_in_any_case(
    type_: str, field: str, section: dict[str, Any], class_: type
) -> None:
    (metric,) = entry(metrics=[{"name": "x", "each": {"type": type_, field: section}}]).metrics

    assert type(metric.each) is class_


def test_a_gauge_guesses_what_texts_mean_unless_it_is_told() -> None:
    def reading(**section: str) -> object:
        (metric,) = entry(metrics=[{"name": "x", "each": {**GAUGE, "gauge": section}}]).metrics
        assert isinstance(metric.each, Gauge)
        return metric.each.reading

    assert reading() is any_number
    assert reading(parse="duration") is duration


def test_labels_of_a_metric_win_over_those_of_its_entry_and_its_values_over_both() -> None:
    section = {"path": ["spec"], "labelFromKey": "c", "labelsFromPath": {"d": []}}
    (metric,) = entry(
        labelsFromPath={"b": ["name"], "c": ["name"], "d": ["name"]},
        metrics=[
            {
                "name": "x",
                "each": {"type": "Gauge", "gauge": section},
                "commonLabels": {"a": "of the metric"},
                "labelsFromPath": {"b": ["kind"]},
            }
        ],
    ).metrics
    fields = {"name": "n", "kind": "k", "spec": {"key": 5}}
    (found,) = metric.series(fields, {"a": "of the entry", "z": "of the entry"})

    assert found == (
        {"a": "of the metric", "b": "k", "c": "key", "d": "map[key:5]", "z": "of the entry"},
        5,
    )


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "kind: SomethingElse",
        "{spec: {unknown: 1, resources: []}, more: 2}",
        "{spec: {resources: ~}}",
        "spec: {resources: [~]}",
        "spec: {resources: []}\n---\nnot: [read",
    ],
)
def test_what_kube_state_metrics_ignores_is_ignored(text: str) -> None:
    assert read_document(text).entries == ()


def test_unknown_fields_and_sections_of_other_types_are_ignored() -> None:
    each = {**GAUGE, "stateSet": {"path": "not a list"}, "gauge": {"valueType": "duration"}}

    assert len(entry(metrics=[{"name": "x", "each": each, "unit": "s"}]).metrics) == 1


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ({"name": "a-b"}, "name: 'kube_customresource_a-b' is not a metric name"),
        ({"each": None}, "each.type: '' is none of Gauge, StateSet, Info, Count"),
        ({"each": {"type": "Sum"}}, "each.type: 'Sum' is none of Gauge, StateSet, Info, Count"),
        ({"each": {"type": "Info"}}, "each.info: missing, although the type is Info"),
        ({"each": []}, "each: expected a map"),
        ({"errorLogV": "x"}, "errorLogV: expected an integer"),
        ({"commonLabels": {"a-b": "c"}}, "commonLabels.a-b: not a label name"),
        ({"commonLabels": {"a": ["b"]}}, "commonLabels.a: expected a text"),
        (
            {"labelsFromPath": {"a": ["b", "[c]"]}},
            "labelsFromPath.a[1]: '[c]' is no list lookup such as [type=Ready]",
        ),
    ],
)
def test_a_metric_that_cannot_be_is_refused_with_the_path_of_the_field(
    metric: dict[str, Any], problem: str
) -> None:
    assert refusal(**metric) == problem


@pytest.mark.parametrize(
    ("type_", "section", "problem"),
    [
        ("Gauge", {"path": "a"}, "gauge.path: expected a list"),
        ("Gauge", {"path": ["a", "[b]"]}, "gauge.path[1]: '[b]' is no list lookup such as"),
        ("Gauge", {"valueFrom": ["a", {}]}, "gauge.valueFrom[1]: expected a text"),
        ("Gauge", {"nilIsZero": "maybe"}, "gauge.nilIsZero: expected true or false"),
        ("Gauge", {"labelFromKey": "a.b"}, "gauge.labelFromKey: 'a.b' is not a label name"),
        ("Gauge", {"parse": "date"}, "gauge.parse: 'date' is none of duration, quantity,"),
        ("Info", {"labelsFromPath": {"a": "b"}}, "info.labelsFromPath.a: expected a list"),
        ("StateSet", {"list": ["a"]}, "stateSet.labelName: '' is not a label name"),
        ("StateSet", {"labelName": "a", "list": "b"}, "stateSet.list: expected a list"),
        ("Count", {"path": {}}, "count.path: expected a list"),
    ],
)
def test_a_type_that_cannot_be_is_refused_with_the_path_of_the_field(
    type_: str, section: dict[str, Any], problem: str
) -> None:
    field = {"StateSet": "stateSet"}.get(type_, type_.lower())

    assert refusal(each={"type": type_, field: section}).startswith(f"each.{problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "expected a map"),
        ("spec: {resources: {}}", "spec.resources: expected a list"),
        ("spec: {resources: [~, 5]}", "spec.resources[1]: expected a map"),
        ("spec: {resources: [{groupVersionKind: a}]}", "spec.resources[0].groupVersionKind: "),
        ("spec: {resources: [], resources: []}", "spec: 'resources' stands there twice"),
        ("spec: &a {<<: *a}", "a map is merged into itself"),
    ],
)
def test_a_document_that_cannot_be_is_refused_in_one_line(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_document(text)

    assert str(refused.value).startswith(problem)
    assert "\n" not in str(refused.value)
