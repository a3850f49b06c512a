"""A parser of OpenMetrics that refuses whatever the specification does not allow."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families


def strictly_parsed(page: str) -> list[Metric]:
    """
    The families of an OpenMetrics page.

    Raises:
        ValueError: the page is not OpenMetrics.
    """
    return list(text_string_to_metric_families(page))  # type: ignore[no-untyped-call]  # it has none
