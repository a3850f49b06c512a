"""Which series there are for a dashboard to ask for, and their labels."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from promql_parser import Expr, parse

from exporter.catalogue import metrics
from tests.dashboards.promql import Labels, labels_of

ALERTS = Path(__file__).parents[2] / "alerts"

AWAITED: dict[str, tuple[str, ...]] = {}
"""Named in advance: the exporter does not have them yet. Panels that ask for them stay empty."""

OF_PROMETHEUS = {
    "ALERTS": ("alertname", "alertstate", "severity", "scope", "cluster"),
    "ALERTS_FOR_STATE": ("alertname", "severity", "scope", "cluster"),
    "scrape_duration_seconds": ("job", "instance"),
    "scrape_samples_post_metric_relabeling": ("job", "instance"),
}
"""What Prometheus itself adds, with the labels that our rules give every alert."""

OF_TARGETS = ("job", "instance")
"""What Prometheus adds to everything that it scrapes."""


class UnknownName(Exception):
    """Nothing exposes or records series of this name."""


@cache
def exposed() -> dict[str, Labels]:
    """The series on the exporter's pages, histograms by the names of theirs."""
    found: dict[str, Labels] = {}
    for metric in metrics():
        labels = frozenset((*metric.labels, *OF_TARGETS))
        if metric.type == "histogram":
            found[f"{metric.name}_bucket"] = labels | {"le"}
            found[f"{metric.name}_sum"] = found[f"{metric.name}_count"] = labels
        else:
            found[metric.name] = labels

    return found


@cache
def scraped() -> dict[str, Labels]:
    """What a Prometheus that scrapes the exporter has before it evaluates a rule."""
    prometheus = {name: frozenset(labels) for name, labels in OF_PROMETHEUS.items()}
    awaited = {name: frozenset((*labels, *OF_TARGETS)) for name, labels in AWAITED.items()}
    return {**prometheus, **awaited, **exposed()}


def rule_files() -> list[Path]:
    """The files in alerts/ that Prometheus loads."""
    return [
        path
        for path in sorted(ALERTS.glob("*.yaml"))
        if not path.name.startswith("alertmanager") and "test" not in path.name
    ]


@cache
def rules() -> list[dict[str, Any]]:
    """Every rule in them, recording or alerting."""
    groups = [
        group for path in rule_files() for group in yaml.safe_load(path.read_text())["groups"]
    ]
    return [rule for group in groups for rule in group["rules"]]


@cache
def recorded() -> dict[str, Expr]:
    """The expression of each recording rule; of several for one name, the first."""
    found: dict[str, Expr] = {}
    for rule in rules():
        if "record" in rule:
            found.setdefault(rule["record"], parse(rule["expr"]))

    return found


@cache
def labels_of_series(name: str) -> Labels:
    """The labels of the series of a name. Raises UnknownName."""
    if name in scraped():
        return scraped()[name]

    if name not in recorded():
        raise UnknownName(name)

    def below(inner: str) -> Labels:
        # A rule that reads what itself said a moment ago has the labels of what else it reads.
        return frozenset(("cluster",)) if inner == name else labels_of_series(inner)

    return labels_of(recorded()[name], below)


def is_of_a_cluster(name: str) -> bool:
    """Whether several jobs or pages may bring the same series of it: what is about clusters."""
    of_telemetry = {metric.name for metric in metrics() if metric.resource == "telemetry"}
    base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
    return name in exposed().keys() | AWAITED.keys() and base not in of_telemetry
