"""The ways to scrape an exporter that README shows, as Prometheus' scrape configurations."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.exporter_process import Exporter

Job = dict[str, Any]
Way = Callable[[Exporter], list[Job]]


def one_page(exporter: Exporter) -> list[Job]:
    """Everything on one page."""
    return [_page(exporter.metrics, "one-page", "/metrics"), telemetry(exporter)]


def targets(exporter: Exporter) -> list[Job]:
    """A target for each cluster, which Prometheus finds, and the facts beside them."""
    sd = {"url": f"{exporter.metrics}/sd?job=by-cluster", "refresh_interval": "1s"}
    discovered = {"job_name": "discovered", "honor_labels": True, "http_sd_configs": [sd]}
    return [discovered, _page(exporter.metrics, "facts", "/metrics/fleet"), telemetry(exporter)]


def telemetry(exporter: Exporter) -> Job:
    """What the exporter says of itself."""
    return _page(exporter.telemetry, "telemetry", "/metrics")


def _page(url: str, name: str, path: str) -> Job:
    return {
        "job_name": name,
        "honor_labels": True,
        "metrics_path": path,
        "static_configs": [{"targets": [urlsplit(url).netloc]}],
    }
