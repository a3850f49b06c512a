"""
What kubernetes-mixin reads of kube-state-metrics is on our pages, and what its group
kubernetes-apps tells we tell as well.

`kubernetes_mixin.json` holds the names: of metrics and the labels that its alerts, records and
dashboards read, and of alerts with the metrics that such a condition is about. Its expressions stay
where they are.
"""

import json
from pathlib import Path
from typing import Any

from exporter.catalogue import metrics
from tests.alerts.rules import alerts

MIXIN: dict[str, Any] = json.loads(Path(__file__).with_name("kubernetes_mixin.json").read_text())
CATALOGUE = {metric.name: set(metric.labels) for metric in metrics()}


def test_all_that_it_reads_is_listed() -> None:
    assert len(MIXIN["metrics"]) == 49
    assert len(MIXIN["kubernetes-apps"]) == 17


def test_a_metric_that_it_reads_has_the_labels_that_it_reads() -> None:
    for name, read in MIXIN["metrics"].items():
        missing = {"cluster", *read} - CATALOGUE[name]

        assert all(of_the_object(label, CATALOGUE[name]) for label in missing), (name, missing)


def of_the_object(label: str, labels: set[str]) -> bool:
    """Whether it is one of those that an object brings: `label_<key>` stands for all of them."""
    prefixes = tuple(each.removesuffix("<key>") for each in labels if each.endswith("<key>"))
    return label.startswith(prefixes)


def test_a_condition_that_it_knows_has_an_alert_that_reads_the_same() -> None:
    for expected in MIXIN["kubernetes-apps"].values():
        (ours,) = [alert for alert in alerts() if alert.name == expected["alert"]]

        assert set(expected["reads"]) <= ours.reading.metrics, str(ours)
        assert set(expected["reads"]) <= MIXIN["metrics"].keys(), str(ours)
