"""
Where OpenMetrics 1.0 differs from the Prometheus text format: names of counters, and the end.

Source of the rules: https://prometheus.io/docs/specs/om/open_metrics_spec/
The sample lines are the same, because our counters' names end in ``_total`` and no sample carries
a timestamp or an exemplar.
"""

from __future__ import annotations

from exporter.exposition.text import MetricType, escape_help

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
END = b"# EOF\n"


def header(name: str, type_: MetricType, help_: str) -> bytes:
    r"""TYPE and HELP; a counter's family is named without ``_total``. ``"`` is escaped in HELP."""
    if type_ == "counter":
        name = name.removesuffix("_total")

    text = escape_help(help_).replace('"', '\\"')
    return f"# TYPE {name} {type_}\n# HELP {name} {text}\n".encode()
