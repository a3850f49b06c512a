from typing import Any

from dashboards.source.words.table import Column, Table, heading
from dashboards.source.words.threshold import Limit, Threshold
from dashboards.source.words.unit import Unit

VERSION = Column(title="", unit=Unit.WHOLE, expression="group by (cluster, version) (info)")
NODES = Column(title="Nodes", unit=Unit.WHOLE, expression="count by (cluster) (node)")
READY = Column(
    title="Ready",
    unit=Unit.SHARE,
    expression="avg by (cluster) (ready)",
    threshold=Threshold(limits=(Limit("NotReady", "critical", 0.7),), falling=True),
)


def table(*columns: Column) -> dict[str, Any]:
    made = Table(
        title="Clusters",
        description="Each of them.",
        labels=("cluster", "version"),
        columns=columns,
        sort="Nodes",
    )
    return made.json()


def organized(made: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = made["transformations"][-1]["options"]
    return options


def changed(made: dict[str, Any], title: str) -> dict[str, Any]:
    """What is different about one column."""
    return {
        one["id"]: one["value"]
        for override in made["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == title
        for one in override["properties"]
    }


def test_labels_come_before_values_each_by_its_heading() -> None:
    options = organized(table(NODES, READY))

    in_order = sorted(options["indexByName"], key=options["indexByName"].__getitem__)
    assert in_order[:2] == ["cluster", "version"]
    assert options["renameByName"]["cluster"] == "Cluster"
    assert options["renameByName"]["Value #A"] == "Nodes"
    assert options["renameByName"]["Value #B"] == "Ready"


def test_the_value_of_a_single_query_has_another_name() -> None:
    assert organized(table(NODES))["renameByName"]["Value"] == "Nodes"


def test_the_first_column_keeps_its_title_where_only_it_has_values() -> None:
    assert organized(table(NODES, READY))["renameByName"]["Value"] == "Nodes"


def test_time_and_values_without_a_title_are_hidden() -> None:
    options = organized(table(NODES, VERSION))

    assert options["excludeByName"] == {"Time": True, "Value #B": True}
    assert "Value #B" not in options["renameByName"]


def test_a_column_has_a_unit_and_colours_of_its_own() -> None:
    made = table(NODES, READY)

    assert changed(made, "Nodes") == {"unit": "none"}
    assert changed(made, "Ready")["unit"] == "percentunit"
    assert changed(made, "Ready")["custom.cellOptions"]["type"] == "color-background"
    assert changed(made, "Ready")["thresholds"]["steps"][0]["color"] == "red"


def test_a_column_of_words_shows_them_in_colour() -> None:
    state = Column(
        title="State",
        unit=Unit.WHOLE,
        expression="max by (cluster) (up)",
        words={1: ("up", "green")},
    )

    properties = changed(table(state), "State")
    assert properties["mappings"][0]["options"]["1"]["text"] == "up"
    assert properties["custom.cellOptions"]["type"] == "color-background"


def test_a_cluster_s_name_is_a_link() -> None:
    (link,) = changed(table(NODES), "Cluster")["links"]

    assert link["url"].startswith("/d/fleet-cluster?")


def test_a_table_shows_the_moment_and_is_sorted() -> None:
    made = table(NODES, READY)

    assert [(one["instant"], one["format"]) for one in made["targets"]] == [(True, "table")] * 2
    assert made["options"]["sortBy"] == [{"displayName": "Nodes", "desc": True}]


def test_a_heading_is_a_label_in_words() -> None:
    assert heading("reporting_component") == "Reporting component"
