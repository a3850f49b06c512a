"""What holds for every file in dashboards/, whatever has written it."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.dashboards.interpolation import variables
from tests.dashboards.series import rules

FOLDER = Path(__file__).parents[2] / "dashboards"
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}
BY_UID = {dashboard["uid"]: dashboard for dashboard in DASHBOARDS.values()}

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}

UNITS = {"none", "short", "percentunit", "bytes", "Bps", "s", "cps", "reqps", "dateTimeAsIso"}
"""Of Grafana's own, those in use: each was looked up in its list of value formats."""

TYPES = {"stat", "timeseries", "bargauge", "state-timeline", "table"}
"""Panels that come with every Grafana."""

KNOWN_TO_OVERRIDES = {"unit", "links", "color", "thresholds", "mappings", "custom.cellOptions"}
"""Of what Grafana lets a single field have of its own, that in use."""

every = pytest.mark.parametrize("name", DASHBOARDS)


def rows(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that has a place, collapsed or not."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in rows(dashboard) if panel["type"] != "row"]


def values(tree: Any, wanted: str) -> Iterator[Any]:
    """What stands under a key, anywhere."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == wanted:
                yield value
            else:
                yield from values(value, wanted)
    elif isinstance(tree, list):
        for item in tree:
            yield from values(item, wanted)


def chosen(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its variables, by name."""
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def data_links(dashboard: dict[str, Any]) -> Iterator[str]:
    """The addresses that a click on a cell or a series leads to."""
    for panel in panels(dashboard):
        for links in values(panel["fieldConfig"], "links"):
            yield from (link["url"] for link in links)
        for override in panel["fieldConfig"]["overrides"]:
            for changed in override["properties"]:
                if changed["id"] == "links":
                    yield from (link["url"] for link in changed["value"])


@every
def test_it_is_found_by_a_name_that_stays(name: str) -> None:
    dashboard = DASHBOARDS[name]

    assert dashboard["uid"] == name
    assert re.fullmatch(r"fleet-[a-z]+", name)
    assert dashboard["title"].startswith("Fleet / ")
    assert "fleet" in dashboard["tags"]
    assert "id" not in dashboard


@every
def test_it_loads_into_any_grafana_from_11_on(name: str) -> None:
    dashboard = DASHBOARDS[name]

    assert dashboard["schemaVersion"] == 39
    assert dashboard.keys().isdisjoint({"__inputs", "__requires", "__elements"})
    assert {panel["type"] for panel in panels(dashboard)} <= TYPES


@every
def test_nobody_s_changes_are_lost_with_the_next_version(name: str) -> None:
    """It cannot be edited in place; a copy can."""
    assert DASHBOARDS[name]["editable"] is False


@every
def test_it_asks_the_data_source_that_is_chosen(name: str) -> None:
    dashboard = DASHBOARDS[name]

    assert list(chosen(dashboard))[:2] == ["datasource", "cluster"]
    assert chosen(dashboard)["datasource"]["type"] == "datasource"
    for panel in panels(dashboard):
        assert panel["datasource"] == PROMETHEUS
        assert all(target["datasource"] == PROMETHEUS for target in panel["targets"])
    assert [one for one in values(dashboard, "datasource") if one != PROMETHEUS] == []


@every
def test_a_cluster_that_is_down_can_be_chosen(name: str) -> None:
    """The inventory has it; nothing else is certain to."""
    cluster = chosen(DASHBOARDS[name])["cluster"]

    assert cluster["query"]["query"] == "label_values(kube_fleet_cluster_info, cluster)"


@every
def test_variables_can_be_all_or_several(name: str) -> None:
    """All is a pattern, so that it also holds for what has no value listed any more."""
    dashboard = DASHBOARDS[name]
    queried = [one for one in chosen(dashboard).values() if one["type"] == "query"]
    for index, variable in enumerate(queried):
        assert variable["multi"] and variable["includeAll"]
        assert variable["allValue"] in (".+", ".*")
        assert variable["current"]["value"] == ["$__all"]
        assert variable["refresh"] == 2
        assert variables(variable["query"]["query"]) == {one["name"] for one in queried[:index]}


@every
def test_its_queries_name_variables_that_it_has(name: str) -> None:
    dashboard = DASHBOARDS[name]
    named = {one for text in values(dashboard, "expr") for one in variables(text)}

    assert named <= chosen(dashboard).keys()


@every
def test_several_values_may_be_chosen_everywhere(name: str) -> None:
    """They come as a regular expression."""
    dashboard = DASHBOARDS[name]
    for text in values(dashboard, "expr"):
        for variable in variables(text):
            matched = re.findall(rf'(\S+?)"\${variable}\b', text)
            assert matched and all(one.endswith("=~") for one in matched), text


@every
def test_every_panel_says_what_it_shows_and_in_which_unit(name: str) -> None:
    for panel in panels(DASHBOARDS[name]):
        defaults = panel["fieldConfig"]["defaults"]
        units = {defaults["unit"], *(one for one in overridden(panel, "unit"))}
        assert panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        assert units <= UNITS, panel["title"]
        assert panel["targets"], panel["title"]


def overridden(panel: dict[str, Any], what: str) -> list[Any]:
    return [
        changed["value"]
        for override in panel["fieldConfig"]["overrides"]
        for changed in override["properties"]
        if changed["id"] == what
    ]


@every
def test_panels_stand_beside_each_other_on_the_grid(name: str) -> None:
    """The panels of a collapsed row stand where they are shown when it is opened."""
    dashboard = DASHBOARDS[name]
    for group in (dashboard["panels"], *(row.get("panels", []) for row in dashboard["panels"])):
        places = [panel["gridPos"] for panel in group]
        assert all(one["x"] >= 0 and one["x"] + one["w"] <= 24 for one in places)
        assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or below)


@every
def test_rows_take_a_line_of_their_own_and_only_collapsed_ones_hold_panels(name: str) -> None:
    headlines = [panel for panel in DASHBOARDS[name]["panels"] if panel["type"] == "row"]

    assert headlines[0] is DASHBOARDS[name]["panels"][0]
    for row in headlines:
        assert {key: row["gridPos"][key] for key in "xwh"} == {"x": 0, "w": 24, "h": 1}
        assert bool(row["panels"]) == row["collapsed"], row["title"]


@every
def test_it_is_asked_again_by_itself_and_not_more_often_than_prometheus_scrapes(name: str) -> None:
    dashboard = DASHBOARDS[name]

    assert dashboard["refresh"] in {"30s", "1m", "5m"}
    assert re.fullmatch(r"now-\d+[hd]", dashboard["time"]["from"])
    assert dashboard["time"]["to"] == "now"


@every
def test_what_changes_a_single_field_is_known_to_grafana(name: str) -> None:
    """It passes over what it does not know, without a word."""
    for panel in panels(DASHBOARDS[name]):
        overrides = panel["fieldConfig"]["overrides"]
        changed = {one["id"] for override in overrides for one in override["properties"]}
        assert {override["matcher"]["id"] for override in overrides} <= {"byName"}
        assert changed <= KNOWN_TO_OVERRIDES, panel["title"]
        steps = [step["id"] for step in panel.get("transformations", ())]
        assert set(steps) <= {"merge", "organize"}, panel["title"]


@every
def test_tables_ask_for_rows_of_now_and_graphs_for_series_over_time(name: str) -> None:
    for panel in panels(DASHBOARDS[name]):
        for target in panel["targets"]:
            over_time = panel["type"] in ("timeseries", "state-timeline")
            assert target["range"] != target["instant"], panel["title"]
            assert target["range"] == over_time, panel["title"]
            assert (target["format"] == "table") == (panel["type"] == "table"), panel["title"]


@every
def test_what_grafana_s_schema_requires_of_a_legend_is_there(name: str) -> None:
    for panel in panels(DASHBOARDS[name]):
        if legend := panel["options"].get("legend"):
            assert legend.keys() >= {"showLegend", "displayMode", "placement", "calcs"}
            assert legend["displayMode"] in ("list", "table")
            assert legend["placement"] in ("bottom", "right")


@every
def test_the_pattern_of_a_variable_is_one(name: str) -> None:
    for variable in chosen(DASHBOARDS[name]).values():
        re.compile(variable["regex"].strip("/"))
        assert variable["hide"] == 0
        assert variable["label"]


@every
def test_no_two_panels_share_an_identifier(name: str) -> None:
    identifiers = [panel["id"] for panel in rows(DASHBOARDS[name])]

    assert len(set(identifiers)) == len(identifiers)
    assert all(0 < one < 2**31 for one in identifiers)


@every
def test_no_two_queries_of_a_panel_share_a_letter(name: str) -> None:
    for panel in panels(DASHBOARDS[name]):
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters), panel["title"]


@every
def test_the_menu_of_all_dashboards_keeps_what_is_chosen(name: str) -> None:
    (menu,) = DASHBOARDS[name]["links"]

    assert menu["type"] == "dashboards"
    assert menu["tags"] == ["fleet"]
    assert menu["includeVars"] and menu["keepTime"]


@every
def test_a_click_leads_to_a_dashboard_and_takes_along_what_is_chosen(name: str) -> None:
    here = chosen(DASHBOARDS[name])
    for url in data_links(DASHBOARDS[name]):
        path, _, query = url.partition("?")
        there = chosen(BY_UID[path.removeprefix("/d/")])
        parameters = query.split("&")
        given = {one.partition("=")[0].removeprefix("var-") for one in parameters if "=" in one}
        kept = set(re.findall(r"\$\{(\w+):queryparam\}", query))
        assert parameters[-1] == "${__url_time_range}"
        assert given <= there.keys(), url
        assert given | kept >= here.keys() & there.keys(), url


def test_dashboards_lead_to_each_other() -> None:
    led_to = {
        urlsplit(url).path.removeprefix("/d/")
        for dashboard in DASHBOARDS.values()
        for url in data_links(dashboard)
    }

    assert led_to == {"fleet-cluster", "fleet-namespaces", "fleet-workloads"}


def test_every_alert_leads_to_a_dashboard_that_shows_what_it_is_about() -> None:
    for rule in rules():
        if "alert" in rule:
            address = urlsplit(rule["annotations"]["dashboard"])
            target = chosen(BY_UID[address.path.removeprefix("/d/")])
            given = {key.removeprefix("var-") for key, _ in parse_qsl(address.query)}
            assert given <= target.keys(), rule["alert"]
