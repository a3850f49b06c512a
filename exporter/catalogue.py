"""Everything that is on the pages, from the declarations: for `metrics`, the docs and the lint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from exporter.families.family import Family, MappingOf
from exporter.fleet.facts import event_counts, facts
from exporter.kinds import KINDS
from exporter.telemetry import Telemetry


@dataclass(frozen=True)
class Metric:
    """One metric as `metrics -o json` shows it. `labels` are without those an object adds."""

    name: str
    type: str
    labels: tuple[str, ...]
    resource: str
    stability: str
    help: str


def metrics() -> list[Metric]:
    """All metrics of the main port, then those of the telemetry port."""
    found = [
        _metric(family, kind.resource, ("cluster", *kind.identity))
        for kind in KINDS
        for family in kind.families
    ]
    found += [_metric(family, "fleet", ("cluster",)) for family in facts.families]
    found += [_metric(family, "events", ("cluster",)) for family in event_counts.families]
    return found + _telemetry()


def _metric(family: Family[Any], resource: str, identity: tuple[str, ...]) -> Metric:
    own = family.labels
    if isinstance(family.shape, MappingOf):
        own = (f"{family.shape.prefix}<key>",)

    return Metric(
        family.name, family.type, (*identity, *own), resource, family.stability, family.help
    )


def _telemetry() -> list[Metric]:
    found = []
    for metric in Telemetry().described():
        labels = metric.labels
        found.append(Metric(metric.name, metric.type, labels, "telemetry", "alpha", metric.help))

    return found


def listing(output: Literal["table", "markdown", "json"]) -> str:
    """The catalogue as text."""
    found = metrics()
    match output:
        case "json":
            return json.dumps([asdict(metric) for metric in found], indent=1) + "\n"

        case "markdown":
            rows = [
                "| name | type | labels | stability | help |",
                "| --- | --- | --- | --- | --- |",
            ]
            rows += [
                f"| `{one.name}` | {one.type} | {', '.join(f'`{label}`' for label in one.labels)} "
                f"| {one.stability} | {one.help} |"
                for one in found
            ]
            return "\n".join(rows) + "\n"

        case "table":
            width = max(len(one.name) for one in found)
            return "".join(
                f"{one.name:{width}}  {one.type:9}  {one.resource:10}  {one.help}\n"
                for one in found
            )
