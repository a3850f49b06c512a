import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from exporter import catalogue
from exporter.catalogue import Metric
from exporter.discovery import watched_files
from exporter.kinds import KINDS
from exporter.settings import RESOURCES, Collect, Settings
from exporter.simulation.api_server import ApiServer
from tests.web.exporter import exporter_on, recorded_cluster

EVERYTHING = Settings(
    collect=Collect(
        resources=RESOURCES,
        metric_opt_in_list=(".*",),
        labels_allow_list={"*": ("*",)},
        annotations_allow_list={"*": ("*",)},
    )
)

HEARTBEAT = "kube_fleet_exporter_build_info"
"""On both ports."""


def listed() -> list[Metric]:
    entries = json.loads(catalogue.listing("json"))
    return [Metric(**{**entry, "labels": tuple(entry["labels"])}) for entry in entries]


def of_main_port() -> dict[str, Metric]:
    return {one.name: one for one in listed() if one.resource != "telemetry"}


def of_telemetry_port() -> dict[str, Metric]:
    return {one.name: one for one in listed() if one.resource == "telemetry"}


def headers(page: str) -> dict[str, str]:
    """The types on a page, by name."""
    lines = (line.split(" ") for line in page.splitlines() if line.startswith("# TYPE "))
    return {name: type_ for _, _, name, type_ in lines}


def event() -> dict[str, object]:
    return {
        "metadata": {"name": "web-0.1", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web-0"},
        "reason": "Scheduled",
    }


def present_a_token(kubeconfig: Path) -> None:
    """One that says when it ends: a JSON Web Token whose only claim is `exp`."""
    written = json.loads(kubeconfig.read_text())
    written["users"][0]["user"] = {"token": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln"}
    kubeconfig.write_text(json.dumps(written))


async def page_with_everything(folder: Path, server: ApiServer) -> str:
    """A page on which every family has series: something went wrong, and something happened."""
    async with exporter_on(folder, {"eu-1": server}, EVERYTHING) as exporter:
        await exporter.complete("eu-1")
        present_a_token(folder / "kubeconfig")
        await exporter.shows("/metrics", "kube_fleet_credential_expiry_timestamp_seconds{")
        await exporter.shows("/metrics", 'watch_total{cluster="eu-1",resource="events"')
        server.disconnect()
        await exporter.shows("/metrics", 'watch_restarts_total{cluster="eu-1",resource="events"')
        server.put("events", event())
        await exporter.shows("/metrics", "kube_fleet_events_total{")
        return await exporter.page("/metrics")


def labels_seen(families: Iterable[Family]) -> dict[str, set[tuple[str, ...]]]:
    """The label names of the series of each family; buckets without their bound."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    for family in families:
        for sample in family.samples:
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = tuple(label for label in sample.labels if label != "le")
            seen.setdefault(name, set()).add(labels)

    return seen


async def test_names_types_and_labels_are_listed_as_they_are_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_files, "LOOK", 0.1)
    page = await page_with_everything(tmp_path, recorded_cluster("eu-1"))
    on_page = headers(page)
    assert on_page.pop(HEARTBEAT) == of_telemetry_port()[HEARTBEAT].type
    assert on_page == {name: metric.type for name, metric in of_main_port().items()}

    seen = labels_seen(text_string_to_metric_families(page))

    assert seen.keys() - {HEARTBEAT} == of_main_port().keys(), "a family has no series"
    for name, metric in of_main_port().items():
        *fixed, last = metric.labels
        if last.endswith("<key>"):
            prefix = last.removesuffix("<key>")
            assert {labels[: len(fixed)] for labels in seen[name]} == {tuple(fixed)}
            own = {label for labels in seen[name] for label in labels[len(fixed) :]}
            assert own
            assert all(label.startswith(prefix) for label in own)
        else:
            # Some families have labels that not every series has.
            assert {label for labels in seen[name] for label in labels} == set(metric.labels), name
            assert metric.labels in seen[name] or len(seen[name]) > 1, name


async def test_the_telemetry_port_is_listed_as_well(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": ApiServer("eu-1")}) as exporter:
        await exporter.complete("eu-1")
        page = (await exporter.ask(f"{exporter.telemetry}/metrics")).text

    assert headers(page) == {name: one.type for name, one in of_telemetry_port().items()}
    for name, (labels,) in labels_seen(text_string_to_metric_families(page)).items():
        assert set(labels) == set(of_telemetry_port()[name].labels), name


def test_every_metric_says_what_it_is() -> None:
    for metric in listed():
        assert len(metric.help) > 10, metric.name
        assert metric.help == " ".join(metric.help.split()), metric.name
        assert metric.stability in {"stable", "alpha", "deprecated"}
        assert metric.type in {"gauge", "counter", "histogram", "info"}


def test_what_ends_in_total_is_a_counter_and_nothing_else_is() -> None:
    named = {metric.name for metric in listed() if metric.name.endswith("_total")}

    assert named == {metric.name for metric in listed() if metric.type == "counter"}


def test_no_metric_is_listed_twice() -> None:
    names = [metric.name for metric in listed()]

    assert len(set(names)) == len(names)


def test_each_is_listed_under_the_resource_that_brings_it() -> None:
    resources = {metric.resource for metric in listed()}

    assert resources == {*(kind.resource for kind in KINDS), "fleet", "events", "telemetry"}


def test_the_json_has_the_fields_that_are_promised() -> None:
    entries = json.loads(catalogue.listing("json"))

    promised = {"name", "type", "labels", "resource", "stability", "help"}
    assert {frozenset(entry) for entry in entries} == {frozenset(promised)}


@pytest.mark.parametrize("name", ["kube_fleet_cluster_info", "kube_fleet_events_total", HEARTBEAT])
def test_every_output_lists_every_metric_in_one_line(name: str) -> None:
    table = catalogue.listing("table").splitlines()
    markdown = catalogue.listing("markdown").splitlines()

    assert len(table) == len(markdown) - 2 == len(listed())
    assert sum(line.split(" ")[0] == name for line in table) == 1
    assert sum(f"| `{name}` |" in line for line in markdown) == 1


def test_the_markdown_is_a_table() -> None:
    assert {line.count("|") for line in catalogue.listing("markdown").splitlines()} == {6}
