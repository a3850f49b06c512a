"""/federate, over HTTP: what it answers is what the whole page has, as far as it is chosen."""

import asyncio
import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.exposition.negotiation import TEXT
from exporter.exposition.segment import Draft, Part, deflate
from exporter.store.section import Column
from exporter.web import federation
from exporter.web.federation import with_series
from tests.exposition.strict_parser import strictly_parsed
from tests.exposition.whole import page_of, text_of
from tests.web.exporter import NOBODY, Exporter, exporter_on, recorded_cluster, small_cluster

OPENMETRICS = "application/openmetrics-text;version=1.0.0"

Series = tuple[str, frozenset[tuple[str, str]]]
"""Name and labels."""

OPERATIONS = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "=~": lambda value, wanted: re.fullmatch(wanted, value, re.DOTALL) is not None,
    "!~": lambda value, wanted: re.fullmatch(wanted, value, re.DOTALL) is None,
}


def path(*selectors: str) -> str:
    return "/federate?" + urlencode([("match[]", selector) for selector in selectors])


def series_of(page: str) -> list[Series]:
    return [
        (sample.name, frozenset((name, value) for name, value in sample.labels.items() if value))
        for family in parse_text(page)
        for sample in family.samples
    ]


def chosen(series: Iterable[Series], *matchers: tuple[str, str, str]) -> set[Series]:
    """Those for which all matchers (label, operator, value) hold."""

    def holds(one: Series, label: str, operator: str, value: str) -> bool:
        labels = dict(one[1]) | {"__name__": one[0]}
        return OPERATIONS[operator](labels.get(label, ""), value)

    return {one for one in series if all(holds(one, *matcher) for matcher in matchers)}


SELECTORS = {
    "kube_pod_info": [("__name__", "=", "kube_pod_info")],
    '{__name__="kube_pod_info",cluster="eu-1"}': [
        ("__name__", "=", "kube_pod_info"),
        ("cluster", "=", "eu-1"),
    ],
    '{__name__=~"kube_.+"}': [("__name__", "=~", "kube_.+")],
    '{__name__!~"kube_.*"}': None,
    '{cluster=~"eu.*"}': [("cluster", "=~", "eu.*")],
    '{cluster!~"eu.*", __name__=~".+_info"}': [
        ("cluster", "!~", "eu.*"),
        ("__name__", "=~", ".+_info"),
    ],
    '{namespace="default"}': [("namespace", "=", "default")],
    '{namespace!="default", cluster="eu-1"}': [
        ("namespace", "!=", "default"),
        ("cluster", "=", "eu-1"),
    ],
    '{namespace="", cluster!=""}': [("namespace", "=", ""), ("cluster", "!=", "")],
    'kube_pod_status_phase{phase=~"Running|Pending", pod!~"core.*"}': [
        ("__name__", "=", "kube_pod_status_phase"),
        ("phase", "=~", "Running|Pending"),
        ("pod", "!~", "core.*"),
    ],
    '{label_app=~".+"}': [("label_app", "=~", ".+")],
    '{version=~".+"}': [("version", "=~", ".+")],
    '{le="+Inf"}': [("le", "=", "+Inf")],
    '{__name__=~"kube_fleet_api_request_duration_seconds_(sum|count)"}': [
        ("__name__", "=~", "kube_fleet_api_request_duration_seconds_(sum|count)")
    ],
    "kube_fleet_api_request_duration_seconds": [
        ("__name__", "=", "kube_fleet_api_request_duration_seconds")
    ],
    '{uid!="", condition="Ready"}': [("uid", "!=", ""), ("condition", "=", "Ready")],
    "kube_fleet_cluster_up": [("__name__", "=", "kube_fleet_cluster_up")],
    "{__name__=~'kube_state_metrics_.*'}": [("__name__", "=~", "kube_state_metrics_.*")],
    "kube_fleet_exporter_build_info": [("__name__", "=", "kube_fleet_exporter_build_info")],
}


async def test_it_answers_what_the_whole_page_has_of_what_is_chosen(tmp_path: Path) -> None:
    clusters = {"eu-1": recorded_cluster("eu-1"), "us-1": small_cluster("us-1", "web-0", "web-1")}
    async with exporter_on(tmp_path, clusters) as exporter:
        await exporter.complete("eu-1", "us-1")
        for selector, matchers in SELECTORS.items():
            found = series_of(await exporter.page(path(selector))) if matchers else []
            everything = series_of(await exporter.page("/metrics"))

            print(selector, len(found))
            assert len(set(found)) == len(found)
            assert set(found) == (chosen(everything, *matchers) if matchers else set()), selector
