"""What is read of each cluster, and what the settings say of clusters by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from exporter.discovery.provider import Cluster
from exporter.families.kind import Kind
from exporter.families.writer import KindWriter
from exporter.fleet.plan import Plan
from exporter.store.budget import SeriesLimit


@dataclass(frozen=True)
class Reading:
    """What of a plan is different for some clusters; None is as in the plan for all."""

    resources: frozenset[str] | None = None
    namespaces: tuple[str, ...] | None = None
    namespaces_denylist: tuple[str, ...] | None = None
    series_limit: SeriesLimit | None = None


@dataclass(frozen=True)
class Override:
    """What is different with clusters whose names match the shell pattern; None is no different."""

    pattern: str
    labels: Mapping[str, str] = field(default_factory=dict)
    maintenance: bool | None = None
    uid: str | None = None
    reading: Reading = Reading()


class Plans:
    """
    A plan for each cluster: `plan`, as far as no override that matches says otherwise; of several
    the last counts. `kinds` are those of all plans together, with the writers that all share.

    Clusters of which the same is read have the very same plan.
    """

    def __init__(
        self,
        plan: Plan,
        overrides: Sequence[Override] = (),
        kinds: Mapping[Kind[Any], KindWriter[Any]] | None = None,
    ) -> None:
        self.kinds = plan.kinds if kinds is None else kinds
        self._plan = plan
        self._overrides = tuple(overrides)
        self._made: dict[Reading, Plan] = {}

    @property
    def widest(self) -> Plan:
        """What is read of any cluster: what all have to allow where they are treated alike."""
        return replace(self._plan, kinds=self.kinds)

    def follow(self, before: Plans) -> None:
        """Have the plans of `before`, which has the same `plan`: who reads by them goes on."""
        self._made = before._made

    def cluster(self, found: Cluster) -> Cluster:
        """A cluster as discovery has it, with what the overrides say of it."""
        for override in self._matching(found.name):
            found = replace(
                found,
                labels={**found.labels, **override.labels},
                maintenance=_said(override.maintenance, found.maintenance),
                uid=_said(override.uid, found.uid),
            )

        return found

    def plan(self, name: str) -> Plan:
        """What is read of the cluster of that name."""
        reading = Reading()
        for override in self._matching(name):
            said = override.reading
            values = {one.name: getattr(said, one.name) for one in fields(Reading)}
            said_values = {key: value for key, value in values.items() if value is not None}
            reading = replace(reading, **said_values)

        if reading not in self._made:
            self._made[reading] = self._make(reading)

        return self._made[reading]

    def _make(self, reading: Reading) -> Plan:
        plan, kinds = self._plan, self._plan.kinds
        if (chosen := reading.resources) is not None:
            kinds = {kind: writer for kind, writer in self.kinds.items() if kind.resource in chosen}

        made = replace(
            plan,
            kinds=kinds,
            namespaces=_said(reading.namespaces, plan.namespaces),
            namespaces_denylist=_said(reading.namespaces_denylist, plan.namespaces_denylist),
            series_limit=_said(reading.series_limit, plan.series_limit),
        )
        return plan if made == plan else made

    def _matching(self, name: str) -> list[Override]:
        return [one for one in self._overrides if fnmatchcase(name, one.pattern)]


def _said(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
