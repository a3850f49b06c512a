"""
The Prometheus text format 0.0.4: escaping, numbers and headers.

Source of the rules: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = int | float
MetricType = Literal["gauge", "counter", "histogram", "info", "stateset"]
"""The last two are OpenMetrics' own: gauges for everybody else."""


def escape_value(value: str) -> str:
    r"""A label value with ``\``, ``"`` and newline escaped; everything else goes out as it is."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def escape_help(text: str) -> str:
    r"""A HELP text with ``\`` and newline escaped; quotes stay."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def number_text(value: Number) -> str:
    """A sample value: ``True`` is 1, infinities and NaN are spelt as Prometheus spells them."""
    if isinstance(value, float):
        if value != value:
            return "NaN"

        if value in (float("inf"), float("-inf")):
            return "+Inf" if value > 0 else "-Inf"

        return repr(value)

    return str(int(value))


def header(name: str, type_: MetricType, help_: str) -> bytes:
    """The HELP and TYPE lines of one family."""
    if type_ in ("info", "stateset"):
        type_ = "gauge"

    return f"# HELP {name} {escape_help(help_)}\n# TYPE {name} {type_}\n".encode()
