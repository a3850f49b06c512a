"""
Where OpenMetrics 1.0 differs from the Prometheus text format: types, names of families, the end.

Source of the rules: https://prometheus.io/docs/specs/om/open_metrics_spec/
The sample lines are the same, because our counters' names end in ``_total``, those of infos in
``_info``, and no sample carries a timestamp or an exemplar.
"""

from __future__ import annotations

from collections.abc import Mapping

from exporter.exposition.text import MetricType, escape_help

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
END = b"# EOF\n"

_SUFFIXES: Mapping[MetricType, str] = {"counter": "_total", "info": "_info"}
"""What samples have behind the family's name."""


def header(name: str, type_: MetricType, help_: str) -> bytes:
    r"""TYPE and HELP; ``x_total`` and ``x_info`` are of family ``x``. ``"`` is escaped in HELP."""
    name = name.removesuffix(_SUFFIXES.get(type_, ""))
    text = escape_help(help_).replace('"', '\\"')
    return f"# TYPE {name} {type_}\n# HELP {name} {text}\n".encode()
