"""Kinds that a document shows of what an API server serves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from exporter.exposition.negotiation import OPENMETRICS, TEXT
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.kinds.custom.document import read_document
from exporter.kinds.custom.kind import ServedKind, custom_kinds
from exporter.kinds.custom.object import CustomObject
from exporter.kubernetes.decoding import Decoder
from tests.exposition.strict_parser import strictly_parsed

SERVED = [
    ServedKind("g.io", "v1", "Widget", "widgets", True),
    ServedKind("g.io", "v1beta1", "Widget", "widgets", True),
    ServedKind("g.io", "v1", "Zone", "zones", False),
    ServedKind("h.io", "v1", "Widget", "widgets", True),
    ServedKind("h.io", "v1", "Widget", "oldwidgets", True),
]

WIDGET = {
    "metadata": {"name": "w", "namespace": "n"},
    "spec": {"size": 3, "cluster": "inner", "phase": "On", "list": [{"id": 2}, {"id": 1}]},
}


def gauge(name: str, **section: Any) -> dict[str, Any]:
    return {"name": name, "help": name, "each": {"type": "Gauge", "gauge": section}}


def info(name: str, **section: Any) -> dict[str, Any]:
    return {"name": name, "help": name, "each": {"type": "Info", "info": section}}


def entry(group: str, version: str, kind: str, **fields: Any) -> dict[str, Any]:
    gvk = {"group": group, "version": version, "kind": kind}
    return {"groupVersionKind": gvk, "metricNamePrefix": "", **fields}


def kinds(*entries: Mapping[str, Any]) -> list[Kind[CustomObject]]:
    return custom_kinds(read_document(json.dumps({"spec": {"resources": entries}})), SERVED)


def lines(kind: Kind[CustomObject], manifest: Mapping[str, Any]) -> list[str]:
    writer = KindWriter(kind, Selection())
    obj = Decoder(kind.type).decode(json.dumps(manifest).encode())
    identity = writer.identify("c", obj)
    return "".join(write(identity, obj) for write in writer.writes).split("\n")[:-1]


def names(found: Sequence[Kind[CustomObject]]) -> list[str]:
    return [f"{kind.api_version} {kind.resource}" for kind in found]


@pytest.mark.parametrize(
    ("gvk", "found"),
    [
        (("g.io", "v1", "Widget"), ["g.io/v1 widgets"]),
        (("g.io", "*", "Widget"), ["g.io/v1 widgets", "g.io/v1beta1 widgets"]),
        (("g.io", "", "Widget"), ["g.io/v1 widgets", "g.io/v1beta1 widgets"]),
        (("g.io", "v1", "*"), ["g.io/v1 widgets", "g.io/v1 zones"]),
        (("g.io", "*", "*"), ["g.io/v1 widgets", "g.io/v1 zones", "g.io/v1beta1 widgets"]),
        (("g.io", "v2", "Widget"), []),
        (("g.io", "v1", "Gadget"), []),
        (("none.io", "*", "*"), []),
        (("*", "v1", "Widget"), []),
        (("", "v1", "Widget"), []),
    ],
)
def test_a_star_means_all_that_are_served_and_the_unknown_means_nothing(
    gvk: tuple[str, str, str], found: list[str]
) -> None:
    assert names(kinds(entry(*gvk))) == found


@pytest.mark.parametrize(
    ("plural", "found"),
    [
        ("oldwidgets", ["h.io/v1 oldwidgets"]),
        ("mistaken", ["h.io/v1 oldwidgets", "h.io/v1 widgets"]),
    ],
)
def test_a_plural_decides_between_several_resources_of_a_kind(
    plural: str, found: list[str]
) -> None:
    assert names(kinds(entry("h.io", "v1", "Widget", resourcePlural=plural))) == found


def test_a_kind_knows_whether_it_lives_in_namespaces() -> None:
    widgets, zones = kinds(entry("g.io", "v1", "*"))

    assert (widgets.namespaced, zones.namespaced) == (True, False)


def test_of_two_entries_about_the_same_resource_the_later_one_counts() -> None:
    first = entry("g.io", "v1", "*", metrics=[gauge("first")])
    second = entry("g.io", "v1", "Widget", metrics=[gauge("second")])
    widgets, zones = kinds(first, second)

    assert [family.name for family in widgets.families] == ["second"]
    assert [family.name for family in zones.families] == ["first"]


def test_a_series_has_the_labels_of_its_kind_in_alphabetical_order() -> None:
    (kind,) = kinds(
        entry(
            "g.io",
            "v1",
            "Widget",
            commonLabels={"zzz": "last", "customresource_kind": "lost"},
            labelsFromPath={"name": ["metadata", "name"]},
            metrics=[gauge("size", path=["spec", "size"])],
        )
    )

    (line,) = lines(kind, WIDGET)

    assert line == (
        'size{cluster="c",customresource_group="g.io",customresource_kind="Widget",'
        'customresource_version="v1",name="w",zzz="last"} 3'
    )


def test_a_metrics_own_labels_win_even_over_those_of_the_kind() -> None:
    metric = {**gauge("size", path=["spec", "size"]), "commonLabels": {"customresource_kind": "W"}}
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=[metric]))

    assert 'customresource_kind="W"' in lines(kind, WIDGET)[0]


def test_a_label_named_as_the_clusters_is_shown_as_exported() -> None:
    paths = {"cluster": ["cluster"], "exported_cluster": ["size"]}
    section = {"path": ["spec"], "labelsFromPath": paths}
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=[info("x_info", **section)]))

    (line,) = lines(kind, WIDGET)

    assert line == (
        'x_info{cluster="c",customresource_group="g.io",customresource_kind="Widget",'
        'customresource_version="v1",exported_cluster="3",exported_exported_cluster="inner"} 1'
    )


def test_of_two_series_with_the_same_labels_the_first_is_shown() -> None:
    section = {"path": ["spec", "list"], "valueFrom": ["id"]}
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=[gauge("id", **section)]))

    assert [line[-2:] for line in lines(kind, WIDGET)] == [" 2"]


def test_metrics_of_one_name_are_one_family() -> None:
    """As in the documentation's example of a VerticalPodAutoscaler: one for memory, one for CPU."""
    size = gauge("x", path=["spec", "size"])
    phase = {**gauge("x", path=["spec", "missing"], nilIsZero=True), "commonLabels": {"a": "b"}}
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=[size, gauge("y"), phase]))

    assert [family.name for family in kind.families] == ["x", "y"]
    assert [line[-2:] for line in lines(kind, WIDGET)] == [" 3", " 0"]


def states(name: str, label: str) -> dict[str, Any]:
    section = {"path": ["spec", "phase"], "labelName": label, "list": ["On", "Off"]}
    return {"name": name, "help": "", "each": {"type": "StateSet", "stateSet": section}}


NAMED = {"path": ["metadata"], "labelsFromPath": {"name": ["name"]}}


@pytest.mark.parametrize(
    ("metrics", "types"),
    [
        ([gauge("size", path=["spec", "size"])], {"size": "gauge"}),
        ([info("a_info", **NAMED)], {"a": "info"}),
        ([info("owner", **NAMED)], {"owner": "gauge"}),
        ([info("a_info", **NAMED), gauge("a")], {"a_info": "gauge", "a": "gauge"}),
        ([info("a_info", **NAMED), gauge("a_info")], {"a_info": "gauge"}),
        ([states("phase", "phase")], {"phase": "stateset"}),
        ([states("phase", "state")], {"phase": "gauge"}),
    ],
)
def test_openmetrics_is_told_the_type_where_its_rules_allow_for_it(
    metrics: list[dict[str, Any]], types: dict[str, str]
) -> None:
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=metrics))
    page = ""
    for family in kind.families:
        page += OPENMETRICS.header(family.name, family.type, family.shown_help).decode()
        page += "".join(
            f"{line}\n" for line in lines(kind, WIDGET) if line.split("{")[0] == family.name
        )

    parsed = strictly_parsed(page + "# EOF\n")

    assert {family.name: family.type for family in parsed} == types


def test_everybody_else_is_told_of_gauges() -> None:
    (kind,) = kinds(
        entry("g.io", "v1", "Widget", metrics=[info("a_info", **NAMED), states("b", "b")])
    )
    heads = [TEXT.header(family.name, family.type, "") for family in kind.families]

    assert all(head.endswith(b" gauge\n") for head in heads)


def test_a_help_is_the_documents() -> None:
    metric = {**gauge("x"), "help": "Line\nand \\ more."}
    (kind,) = kinds(entry("g.io", "v1", "Widget", metrics=[metric]))

    assert kind.families[0].shown_help == "Line\nand \\ more."
