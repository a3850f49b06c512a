"""Tables: what belongs to the same labels stands in the same row."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.source.words.drill_down import from_cell
from dashboards.source.words.panel import Panel, Query, Words, coloured, mappings
from dashboards.source.words.threshold import PLAIN, Threshold
from dashboards.source.words.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    The numbers of one expression. All columns of a table have the labels of its rows.

    Without a title only the labels of the expression are shown, not its value.
    """

    title: str
    unit: Unit
    expression: str
    threshold: Threshold = PLAIN
    words: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """
    Rows by labels, now. The first column's expression has a value for every row: where no other
    one returns anything, Grafana calls its value another name (grafana/grafana#57855).

    `sort` is the title of a column or of a label (`Cluster`); `descending` puts the largest first.
    """

    type: ClassVar[str] = "table"
    height: ClassVar[int] = 9

    unit: Unit = Unit.NUMBER
    """Of what has no column's own."""
    labels: tuple[str, ...]
    columns: Sequence[Column]
    sort: str
    descending: bool = True

    def queries(self) -> Sequence[Query]:
        return [Query(column.expression) for column in self.columns]

    def json(self) -> dict[str, Any]:
        return self.framed(
            fieldConfig={
                "defaults": {
                    "unit": self.unit,
                    "custom": {"align": "auto", "filterable": True},
                    **coloured(PLAIN),
                },
                "overrides": [*self._label_overrides(), *self._column_overrides()],
            },
            options={
                "showHeader": True,
                "cellHeight": "sm",
                "sortBy": [{"displayName": self.sort, "desc": self.descending}],
            },
            transformations=[{"id": "merge", "options": {}}, self._organized()],
            targets=self.targets("table", now=True),
        )

    def _organized(self) -> dict[str, Any]:
        """Which fields are shown, in which order, by which name."""
        values = self._value_fields()
        shown = {field: column.title for field, column in values if column.title}
        hidden = [field for field, column in values if not column.title]
        names = {label: heading(label) for label in self.labels} | shown
        return {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True, **dict.fromkeys(hidden, True)},
                "indexByName": {name: index for index, name in enumerate(names)},
                "renameByName": names,
            },
        }

    def _value_fields(self) -> list[tuple[str, Column]]:
        """What Grafana calls the value of each query."""
        if len(self.columns) == 1:
            return [("Value", self.columns[0])]

        letters = zip(string.ascii_uppercase, self.columns, strict=False)
        return [("Value", self.columns[0]), *((f"Value #{ref}", column) for ref, column in letters)]

    def _label_overrides(self) -> list[dict[str, Any]]:
        linked = {label: from_cell(label, self.labels) for label in self.labels}
        return [
            _override(heading(label), {"links": links}) for label, links in linked.items() if links
        ]

    def _column_overrides(self) -> list[dict[str, Any]]:
        return [
            _override(column.title, _properties(column)) for column in self.columns if column.title
        ]


def heading(label: str) -> str:
    """`Reporting component` for `reporting_component`."""
    return label.replace("_", " ").capitalize()


def _properties(column: Column) -> dict[str, Any]:
    properties: dict[str, Any] = {"unit": column.unit}
    if column.words:
        properties["mappings"] = mappings(column.words)

    if column.words or column.threshold != PLAIN:
        properties |= coloured(column.threshold)
        properties["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}

    return properties


def _override(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": title},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }
