"""
Where we differ from kube-state-metrics on purpose: each point with its reason.

A difference turns the page that kube-state-metrics answers into the one that we ought to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.parity.page import Page, Series

CLUSTER = "eu-1"

_LAST_APPLIED = "kubectl_kubernetes_io_last_applied_configuration"


@dataclass(frozen=True)
class Difference:
    """What is different, why, and what it makes of a page."""

    reason: str
    of: Callable[[Page], Page]


def _with_cluster(page: Page) -> Page:
    return {
        Series(one.name, one.labels | {("cluster", CLUSTER)}): values
        for one, values in page.items()
    }


def _without_last_applied(page: Page) -> Page:
    return {
        Series(
            one.name,
            frozenset(label for label in one.labels if not label[0].endswith(_LAST_APPLIED)),
        ): values
        for one, values in page.items()
    }


def _same(page: Page) -> Page:
    """A difference that no recorded page shows."""
    return page


def _each_once(page: Page) -> Page:
    return {one: sorted(set(values)) for one, values in page.items()}


DIFFERENCES = (
    Difference(
        "Every series says which cluster it is of: many clusters share the page.", _with_cluster
    ),
    Difference(
        "kubectl's last-applied-configuration is left out, even where all annotations are shown: "
        "it holds whole manifests, passwords in them included.",
        _without_last_applied,
    ),
    Difference(
        "A series is never written twice, because Prometheus refuses one of the two: the first "
        "wins. kube-state-metrics' own order is random, so either value is right.",
        _each_once,
    ),
    Difference(
        "A cron schedule without a time zone is counted in UTC, wherever the exporter runs; "
        "kube-state-metrics takes the zone of its process, which in a container is UTC.",
        _same,
    ),
    Difference(
        "OpenMetrics keeps the types info and stateset only where its own rules allow the name, "
        "because strict parsers refuse the page otherwise; elsewhere such a family is a gauge.",
        _same,
    ),
    Difference(
        "A label of a custom resource that would begin with a digit gets an underscore, and a "
        "document with names that are none is refused when it is read, so that no page breaks.",
        _same,
    ),
)
