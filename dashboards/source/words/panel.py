"""Panels. None can be made without a title, a description, a unit and queries."""

from __future__ import annotations

import re
import string
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from zlib import crc32

from dashboards.source.words.drill_down import from_series
from dashboards.source.words.threshold import PLAIN, Threshold
from dashboards.source.words.unit import Unit
from dashboards.source.words.variable import DATASOURCE

SHORTEST_STEP = "30s"
"""As often as is worth scraping; `$__rate_interval` is then two minutes at least."""

Scenario = Literal["steady", "rollout", "cluster-outage", "node-failures", "event-storm"]
"""Of `kube-fleet-exporter demo`."""

Words = Mapping[int, tuple[str, str]]
"""A word and a colour for each value that a number may have."""


@dataclass(frozen=True)
class Query:
    """One expression. `legend` names its series: `{{cluster}}` is the value of that label."""

    expression: str
    legend: str = ""

    @property
    def text(self) -> str:
        """The expression on one line: how the source is laid out is nobody else's affair."""
        on_one_line = " ".join(self.expression.split())
        return re.sub(r"(?<=[({]) | (?=[)}])", "", on_one_line)


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """What all panels have. `scenario` is the one in which every query of it returns something."""

    type: ClassVar[str]
    height: ClassVar[int]

    title: str
    description: str
    unit: Unit
    scenario: Scenario = "steady"

    def __post_init__(self) -> None:
        if not self.title or not self.description.endswith("."):
            raise ValueError(
                f"panel {self.title!r}: a title and a description in sentences, please"
            )

        if not self.queries():
            raise ValueError(f"panel {self.title!r}: asks nothing")

    @abstractmethod
    def queries(self) -> Sequence[Query]:
        """What it asks, in the order of its refIds."""

    @abstractmethod
    def json(self) -> dict[str, Any]:
        """As Grafana keeps it, without its place."""

    @property
    def identifier(self) -> int:
        """Follows from the title, so that links to a panel outlive panels put before it."""
        return identifier(self.title)

    def framed(self, **more: Any) -> dict[str, Any]:
        """What stands in every panel, and what this type adds."""
        return {
            "id": self.identifier,
            "type": self.type,
            "title": self.title,
            "description": " ".join(self.description.split()),
            "datasource": DATASOURCE,
            **more,
        }

    def targets(
        self, output: Literal["time_series", "table"], *, now: bool
    ) -> list[dict[str, Any]]:
        """The queries: of the moment at the end of the time range, or over the range."""
        return [
            {
                "refId": ref_id,
                "datasource": DATASOURCE,
                "editorMode": "code",
                "expr": query.text,
                "format": output,
                "instant": now,
                "range": not now,
                "legendFormat": query.legend or "__auto",
                "interval": SHORTEST_STEP,
            }
            for ref_id, query in zip(string.ascii_uppercase, self.queries(), strict=False)
        ]


@dataclass(frozen=True, kw_only=True)
class Stat(Panel):
    """One number, now. Its colours are those of an alert, or `PLAIN`."""

    type: ClassVar[str] = "stat"
    height: ClassVar[int] = 4

    expression: str
    threshold: Threshold
    words: Words | None = None

    def queries(self) -> Sequence[Query]:
        return [Query(self.expression)]

    def json(self) -> dict[str, Any]:
        return self.framed(
            fieldConfig={
                "defaults": {
                    "unit": self.unit,
                    "mappings": mappings(self.words),
                    **coloured(self.threshold),
                },
                "overrides": [],
            },
            options={
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "none" if self.threshold == PLAIN and not self.words else "background",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "textMode": "value",
            },
            targets=self.targets("time_series", now=True),
        )


@dataclass(frozen=True, kw_only=True)
class Graph(Panel):
    """Lines over time; or, stacked, areas whose sum means something. From zero up."""

    type: ClassVar[str] = "timeseries"
    height: ClassVar[int] = 8

    series: Sequence[Query]
    stacked: bool = False

    def queries(self) -> Sequence[Query]:
        return self.series

    def json(self) -> dict[str, Any]:
        return self.framed(
            fieldConfig={
                "defaults": {
                    "unit": self.unit,
                    "min": 0,
                    "links": series_links(self.series),
                    "custom": {
                        "drawStyle": "line",
                        "lineInterpolation": "linear",
                        "lineWidth": 1,
                        "fillOpacity": 40 if self.stacked else 5,
                        "showPoints": "never",
                        "spanNulls": False,
                        "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                    },
                },
                "overrides": [],
            },
            options={
                "legend": {
                    "showLegend": True,
                    "displayMode": "table",
                    "placement": "right",
                    "calcs": ["lastNotNull", "max"],
                    "sortBy": "Last *",
                    "sortDesc": True,
                },
                "tooltip": {"mode": "multi", "sort": "desc"},
            },
            targets=self.targets("time_series", now=False),
        )


@dataclass(frozen=True, kw_only=True)
class Bars(Panel):
    """One bar for each series, now."""

    type: ClassVar[str] = "bargauge"
    height: ClassVar[int] = 8

    series: Sequence[Query]
    threshold: Threshold

    def queries(self) -> Sequence[Query]:
        return self.series

    def json(self) -> dict[str, Any]:
        return self.framed(
            fieldConfig={
                "defaults": {
                    "unit": self.unit,
                    "min": 0,
                    **({"max": 1} if self.unit is Unit.SHARE else {}),
                    "links": series_links(self.series),
                    **coloured(self.threshold),
                },
                "overrides": [],
            },
            options={
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "displayMode": "basic",
                "orientation": "horizontal",
                "showUnfilled": True,
                "valueMode": "color",
            },
            targets=self.targets("time_series", now=True),
        )


@dataclass(frozen=True, kw_only=True)
class Timeline(Panel):
    """States over time, one line for each series; `words` says what the values mean."""

    type: ClassVar[str] = "state-timeline"
    height: ClassVar[int] = 7

    series: Sequence[Query]
    words: Words

    def queries(self) -> Sequence[Query]:
        return self.series

    def json(self) -> dict[str, Any]:
        return self.framed(
            fieldConfig={
                "defaults": {
                    "unit": self.unit,
                    "mappings": mappings(self.words),
                    "links": series_links(self.series),
                    "color": {"mode": "thresholds"},
                    "thresholds": {"mode": "absolute", "steps": PLAIN.steps()},
                    "custom": {"fillOpacity": 70, "lineWidth": 0, "spanNulls": False},
                },
                "overrides": [],
            },
            options={
                "mergeValues": True,
                "showValue": "auto",
                "alignValue": "left",
                "rowHeight": 0.9,
                "legend": {
                    "showLegend": True,
                    "displayMode": "list",
                    "placement": "bottom",
                    "calcs": [],
                },
                "tooltip": {"mode": "single", "sort": "none"},
            },
            targets=self.targets("time_series", now=False),
        )


def identifier(title: str) -> int:
    """A number of 31 bits that follows from a title."""
    return crc32(title.encode()) >> 1


def coloured(threshold: Threshold) -> dict[str, Any]:
    """How Grafana is told the colours of a number."""
    return {
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": threshold.steps()},
    }


def mappings(words: Words | None) -> list[dict[str, Any]]:
    """How Grafana is told the words for numbers."""
    if not words:
        return []

    options = {
        str(value): {"text": word, "color": colour, "index": index}
        for index, (value, (word, colour)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}]


def series_links(series: Sequence[Query]) -> list[dict[str, Any]]:
    """Where a click on a series leads: to what its legend names, if that holds for all of them."""
    in_all = set.intersection(*({*legend_labels(query.legend)} for query in series))
    return from_series(tuple(label for label in legend_labels(series[0].legend) if label in in_all))


def legend_labels(legend: str) -> list[str]:
    """The labels that a legend names, in its order."""
    return [part.split("}}")[0].strip() for part in legend.split("{{")[1:]]
