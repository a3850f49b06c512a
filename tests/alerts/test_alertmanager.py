"""The example for Alertmanager sends everything where it should go and keeps clusters apart."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.alerts.rules import ALERTS, alerts
from tests.controlplane.binaries import program

FILE = ALERTS / "alertmanager.yaml"
EXAMPLE: dict[str, Any] = yaml.safe_load(FILE.read_text())

Labels = Mapping[str, str]


@pytest.mark.controlplane
def test_amtool_accepts_it() -> None:
    said = amtool("check-config", str(FILE))

    assert "SUCCESS" in said


@pytest.mark.controlplane
@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "pager"), ("warning", "tickets"), ("info", "nowhere")]
)
def test_a_severity_has_its_receiver(severity: str, receiver: str) -> None:
    test = ("config", "routes", "test", f"--config.file={FILE}")
    said = amtool(*test, f"severity={severity}", "alertname=FleetClusterDown", "cluster=eu-1")

    assert said.split() == [receiver]


def amtool(*arguments: str) -> str:
    done = subprocess.run(
        [program("alertmanager", "amtool"), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_cluster_s_alerts_are_told_apart() -> None:
    assert {"alertname", "cluster"} <= set(EXAMPLE["route"]["group_by"])


def fired(name: str, **labels: str) -> Labels:
    """An alert of the rules with what it always has, and with labels of its object."""
    rule = next(alert for alert in alerts() if alert.name == name)
    return {"alertname": name, **rule.labels, **labels}


EVERY_ALERT = [
    fired(alert.name, **alert.labels, **({"cluster": "eu-1"} if not alert.fleet else {}))
    for alert in alerts()
]


def test_an_alert_of_one_cluster_mutes_nothing_of_another() -> None:
    here = [alert for alert in EVERY_ALERT if "cluster" in alert]
    elsewhere = [{**alert, "cluster": "eu-2"} for alert in here]
    fleet = [alert for alert in EVERY_ALERT if "cluster" not in alert]

    muted = [
        (source, target)
        for source in here
        for target in (*elsewhere, *fleet)
        if mutes(source, target)
    ]

    assert muted == []


@pytest.mark.parametrize("name", ["FleetClusterDown", "FleetClusterUnauthorized"])
def test_a_cluster_that_is_down_mutes_all_else_about_it(name: str) -> None:
    down = fired(name, cluster="eu-1")
    targets = [target for target in EVERY_ALERT if "cluster" in target]
    audible = {target["alertname"] for target in targets if not mutes(down, target)}
    mixin = {"alertname": "KubePodNotReady", "severity": "warning", "cluster": "eu-1"}

    assert audible == {"FleetClusterDown", "FleetClusterUnauthorized"}
    assert mutes(down, mixin)
    assert not mutes(down, {"alertname": "Watchdog", "severity": "none"})


def test_a_dead_exporter_mutes_all_about_clusters_and_nothing_about_itself() -> None:
    dead = fired("FleetExporterDown")

    assert mutes(dead, fired("FleetNodeNotReady", cluster="eu-1"))
    assert not mutes(dead, dead)
    assert not mutes(dead, fired("FleetExporterRestarting"))


def test_a_lower_severity_is_muted_by_a_higher_one_about_the_same_thing_only() -> None:
    critical, warning = (
        {"alertname": "FleetCredentialExpiring", "severity": severity, "cluster": "eu-1"}
        for severity in ("critical", "warning")
    )

    assert mutes({**critical, "kind": "token"}, {**warning, "kind": "token"})
    assert not mutes({**critical, "kind": "token"}, {**warning, "kind": "ca"})


def test_every_alert_that_it_names_exists() -> None:
    names = {alert.name for alert in alerts()}
    named = re.findall(r"\bFleet\w+", FILE.read_text())

    assert set(named) - {"Fleet"} <= names


def mutes(source: Labels, target: Labels) -> bool:
    """
    By https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule: a label that is
    missing equals an empty one, and what matches both sides of a rule does not mute itself.
    """
    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label, "") == target.get(label, "") for label in rule.get("equal", ()))
        for rule in EXAMPLE["inhibit_rules"]
        if not (
            matches(rule["target_matchers"], source) and matches(rule["source_matchers"], target)
        )
    )


def matches(matchers: list[str], labels: Labels) -> bool:
    return all(holds(matcher, labels) for matcher in matchers)


def holds(matcher: str, labels: Labels) -> bool:
    parsed = re.fullmatch(r'(\w+)(=~|!~|!=|=)"(.*)"', matcher)
    assert parsed is not None, matcher
    label, operator, value = parsed.groups()
    found = labels.get(label, "")
    same = bool(re.fullmatch(value, found)) if "~" in operator else found == value
    return same != operator.startswith("!")
