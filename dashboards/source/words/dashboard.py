"""Dashboards: rows of lines of panels, which share the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.source.words.drill_down import UID
from dashboards.source.words.panel import Panel, identifier
from dashboards.source.words.variable import CLUSTER, Variable, datasource

SCHEMA_VERSION = 39
"""Of Grafana 11.0. Newer ones bring it up to theirs when they load it."""

WIDTH = 24
"""Columns of Grafana's grid."""

TAG = "fleet"


@dataclass(frozen=True)
class Row:
    """A heading and lines of panels below it. What costs much is `collapsed` until asked for."""

    title: str
    lines: Sequence[Sequence[Panel]]
    collapsed: bool = False


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """One file: `name` is in its uid and its file's name."""

    name: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = (CLUSTER,)
    since: str = "now-1h"
    refresh: str = "1m"

    @property
    def uid(self) -> str:
        return UID.format(self.name)

    @property
    def panels(self) -> list[Panel]:
        """All panels, in reading order."""
        return [panel for row in self.rows for line in row.lines for panel in line]

    def json(self) -> dict[str, Any]:
        """The dashboard as Grafana keeps it."""
        return {
            "uid": self.uid,
            "title": f"Fleet / {self.title}",
            "description": " ".join(self.description.split()),
            "tags": [TAG, "kubernetes"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "timezone": "browser",
            "time": {"from": self.since, "to": "now"},
            "refresh": self.refresh,
            "annotations": {"list": []},
            "links": [_to_all_dashboards()],
            "templating": {
                "list": [datasource(), *(variable.json() for variable in self.variables)]
            },
            "panels": self._placed(),
        }

    def _placed(self) -> list[dict[str, Any]]:
        placed: list[dict[str, Any]] = []
        top = 0
        for row in self.rows:
            heading = _heading(row, top)
            placed.append(heading)
            panels, below = _below(row, top + 1)
            if row.collapsed:
                heading["panels"] = panels
                top += 1
            else:
                placed += panels
                top = below

        return placed


def _heading(row: Row, top: int) -> dict[str, Any]:
    return {
        "id": identifier(f"row {row.title}"),
        "type": "row",
        "title": row.title,
        "collapsed": row.collapsed,
        "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        "panels": [],
    }


def _below(row: Row, top: int) -> tuple[list[dict[str, Any]], int]:
    """The panels of a row in their places, and where the next row begins."""
    placed = []
    for line in row.lines:
        height = max(panel.height for panel in line)
        width, rest = divmod(WIDTH, len(line))
        if rest:
            raise ValueError(f"row {row.title!r}: {len(line)} panels do not share {WIDTH} columns")

        for index, panel in enumerate(line):
            place = {"x": index * width, "y": top, "w": width, "h": height}
            placed.append({**panel.json(), "gridPos": place})

        top += height

    return placed, top


def _to_all_dashboards() -> dict[str, Any]:
    """The menu of all dashboards; what is chosen goes along."""
    return {
        "type": "dashboards",
        "title": "Fleet",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }
