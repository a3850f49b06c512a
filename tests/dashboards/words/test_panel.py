import pytest

from dashboards.source.words.panel import Bars, Graph, Query, Stat, Timeline, legend_labels
from dashboards.source.words.threshold import PLAIN, Limit, Threshold, counting
from dashboards.source.words.unit import Unit


def stat(title: str = "Down", description: str = "Clusters.", threshold: Threshold = PLAIN) -> Stat:
    return Stat(
        title=title,
        description=description,
        unit=Unit.WHOLE,
        expression="count(up == 0)",
        threshold=threshold,
    )


def graph(*series: Query) -> Graph:
    return Graph(title="Lines", description="Some.", unit=Unit.NUMBER, series=series)


@pytest.mark.parametrize(("title", "description"), [("", "Clusters."), ("Down", "no sentence")])
def test_a_panel_without_a_title_or_a_description_is_refused(title: str, description: str) -> None:
    with pytest.raises(ValueError, match="a title and a description"):
        stat(title, description)


def test_a_panel_that_asks_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="asks nothing"):
        graph()


def test_an_expression_is_sent_on_one_line() -> None:
    query = Query("""
        sum by (cluster) (
          up{
            cluster=~"$cluster"
          }
        )
    """)

    assert query.text == 'sum by (cluster) (up{cluster=~"$cluster"})'


def test_the_identifier_stays_where_the_title_stays() -> None:
    assert stat(description="One.").identifier == stat(description="Two.").identifier
    assert stat("Down").identifier != stat("Up").identifier


def test_a_stat_asks_for_the_moment_and_a_graph_for_the_range() -> None:
    (moment,) = stat().json()["targets"]
    (over_time,) = graph(Query("up", "{{job}}")).json()["targets"]

    assert (moment["instant"], moment["range"]) == (True, False)
    assert (over_time["instant"], over_time["range"]) == (False, True)


def test_a_stat_has_a_colour_where_an_alert_has_a_limit() -> None:
    coloured = stat(threshold=counting("critical", "Down")).json()
    plain = stat().json()

    assert coloured["options"]["colorMode"] == "background"
    assert coloured["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["color"] == "red"
    assert plain["options"]["colorMode"] == "none"


def test_bars_of_shares_end_at_everything() -> None:
    bars = Bars(
        title="Full",
        description="Shares.",
        unit=Unit.SHARE,
        series=[Query("share", "{{cluster}}")],
        threshold=Threshold(limits=(Limit("Full", "warning", 0.9),)),
    )

    assert bars.json()["fieldConfig"]["defaults"]["max"] == 1


def test_the_states_of_a_timeline_have_words_and_colours() -> None:
    timeline = Timeline(
        title="State",
        description="States.",
        unit=Unit.WHOLE,
        series=[Query("up", "{{cluster}}")],
        words={0: ("down", "red"), 1: ("up", "green")},
    )

    (mapping,) = timeline.json()["fieldConfig"]["defaults"]["mappings"]
    assert mapping["options"] == {
        "0": {"text": "down", "color": "red", "index": 0},
        "1": {"text": "up", "color": "green", "index": 1},
    }


def test_a_click_on_a_series_leads_to_what_its_legend_names() -> None:
    linked = graph(Query("a", "{{cluster}} {{phase}}"), Query("b", "{{cluster}}")).json()
    without = graph(Query("a", "{{cluster}}"), Query("b", "all")).json()

    assert [link["title"] for link in linked["fieldConfig"]["defaults"]["links"]] == [
        "This cluster"
    ]
    assert without["fieldConfig"]["defaults"]["links"] == []


@pytest.mark.parametrize(
    ("legend", "labels"),
    [("", []), ("ready", []), ("v1.{{minor}}", ["minor"]), ("{{a}} {{ b }}", ["a", "b"])],
)
def test_a_legend_names_labels(legend: str, labels: list[str]) -> None:
    assert legend_labels(legend) == labels
