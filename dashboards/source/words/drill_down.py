"""From a name on one dashboard to the dashboard about it, with everything that is chosen."""

from __future__ import annotations

from typing import Any

UID = "fleet-{}"

_ABOUT = {"cluster": "cluster", "namespace": "namespaces", "deployment": "workloads"}
"""Which dashboard is about what a label names."""

_NARROWER = ("cluster", "namespace", "deployment")
"""A name means something only together with those before it, which the link takes along."""


def from_cell(label: str, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """The links of a table's cells below a label; `labels` are those of its rows."""
    return _links(label, labels, "${{__data.fields.{}:percentencode}}")


def from_series(labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """The links of a series that has these labels: one for each that a dashboard is about."""
    field = "${{__field.labels.{}:percentencode}}"
    return [link for label in labels for link in _links(label, labels, field)]


def _links(label: str, labels: tuple[str, ...], value: str) -> list[dict[str, Any]]:
    if label not in _ABOUT:
        return []

    named = [one for one in _NARROWER[: _NARROWER.index(label) + 1] if one in labels]
    parameters = [f"var-{one}={value.format(one)}" for one in named]
    if "cluster" not in named:
        parameters.insert(0, "${cluster:queryparam}")

    parameters = ["${datasource:queryparam}", *parameters, "${__url_time_range}"]
    dashboard = _ABOUT[label]
    return [
        {
            "title": f"This {label}",
            "url": f"/d/{UID.format(dashboard)}?{'&'.join(parameters)}",
            "targetBlank": False,
        }
    ]
