"""The rule files of `alerts/`, and every metric that their expressions may read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_args

import yaml

from exporter.catalogue import metrics
from exporter.fleet.health import ConditionName
from exporter.kubernetes.connection import Verb
from exporter.kubernetes.credentials import Rotation
from exporter.kubernetes.expiry import ExpiryKind
from tests.alerts.promql import Reading, Series

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "alerts"

AWAITED: Mapping[str, frozenset[str]] = {}
"""Metrics that the exporter is about to have. One that it has must not stand here any more."""

OF_PROMETHEUS: Mapping[str, frozenset[str]] = {"scrape_duration_seconds": frozenset()}
"""What Prometheus itself writes with every scrape."""

VALUES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "kube_fleet_cluster_condition": {"condition": frozenset(get_args(ConditionName))},
    "kube_fleet_credential_expiry_timestamp_seconds": {
        "kind": frozenset(get_args(ExpiryKind)),
        "rotation": frozenset(get_args(Rotation)),
    },
    "kube_fleet_api_request_duration_seconds_bucket": {"verb": frozenset(get_args(Verb))},
    "kube_fleet_resource_up": {
        "reason": frozenset({"forbidden", "not-served", "failing", "stale"})
    },
}
"""Labels whose values are a closed set: an alert on another one would never fire."""

TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A recording rule or an alert. `name` is what it records, or the alert's."""

    file: str
    name: str
    expression: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    wait: str = ""
    keep_firing: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.labels.get("severity"))))

    @property
    def fleet(self) -> bool:
        """Whether it is about the fleet and not about any one cluster."""
        return self.labels.get("scope") == "fleet" or self.name.startswith("fleet:")

    @cached_property
    def reading(self) -> Reading:
        """The expression, read."""
        return Reading(self.expression, known(), fleet=self.fleet)


def rule_files() -> list[Path]:
    """The files that Prometheus loads, the recording rules first."""
    files = sorted(ALERTS.glob("fleet-*.yaml"))
    return sorted(files, key=lambda file: file.name != "fleet-recording.yaml")


def groups(file: Path) -> list[dict[str, Any]]:
    """The groups of a rule file as they stand there."""
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text())["groups"]
    return found


@cache
def recordings() -> list[Rule]:
    """All recording rules, in the order in which they are evaluated."""
    return [rule for key, rule in _rules() if key == "record"]


@cache
def alerts() -> list[Rule]:
    """All alerts. Two may share a name and differ in severity."""
    return [rule for key, rule in _rules() if key == "alert"]


def _rules() -> Iterator[tuple[str, Rule]]:
    for file in rule_files():
        for group in groups(file):
            for rule in group["rules"]:
                key = "alert" if "alert" in rule else "record"
                yield (
                    key,
                    Rule(
                        file=file.name,
                        name=rule[key],
                        expression=rule["expr"],
                        labels=rule.get("labels", {}),
                        annotations=rule.get("annotations", {}),
                        wait=rule.get("for", ""),
                        keep_firing=rule.get("keep_firing_for", ""),
                    ),
                )


@cache
def exposed() -> Mapping[str, Series]:
    """What the exporter's pages have, and Prometheus' own."""
    found = {}
    for metric in metrics():
        labels = frozenset(metric.labels)
        if metric.type == "histogram":
            found[f"{metric.name}_bucket"] = Series(labels | {"le"}, counter=True)
            found[f"{metric.name}_sum"] = Series(labels, counter=True)
            found[f"{metric.name}_count"] = Series(labels, counter=True)
        else:
            found[metric.name] = Series(labels, counter=metric.type == "counter")

    found |= {name: Series(labels) for name, labels in {**AWAITED, **OF_PROMETHEUS}.items()}
    for name, values in VALUES.items():
        found[name] = Series(found[name].labels, found[name].counter, values=values)

    return found


@cache
def known() -> Mapping[str, Series]:
    """What can be read: what is exposed, and what is recorded of it."""
    found = dict(exposed())
    for rule in recordings():
        # A rule may read what it recorded the last time.
        level = rule.name.partition(":")[0]
        found[rule.name] = Series(_of_level(level), scraped=False)

    return found


def _of_level(level: str) -> frozenset[str]:
    return frozenset() if level == "fleet" else frozenset(level.split("_"))
