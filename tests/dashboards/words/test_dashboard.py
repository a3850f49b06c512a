import pytest

from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Panel, Query, Stat
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit


def stat(title: str) -> Panel:
    return Stat(
        title=title, description="One.", unit=Unit.WHOLE, expression="sum(up)", threshold=PLAIN
    )


def graph(title: str) -> Panel:
    return Graph(title=title, description="Some.", unit=Unit.WHOLE, series=[Query("up", "{{job}}")])


def dashboard(*rows: Row) -> Dashboard:
    return Dashboard(name="nodes", title="Nodes", description="All nodes.", rows=rows)


def test_the_panels_of_a_line_share_the_width() -> None:
    first = Row("First", [[stat("A"), stat("B")], [graph("C")]])
    second = Row("Second", [[stat("D")]])

    places = [
        (panel["title"], *panel["gridPos"].values())
        for panel in dashboard(first, second).json()["panels"]
    ]
    assert places == [
        ("First", 0, 0, 24, 1),
        ("A", 0, 1, 12, 4),
        ("B", 12, 1, 12, 4),
        ("C", 0, 5, 24, 8),
        ("Second", 0, 13, 24, 1),
        ("D", 0, 14, 24, 4),
    ]


def test_the_highest_panel_of_a_line_makes_it_so_high() -> None:
    made = dashboard(Row("Row", [[stat("A"), graph("B")], [stat("C")]])).json()

    assert [panel["gridPos"]["y"] for panel in made["panels"]] == [0, 1, 1, 9]


def test_panels_that_do_not_share_the_width_are_refused() -> None:
    row = Row("Row", [[stat(letter) for letter in "ABCDE"]])

    with pytest.raises(ValueError, match="5 panels do not share 24 columns"):
        dashboard(row).json()


def test_a_collapsed_row_holds_its_panels_and_takes_no_room() -> None:
    rows = (Row("Dear", [[stat("A")]], collapsed=True), Row("Cheap", [[stat("B")]]))
    dear, cheap, _ = dashboard(*rows).json()["panels"]

    assert dear["collapsed"]
    assert [panel["title"] for panel in dear["panels"]] == ["A"]
    assert dear["panels"][0]["gridPos"]["y"] == cheap["gridPos"]["y"] == 1


def test_it_has_a_name_that_stays_and_the_variables() -> None:
    made = dashboard(Row("Row", [[stat("A")]])).json()

    assert made["uid"] == "fleet-nodes"
    assert [one["name"] for one in made["templating"]["list"]] == ["datasource", "cluster"]
