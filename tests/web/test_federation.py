"""/federate, over HTTP: what it answers is what the whole page has, as far as it is chosen."""

import asyncio
import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from exporter.exposition.negotiation import TEXT
from exporter.exposition.segment import Draft, Part, deflate
from exporter.settings import Collect, Settings
from exporter.simulation.kinds import Kind
from exporter.store.section import Column
from exporter.web import federation
from exporter.web.federation import with_series
from tests.exposition.strict_parser import strictly_parsed
from tests.exposition.whole import page_of
from tests.fleet.widgets import DEFINITIONS, DOCUMENT, definition, widget
from tests.web.exporter import NOBODY, exporter_on, recorded_cluster, small_cluster
from tests.web.federated import Series, path, series_of

OPENMETRICS = "application/openmetrics-text;version=1.0.0"

OPERATIONS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "=~": lambda value, wanted: re.fullmatch(wanted, value, re.DOTALL) is not None,
    "!~": lambda value, wanted: re.fullmatch(wanted, value, re.DOTALL) is None,
}


def chosen(series: Iterable[Series], *matchers: tuple[str, str, str]) -> set[Series]:
    """Those for which all matchers (label, operator, value) hold."""

    def holds(one: Series, label: str, operator: str, value: str) -> bool:
        labels = dict(one[1]) | {"__name__": one[0]}
        return OPERATIONS[operator](labels.get(label, ""), value)

    return {one for one in series if all(holds(one, *matcher) for matcher in matchers)}


NAMED = "__name__"
SECONDS = "kube_fleet_api_request_duration_seconds"

SELECTORS: dict[str, list[tuple[str, str, str]]] = {
    "kube_pod_info": [(NAMED, "=", "kube_pod_info")],
    '{__name__="kube_pod_info",cluster="eu-1"}': [
        (NAMED, "=", "kube_pod_info"),
        ("cluster", "=", "eu-1"),
    ],
    '{"kube_pod_info", cluster!="eu-1"}': [
        (NAMED, "=", "kube_pod_info"),
        ("cluster", "!=", "eu-1"),
    ],
    '{__name__=~"kube_.+"}': [(NAMED, "=~", "kube_.+")],
    '{__name__!~"kube_pod_.*", cluster="us-1"}': [
        (NAMED, "!~", "kube_pod_.*"),
        ("cluster", "=", "us-1"),
    ],
    '{cluster=~"eu.*"}': [("cluster", "=~", "eu.*")],
    '{cluster!~"eu.*", __name__=~".+_info"}': [
        ("cluster", "!~", "eu.*"),
        (NAMED, "=~", ".+_info"),
    ],
    '{namespace="default"}': [("namespace", "=", "default")],
    '{namespace!="default", cluster="eu-1"}': [
        ("namespace", "!=", "default"),
        ("cluster", "=", "eu-1"),
    ],
    '{namespace="", cluster!=""}': [("namespace", "=", ""), ("cluster", "!=", "")],
    'kube_pod_status_phase{phase=~"Running|Pending", pod!~"core.*"}': [
        (NAMED, "=", "kube_pod_status_phase"),
        ("phase", "=~", "Running|Pending"),
        ("pod", "!~", "core.*"),
    ],
    '{no_such_label=~".+"}': [("no_such_label", "=~", ".+")],
    '{version=~".+"}': [("version", "=~", ".+")],
    '{le="+Inf"}': [("le", "=", "+Inf")],
    '{__name__=~".+_seconds_(sum|count)"}': [(NAMED, "=~", ".+_seconds_(sum|count)")],
    f"{SECONDS}_bucket": [(NAMED, "=", f"{SECONDS}_bucket")],
    SECONDS: [(NAMED, "=", SECONDS)],
    "{__name__=~'kube_state_metrics_.*'}": [(NAMED, "=~", "kube_state_metrics_.*")],
    "kube_fleet_exporter_build_info": [(NAMED, "=", "kube_fleet_exporter_build_info")],
}


async def test_it_answers_what_the_whole_page_has_of_what_is_chosen(tmp_path: Path) -> None:
    clusters = {"eu-1": recorded_cluster("eu-1"), "us-1": small_cluster("us-1", "web-0", "web-1")}
    fruitless = set()
    async with exporter_on(tmp_path, clusters) as exporter:
        await exporter.complete("eu-1", "us-1")
        before = series_of(await exporter.page("/metrics"))
        pages = {selector: await exporter.page(path(selector)) for selector in SELECTORS}
        after = series_of(await exporter.page("/metrics"))

    for selector, matchers in SELECTORS.items():
        found = series_of(pages[selector])

        assert len(set(found)) == len(found)
        assert chosen(before, *matchers) <= set(found) <= chosen(after, *matchers), selector
        if not found:
            fruitless.add(selector)

    assert fruitless == {SECONDS, '{no_such_label=~".+"}'}


async def test_several_selectors_choose_what_any_of_them_does(tmp_path: Path) -> None:
    clusters = {"eu-1": small_cluster("eu-1", "web-0"), "us-1": small_cluster("us-1", "web-0")}
    async with exporter_on(tmp_path, clusters) as exporter:
        await exporter.complete("eu-1", "us-1")
        page = await exporter.page(
            path('kube_pod_info{cluster="eu-1"}', '{pod="web-0",cluster="eu-1"}', "kube_node_info")
        )

    names = [name for name, _ in series_of(page)]
    assert names.count("kube_pod_info") == 1
    assert names.count("kube_node_info") == 2
    assert page.count("# TYPE kube_pod_info gauge\n") == 1
    assert page.count("# TYPE kube_node_info gauge\n") == 1
    assert page.count("# TYPE") == len(set(names))


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("kube_customresource_size", {"a", "b"}),
        ('{name="a"}', {"a"}),
        ('{customresource_version=~"v2",cluster="eu-1"}', {"b"}),
        ('kube_customresource_size{cluster!="eu-1"}', set()),
    ],
)
async def test_series_of_custom_resources_are_chosen_as_all_others(
    tmp_path: Path, selector: str, found: set[str]
) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(DOCUMENT)
    server = small_cluster("eu-1")
    server.put(DEFINITIONS, definition("v1", "v2"))
    for version, name in (("v1", "a"), ("v2", "b")):
        server.add_kind(Kind("example.com", version, "widgets", "Widget", True))
        server.put(f"example.com/{version}/widgets", widget(name, 1))

    settings = Settings(collect=Collect(custom_resource_state_config_file=str(file)))
    async with exporter_on(tmp_path, {"eu-1": server}, settings) as exporter:
        for name in ("a", "b"):
            await exporter.shows("/metrics", f'name="{name}"')

        series = series_of(await exporter.page(path(selector)))

    assert {dict(labels)["name"] for _, labels in series} == found


async def test_it_is_answered_in_the_form_that_is_accepted(tmp_path: Path) -> None:
    chosen_path = path("{__name__=~'kube_(pod|fleet_api)_.+', cluster='eu-1'}")
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        plain = await exporter.get(chosen_path)
        packed = await exporter.get(path("kube_pod_info"), Accept_Encoding="gzip")
        strict = await exporter.get(chosen_path, Accept=OPENMETRICS)
        head = await exporter.get(chosen_path, "HEAD")
        none = await exporter.get(path("kube_no_such"), Accept=OPENMETRICS)
        post = await exporter.get(chosen_path, "POST")
        unpacked = await exporter.page(path("kube_pod_info"))

    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers["Vary"] == "Accept, Accept-Encoding"
    assert gzip.decompress(packed.body).decode() == unpacked
    assert {family.name for family in strictly_parsed(strict.text)} > {"kube_pod_info"}
    assert (head.status, head.body) == (200, b"")
    assert (none.status, none.text) == (200, "# EOF\n")
    assert post.status == 405


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "match[] is missing"),
        ("?match=up", "match[] is missing"),
        ("?match[]=up&match[]=up%5B5m%5D", "match[] 2, character 3: ranges, offset and @"),
        ("?match[]=%7Ba%3D~%22(%22%7D", "match[] 1, character 5: RE2 refuses the expression"),
        ("?match[]=%7B%7D", "match[] 1, character 1: at least one matcher must not match"),
    ],
)
async def test_what_is_no_selector_is_refused_and_told(
    tmp_path: Path, query: str, problem: str
) -> None:
    async with exporter_on(tmp_path, {"away": NOBODY}) as exporter:
        answer = await exporter.get(f"/federate{query}")

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(problem)


async def test_a_cluster_whose_data_is_dropped_has_facts_alone(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"away": NOBODY}) as exporter:
        page = await exporter.page(path('{cluster="away"}'))

    names = {name for name, _ in series_of(page)}
    assert "kube_fleet_cluster_up" in names
    assert all(name.startswith(("kube_fleet_", "kube_state_metrics_")) for name in names)


def columns(count: int, parts: Callable[[], Iterable[Part]]) -> Iterator[Column]:
    for number in range(count):
        yield Column((1, "", number), deflate(b"# TYPE x gauge\n"), parts())


async def test_others_have_a_turn_while_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(federation, "TURN", 0.0)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(others())
        found = [column async for column in with_series(columns(10, lambda: [b""] * 10))]
        task.cancel()

    assert found == []
    assert turns >= 90


async def test_a_long_search_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the place of what was found before, so that columns stay in order."""
    monkeypatch.setattr(federation, "SIGN", -1.0)
    line = deflate(b"x 1\n")
    found = [column async for column in with_series(columns(2, lambda: [b"", line, b""]))]

    assert [column.place for column in found] == sorted(column.place for column in found)
    assert len(found) == 2 * 3 + 2
    assert page_of(found, TEXT) == 2 * "# TYPE x gauge\nx 1\n"


async def test_a_family_without_series_has_no_header() -> None:
    parts: list[Part] = [b"", Draft((b"", b"")), Draft(())]

    assert [column async for column in with_series(columns(2, lambda: parts))] == []


async def test_a_family_in_pieces_has_one_header() -> None:
    line = deflate(b"x 1\n")
    found = [column async for column in with_series(columns(2, lambda: [b"", line] * 100))]

    assert len(found) == 4
    assert page_of(found, TEXT) == 2 * ("# TYPE x gauge\n" + 100 * "x 1\n")
