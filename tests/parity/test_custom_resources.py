"""The same custom resources and document give the same series as kube-state-metrics v2.20.0."""

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
from exporter.families.writer import KindWriter
from exporter.kinds.custom.document import read_document
from exporter.kinds.custom.kind import ServedKind, custom_kinds
from exporter.kinds.custom.object import CustomObject
from exporter.kubernetes.decoding import Decoder
from tests.exposition.strict_parser import strictly_parsed
from tests.parity.differences import CLUSTER, DIFFERENCES
from tests.parity.page import Page, read, types

RECORDED = Path(__file__).parent / "recorded"

PREFIXES = ("capi_", "kube_customresource_", "widget_", "zone_")
"""Of the families that crs.yaml declares."""

NAMESPACES = {"crs": "", "crs-openmetrics": "", "crs-mixed": "alpha"}
"""The only namespace that each case of kube-state-metrics was recorded with."""


@cache
def recorded(name: str) -> str:
    return gzip.decompress((RECORDED / name).read_bytes()).decode()


@cache
def recording() -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(recorded("recording.json.gz"))
    return documents


@cache
def kinds() -> list[Kind[CustomObject]]:
    served = [
        ServedKind(
            group["metadata"]["name"],
            version["version"],
            resource["responseKind"]["kind"],
            resource["resource"],
            resource["scope"] == "Namespaced",
        )
        for group in recording()["/apis aggregated"]["items"]
        for version in group["versions"]
        for resource in version["resources"]
    ]
    return custom_kinds(read_document((RECORDED / "crs.yaml").read_text()), served)


def objects(kind: Kind[CustomObject], namespace: str) -> list[CustomObject]:
    """The kind's recorded objects. Where a namespace is asked for, others have no such objects."""
    decoder = Decoder(kind.type)
    items = recording()[f"/apis/{kind.api_version}/{kind.resource}"]["items"]
    decoded = [decoder.decode(json.dumps(item).encode()) for item in items]
    return [one for one in decoded if namespace in ("", one.metadata.namespace)]


def page(namespace: str, form: Format) -> str:
    """All kinds' families with their headers, as long as there are objects."""
    text = ""
    for kind in kinds():
        writer = KindWriter(kind, Selection())
        named = [(writer.identify(CLUSTER, one), one) for one in objects(kind, namespace)]
        for family, write in zip(writer.families, writer.writes, strict=True) if named else ():
            text += form.header(family.name, family.type, family.shown_help).decode()
            text += "".join(write(identity, one) for identity, one in named)

    return text + form.end.decode()


def expected(case: str) -> Page:
    answered = read(recorded(f"{case}.prom.gz").removesuffix("# EOF\n"), PREFIXES)
    for difference in DIFFERENCES:
        answered = difference.of(answered)

    return answered


def compared(page_: Page) -> dict[Any, list[str]]:
    """The page with its numbers as texts, because not a number is not equal to itself."""
    return {series: [repr(value) for value in values] for series, values in page_.items()}


@pytest.mark.parametrize("case", NAMESPACES)
def test_every_series_is_that_of_kube_state_metrics(case: str) -> None:
    shown = compared(read(page(NAMESPACES[case], TEXT), PREFIXES))
    answered = compared(expected(case))

    assert len(shown) > 100
    assert shown.keys() - answered.keys() == set()
    assert answered.keys() - shown.keys() == set()
    assert {one: values for one, values in shown.items() if values != answered[one]} == {}


@pytest.mark.parametrize("case", ["crs", "crs-mixed"])
def test_every_family_has_the_type_of_kube_state_metrics(case: str) -> None:
    shown = types(page(NAMESPACES[case], TEXT), PREFIXES)

    assert shown == types(recorded(f"{case}.prom.gz"), PREFIXES)


def test_every_help_is_that_of_kube_state_metrics() -> None:
    """Custom resources are the one case whose HELP is recorded, since it is the document's own."""

    def helps(text: str) -> set[str]:
        return {line for line in text.split("\n") if line.startswith("# HELP ")}

    assert helps(page("", TEXT)) == helps(recorded("crs.prom.gz"))


def test_the_openmetrics_page_says_the_same_to_a_strict_parser() -> None:
    """kube-state-metrics' own is refused: its infos and state sets are not named by the rules."""
    parsed = {
        (sample.name, frozenset(sample.labels.items())): [repr(float(sample.value))]
        for family in strictly_parsed(page("", OPENMETRICS))
        for sample in family.samples
    }

    assert parsed == compared(expected("crs-openmetrics"))


def test_infos_that_are_named_by_the_rules_are_infos_in_openmetrics() -> None:
    families = strictly_parsed(page("", OPENMETRICS))

    assert {family.name for family in families if family.type == "info"} == {
        "capi_cluster",
        "capi_machine",
        "kube_customresource_argo_app",
        "kube_customresource_argo_app_image",
        "widget_sub",
        "widget_tags",
    }
