"""The same objects give the same series as kube-state-metrics v2.20.0."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from exporter.exposition.negotiation import OPENMETRICS, TEXT, Format
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import identity_text, kind_writer
from exporter.kinds import KINDS
from exporter.kubernetes.decoding import Decoder
from tests.exposition.strict_parser import strictly_parsed
from tests.parity.differences import CLUSTER, DIFFERENCES
from tests.parity.page import read, types

RECORDED = Path(__file__).parent / "recorded"

EVERYTHING = {"*": ("*",)}

CASES = {
    "default": Selection(),
    "all": Selection(metric_opt_in_list=("kube_pod_nodeselectors",)),
    "labels": Selection(labels_allow_list=EVERYTHING, annotations_allow_list=EVERYTHING),
    "labels-some": Selection(
        labels_allow_list={
            "pods": ("app", "app.kubernetes.io/*", "camelCase", "camel-case"),
            "nodes": ("topology.kubernetes.io/zone", "node-role.kubernetes.io/*"),
            "namespaces": ("*",),
        },
        annotations_allow_list={
            "pods": ("note", "multi-line", "example.com*"),
            "nodes": ("quote",),
            "namespaces": ("*",),
        },
    ),
    "allow": Selection(
        metric_allowlist=(
            "kube_pod_.*",
            "kube_deployment_status_replicas",
            "^kube_node_.*",
            "kube_service_info",
        )
    ),
    "deny": Selection(
        metric_denylist=(
            "kube_pod_container_.*",
            "kube_secret_.*",
            "kube_node_info",
            ".*_metadata_resource_version",
        )
    ),
}
"""The settings that each case of kube-state-metrics was recorded with, as far as our kinds go."""

PREFIXES = tuple(f"kube_{kind.singular}_" for kind in KINDS)


@cache
def recorded(name: str) -> str:
    return gzip.decompress((RECORDED / name).read_bytes()).decode()


def path(kind: Kind[Any]) -> str:
    root = "/api" if kind.api_version == "v1" else "/apis"
    return f"{root}/{kind.api_version}/{kind.resource}"


@cache
def objects(kind: Kind[Any]) -> list[Any]:
    """The kind's recorded objects, decoded from JSON as an API server sends it."""
    decoder = Decoder(kind.type)
    items = json.loads(recorded("recording.json.gz"))[path(kind)]["items"]
    return [decoder.decode(json.dumps(item).encode()) for item in items]


def page(selection: Selection, form: Format) -> str:
    """All kinds' families with their headers."""
    text = ""
    for kind in KINDS:
        writer = kind_writer(kind, selection)
        named = [
            (identity_text(writer.identity, (CLUSTER, *kind.identity_of(one))), one)
            for one in objects(kind)
        ]
        for family, write in zip(writer.families, writer.writes, strict=True):
            text += form.header(family.name, family.type, family.shown_help).decode()
            text += "".join(write(identity, one) for identity, one in named)

    return text + form.end.decode()


@pytest.mark.parametrize("case", CASES)
def test_every_series_is_that_of_kube_state_metrics(case: str) -> None:
    expected = read(recorded(f"{case}.prom.gz"), PREFIXES)
    for difference in DIFFERENCES:
        expected = difference.of(expected)

    shown = read(page(CASES[case], TEXT), PREFIXES)

    assert len(shown) > 3000
    assert shown.keys() - expected.keys() == set()
    assert expected.keys() - shown.keys() == set()
    assert {one: values for one, values in shown.items() if len(values) != 1} == {}
    assert {
        one: values for one, values in shown.items() if not set(values) <= set(expected[one])
    } == {}


@pytest.mark.parametrize("case", CASES)
def test_every_family_has_the_type_of_kube_state_metrics(case: str) -> None:
    assert types(page(CASES[case], TEXT), PREFIXES) == types(recorded(f"{case}.prom.gz"), PREFIXES)


def test_every_family_is_recorded_with_at_least_one_series() -> None:
    seen = {
        series.name
        for case in ("all", "labels")
        for series in read(recorded(f"{case}.prom.gz"), PREFIXES)
    }

    assert seen == {family.name for kind in KINDS for family in kind.families}


def test_the_openmetrics_page_says_the_same_to_a_strict_parser() -> None:
    selection = CASES["labels"]
    parsed = {
        (sample.name, frozenset(sample.labels.items())): float(sample.value)
        for family in strictly_parsed(page(selection, OPENMETRICS))
        for sample in family.samples
    }

    assert parsed == {
        series: value for series, (value,) in read(page(selection, TEXT), PREFIXES).items()
    }


@pytest.mark.parametrize("number", range(len(DIFFERENCES)))
def test_each_difference_makes_one(number: int) -> None:
    before = read(recorded("labels.prom.gz"), PREFIXES)
    some = next(iter(before))
    before = {**before, some: [0.0, 0.0]}

    assert DIFFERENCES[number].of(before) != before
