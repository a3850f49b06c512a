import pytest

from dashboards.source.words.drill_down import from_cell, from_series


def parameters(url: str) -> list[str]:
    return url.split("?", 1)[1].split("&")


def test_a_cluster_s_cell_leads_to_its_dashboard() -> None:
    (link,) = from_cell("cluster", ("cluster", "namespace"))

    assert link["url"].startswith("/d/fleet-cluster?")
    assert parameters(link["url"]) == [
        "${datasource:queryparam}",
        "var-cluster=${__data.fields.cluster:percentencode}",
        "${__url_time_range}",
    ]


def test_a_name_goes_together_with_what_it_is_a_name_in() -> None:
    (link,) = from_cell("namespace", ("cluster", "namespace", "deployment"))

    assert link["url"].startswith("/d/fleet-namespaces?")
    assert parameters(link["url"])[1:3] == [
        "var-cluster=${__data.fields.cluster:percentencode}",
        "var-namespace=${__data.fields.namespace:percentencode}",
    ]


def test_where_a_row_is_of_several_clusters_those_that_are_chosen_stay_chosen() -> None:
    (link,) = from_cell("deployment", ("namespace", "deployment"))

    assert "${cluster:queryparam}" in parameters(link["url"])
    assert "var-cluster" not in link["url"]


@pytest.mark.parametrize("label", ["reason", "node"])
def test_what_no_dashboard_is_about_leads_nowhere(label: str) -> None:
    assert from_cell(label, ("cluster", label)) == []


def test_a_series_leads_to_everything_that_it_is_named_by() -> None:
    links = from_series(("cluster", "namespace", "reason"))

    assert [link["title"] for link in links] == ["This cluster", "This namespace"]
    assert "${__field.labels.cluster:percentencode}" in links[0]["url"]
