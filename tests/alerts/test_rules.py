"""
The rules read only what exists, keep clusters apart, and say what a person needs to know.

What promtool can say it says here as well; the rest is our own lint.
"""

from __future__ import annotations

import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from exporter.catalogue import metrics
from tests.alerts.dashboards import variables_of
from tests.alerts.promql import SCRAPED, Reading
from tests.alerts.rules import (
    ALERTS,
    AWAITED,
    ROOT,
    TEMPLATE,
    alerts,
    groups,
    known,
    recordings,
    rule_files,
)
from tests.controlplane.binaries import program

RUNBOOKS = "https://runbooks.example/kube-fleet-exporter"
"""Where nothing is served: docs/alerts.md says how to put one's own there."""

GUARD = "cluster:kube_fleet_cluster_up:attended"
"""Absent for clusters that are in maintenance, asleep or refused; 0 for those that are down."""

WITHOUT_GUARD = {
    "FleetClusterDisappeared": "of a cluster that is gone nothing is known",
    "FleetClusterRefused": "a refused cluster is not attended to; it looks at maintenance itself",
    "FleetInventoryLost": "it is about clusters that are gone",
    "FleetManyClustersDown": "it reads what is recorded of those attended to",
}

PARTNERS = {"FleetExporterDown": "FleetClusterDisappeared"}
"""
For each alert that says absent(), the one that speaks for a single cluster: absent() is silent as
long as one cluster is left.
"""

ENDS_BY_ITSELF = {"FleetInventoryLost": "compares with an hour ago, so it neither flaps nor lasts"}

ABOUT_ALL_CLUSTERS = {"fleet-overview", "fleet-exporter"}

OF_CLUSTERS = [alert for alert in alerts() if alert.file != "fleet-exporter.yaml"]


@pytest.mark.controlplane
def test_prometheus_accepts_every_file() -> None:
    promtool = program("prometheus", "promtool")
    checked = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", *rule_files()],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_yaml_file_is_one_of_rules_or_the_example_for_alertmanager() -> None:
    assert {*ALERTS.glob("*.yaml")} == {*rule_files(), ALERTS / "alertmanager.yaml"}


def test_a_rule_reads_what_exists_and_keeps_clusters_apart() -> None:
    rules = [*recordings(), *alerts()]

    assert {str(rule): rule.reading.faults for rule in rules if rule.reading.faults} == {}


def test_a_metric_that_was_awaited_and_has_come_is_not_awaited_any_more() -> None:
    come = {metric.name for metric in metrics()} & AWAITED.keys()

    assert not come, "strike them from AWAITED in tests/alerts/rules.py"


def test_a_recorded_name_says_level_metric_and_operations() -> None:
    """https://prometheus.io/docs/practices/rules/"""
    for rule in recordings():
        _, metric, operations = rule.name.split(":")

        assert rule.reading.labels == known()[rule.name].labels, f"the level of {rule}"
        assert metric.startswith("kube_")
        assert operations


def test_nothing_is_recorded_twice() -> None:
    names = [rule.name for rule in recordings()]

    assert len(set(names)) == len(names)


def test_a_recorded_series_is_read_by_somebody() -> None:
    """By a rule, or as an aggregate that docs/alerts.md offers to a federating server."""
    read = set().union(*(rule.reading.metrics for rule in [*recordings(), *alerts()]))
    offered = set(re.findall(r"`([\w:]+)`", (ROOT / "docs/alerts.md").read_text()))

    assert {rule.name for rule in recordings()} - read - offered == set()


def test_no_two_groups_have_the_same_name() -> None:
    names = [group["name"] for file in rule_files() for group in groups(file)]

    assert len(set(names)) == len(names)


def test_an_alert_stands_twice_only_at_two_severities() -> None:
    names = [str(alert) for alert in alerts()]

    assert len(set(names)) == len(names)


def test_severity_and_scope_are_of_closed_sets() -> None:
    for alert in alerts():
        assert alert.labels.keys() == {"severity", "scope"}, str(alert)
        assert alert.labels["severity"] in {"critical", "warning", "info"}, str(alert)
        assert alert.labels["scope"] in {"cluster", "fleet"}, str(alert)


def test_an_alert_names_a_cluster_unless_it_is_about_the_fleet() -> None:
    for alert in alerts():
        assert alert.fleet is ("cluster" not in alert.reading.labels), str(alert)


def test_an_alert_about_clusters_does_not_depend_on_how_they_are_scraped() -> None:
    """Two jobs, or a new pod of the exporter, would make two alerts of one, or begin it anew."""
    assert [str(alert) for alert in OF_CLUSTERS if alert.reading.labels & SCRAPED] == []


def test_an_alert_about_clusters_does_not_speak_of_old_data() -> None:
    unguarded = {alert.name for alert in OF_CLUSTERS if GUARD not in alert.reading.metrics}

    assert unguarded == WITHOUT_GUARD.keys()


def test_a_name_begins_with_the_product() -> None:
    for alert in alerts():
        assert re.fullmatch(r"Fleet([A-Z]+[a-z]+)+", alert.name), str(alert)


def test_what_pages_waits_and_lasts() -> None:
    """So that what comes and goes within minutes wakes nobody, or only once."""
    critical = [alert for alert in alerts() if alert.labels["severity"] == "critical"]

    assert [str(alert) for alert in critical if not alert.wait] == []
    assert {alert.name for alert in critical if not alert.keep_firing} == ENDS_BY_ITSELF.keys()


def test_an_alert_names_its_object_to_the_reader() -> None:
    for alert in alerts():
        named = set(re.findall(r"\$labels\.(\w+)", alert.annotations["description"]))

        assert named == alert.reading.labels, str(alert)
        assert alert.fleet or "$labels.cluster" in alert.annotations["summary"], str(alert)


def test_what_an_annotation_says_is_known_when_the_alert_fires() -> None:
    for alert in alerts():
        used = set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values())))

        assert used <= alert.reading.labels, str(alert)


def test_what_a_description_looks_up_exists() -> None:
    faults = {
        query: found
        for alert in alerts()
        for query in queries(alert.annotations["description"])
        if (found := Reading(query, known(), fleet=True).faults)
    }

    assert faults == {}


def queries(text: str) -> list[str]:
    """The expressions in an annotation's template, as Prometheus would ask them."""
    found = [
        quoted
        for template in TEMPLATE.findall(text)
        if "query" in template.split()
        for quoted in re.findall(r'"((?:[^"\\]|\\.)+)"', template)
        if "kube_" in quoted
    ]
    return [query.replace(r"\"", '"').replace("%q", '"x"') for query in found]


def test_an_alert_has_a_sentence_a_description_and_two_links() -> None:
    wanted = {"summary", "description", "runbook_url", "dashboard"}
    for alert in alerts():
        assert alert.annotations.keys() == wanted, str(alert)
        assert alert.annotations["summary"].endswith("."), str(alert)
        assert len(TEMPLATE.sub("", alert.annotations["summary"])) < 80, str(alert)
        assert alert.annotations["runbook_url"] == f"{RUNBOOKS}/{alert.name}.md", str(alert)


def test_a_dashboard_that_an_alert_leads_to_exists_and_is_told_the_cluster() -> None:
    for alert in alerts():
        link = urlsplit(TEMPLATE.sub("x", alert.annotations["dashboard"]))
        uid = link.path.removeprefix("/d/")
        told = {name.removeprefix("var-") for name in parse_qs(link.query)}

        assert told <= variables_of(uid), str(alert)
        assert "cluster" in told or uid in ABOUT_ALL_CLUSTERS, str(alert)


def test_the_absence_of_everything_has_a_partner_for_one_cluster() -> None:
    absent = [alert for alert in alerts() if "absent" in alert.expression]

    assert {alert.name for alert in absent} == PARTNERS.keys()
    for alert in absent:
        (partner,) = (one for one in alerts() if one.name == PARTNERS[alert.name])
        assert not partner.fleet
        assert alert.reading.metrics <= partner.reading.metrics
