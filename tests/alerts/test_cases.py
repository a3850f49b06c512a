"""Every alert has promtool cases: one in which it fires to the minute, one in which it must not."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.rules import Rule, alerts, groups, rule_files
from tests.controlplane.binaries import program

FILES = sorted(Path(__file__).parent.glob("*_test.yaml"))

STORMS = {
    "One dead cluster is one page, and nothing else is said of it until it is back",
    "A dead exporter is one page, and no cluster is blamed",
    "Ten dead clusters are one page, and one that falls later is another",
    "A rolling upgrade is nothing",
    "A removed cluster pages nobody, and what is said of it ends by itself",
    "A cluster in maintenance is left alone, up or down",
}
"""What docs/alerts.md promises."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@pytest.mark.controlplane
@each_file
def test_prometheus_says_what_the_cases_say(file: Path) -> None:
    promtool = program("prometheus", "promtool")
    tested = subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, timeout=55, check=False
    )

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_an_alert_has_a_case_in_which_it_fires_to_the_minute() -> None:
    """Silent when it is looked at a minute before, firing at the minute, at its severity."""
    without = [
        str(alert)
        for alert in alerts()
        if not any(fires_to_the_minute(case, alert) for case in cases())
    ]

    assert without == []


def fires_to_the_minute(case: dict[str, Any], alert: Rule) -> bool:
    looks = {
        minutes(look["eval_time"]): [
            found["exp_labels"]["severity"] for found in look["exp_alerts"]
        ]
        for look in case.get("alert_rule_test", ())
        if look["alertname"] == alert.name
    }
    return any(
        alert.labels["severity"] in found
        and alert.labels["severity"] not in looks.get(minute - 1, found)
        for minute, found in looks.items()
    )


def test_an_alert_has_a_case_in_which_it_stays_silent() -> None:
    silent = {
        name
        for case in cases()
        for name in looked_at(case)
        if not any(look["exp_alerts"] for look in case["alert_rule_test"])
    }

    assert {alert.name for alert in alerts()} - silent == set()


def looked_at(case: dict[str, Any]) -> set[str]:
    """The alerts whose state a case asks for."""
    return {look["alertname"] for look in case.get("alert_rule_test", ())}


def test_a_case_is_named_by_its_alert_and_what_it_does() -> None:
    names = {alert.name for alert in alerts()}
    for case in cases():
        if looked_at(case):
            name, does, *_ = case["name"].split(" ")
            assert looked_at(case) == {name} <= names
            assert does in {"fires", "stays"}


def test_what_is_promised_of_storms_has_a_case() -> None:
    assert {case["name"] for case in cases()} >= STORMS


def test_no_two_cases_have_the_same_name() -> None:
    names = [case["name"] for case in cases()]

    assert len(set(names)) == len(names)


@each_file
def test_groups_are_evaluated_in_the_order_in_which_they_read_each_other(file: Path) -> None:
    """Otherwise promtool starts them in any order, and a case would pass now and then."""
    content = yaml.safe_load(file.read_text())
    loaded = [(file.parent / each).resolve() for each in content["rule_files"]]
    names = [group["name"] for each in loaded for group in groups(each)]

    assert content["group_eval_order"] == names
    assert loaded[0] == rule_files()[0]


@cache
def cases() -> list[dict[str, Any]]:
    """The cases of all files."""
    return [case for file in FILES for case in yaml.safe_load(file.read_text())["tests"]]


def minutes(duration: str) -> int:
    """Of `90m` or `1h30m`."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?", duration)
    assert found is not None
    hours, rest = (int(part or 0) for part in found.groups())
    return hours * 60 + rest
