"""What a scrape asks for, and what answers it, family by family."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from multidict import MultiMapping

from exporter import __version__
from exporter.exposition.negotiation import Format
from exporter.exposition.segment import Draft, deflate
from exporter.families.kind import Kind
from exporter.families.lines import Write
from exporter.families.selection import Selection
from exporter.families.writer import Writer, identity_text
from exporter.fleet.facts import event_counts, facts
from exporter.fleet.observation import Observation
from exporter.promql.selectors import EVERYTHING, Selectors
from exporter.store.section import Column, Place, Section, custom_sections, header_of, sifted
from exporter.store.store import Store

_AT_ONCE = 64
"""Clusters of which something is said in one piece."""

_FIRST: Place = (0, "", 0)
_KINDS, _CUSTOM, _EVENTS, _FACTS = range(1, 5)


@dataclass(frozen=True)
class Choice:
    """
    What of a page is wanted. None means everything.

    `collected` are resource names, with ``fleet`` for the facts and ``events`` for the counts of
    events: node_exporter's ``collect[]`` and kube-state-metrics' ``resources`` say the same.
    Where there are `selectors`, families have no headers for the sake of headers.
    """

    clusters: frozenset[str] | None = None
    collected: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    selectors: Selectors | None = None

    def includes(self, resource: str) -> bool:
        """Whether series of this resource are wanted."""
        if resource in self.excluded:
            return False

        return self.collected is None or resource in self.collected


FACTS = Choice(collected=frozenset({"fleet"}))
"""The facts about the clusters themselves, and nothing else."""


def choice_of(query: MultiMapping[str]) -> Choice:
    """The parameters ``cluster``, ``collect[]``, ``resources`` and ``exclude_resources``."""
    clusters = frozenset(query.getall("cluster", []))
    collected = _listed(query, "collect[]") | _listed(query, "resources")
    return Choice(clusters or None, collected or None, _listed(query, "exclude_resources"))


def _listed(query: MultiMapping[str], name: str) -> frozenset[str]:
    """kube-state-metrics takes commas and repetition alike."""
    return frozenset(
        value for values in query.getall(name, []) for value in values.split(",") if value
    )


class Pages:
    """Writes pages of the clusters in `observations`, which the fleet keeps up to date."""

    def __init__(self, kinds: Mapping[Kind[Any], Writer[Any]], cluster_label: str) -> None:
        self._kinds = sorted(kinds.items(), key=lambda item: item[0].resource)
        self._cluster_label = cluster_label
        # Lists of metrics are about objects: facts are there whatever is chosen of those.
        selection = Selection(cluster_label=cluster_label)
        identity = (cluster_label,)
        self._facts = Writer(facts, selection, resource="fleet", identity=identity)
        self._events = Writer(event_counts, selection, resource="events", identity=identity)

    def everything(
        self, observations: Sequence[Observation], choice: Choice, format_: Format
    ) -> Iterator[Column]:
        """
        `kube_*`, events and facts, as chosen. The objects' series are those of the moment of the
        call: what changes while they are sent does not reach them. Events and facts, which are
        written anew each time and never kept, are of the moment that they are sent.
        """
        if choice.clusters is not None:
            observations = [one for one in observations if one.cluster.name in choice.clusters]

        if choice.selectors is None:
            return self._alike(observations, choice, EVERYTHING, format_)

        alike: dict[Selectors, list[Observation]] = defaultdict(list)
        for one in observations:
            alike[choice.selectors.where(self._cluster_label, one.cluster.name)].append(one)

        pages = [
            self._alike(clusters, choice, selectors, format_)
            for selectors, clusters in alike.items()
            if selectors
        ]
        return heapq.merge(*pages, key=lambda column: column.place)

    def _alike(
        self,
        observations: Sequence[Observation],
        choice: Choice,
        selectors: Selectors,
        format_: Format,
    ) -> Iterator[Column]:
        """The series of clusters that differ in nothing that the selectors ask for."""
        sections = self._sections([one.stores for one in observations], choice, selectors)
        columns: Iterator[Column] = (
            column for section in sections for column in section.columns(format_)
        )
        if choice.includes("events"):
            counts = _said(_EVENTS, self._events, observations, selectors, format_)
            columns = chain(columns, counts)

        if choice.includes("fleet"):
            said = _said(_FACTS, self._facts, observations, selectors, format_)
            columns = chain(columns, said)

        return columns

    def _sections(
        self,
        shown: Sequence[Mapping[str, list[Store[Any]]]],
        choice: Choice,
        selectors: Selectors,
    ) -> list[Section]:
        """The objects' series of some clusters, whose stores these are by resource."""
        sections = [
            Section(
                _KINDS,
                kind.resource,
                writer.families,
                [store.snapshot() for stores in shown for store in stores.get(kind.resource, ())],
                wanted,
            )
            for kind, writer in self._kinds
            if choice.includes(kind.resource) and any(wanted := _wanted(writer, selectors))
        ]
        known = {kind.resource for kind, _ in self._kinds}
        customs = (
            store
            for stores in shown
            for resource in sorted(stores.keys() - known)
            for store in stores[resource]
            if choice.includes(store.resource)
        )
        return sections + custom_sections(_CUSTOM, customs, selectors)


def _wanted(writer: Writer[Any], selectors: Selectors) -> list[Selectors]:
    """What is wanted of each family."""
    if selectors.everything:
        return [EVERYTHING] * len(writer.families)

    return [
        selectors.among(family.sample_names, partial(writer.may_have, family))
        for family in writer.families
    ]


def _said(
    group: int,
    writer: Writer[Observation],
    observations: Sequence[Observation],
    selectors: Selectors,
    format_: Format,
) -> Iterator[Column]:
    """What is said of the clusters themselves, a few clusters at a time: a page must not wait for
    all that is said of a thousand."""
    identified = [
        (identity_text(writer.identity, (one.cluster.name,)), one) for one in observations
    ]
    of_each = zip(writer.families, writer.writes, _wanted(writer, selectors), strict=True)
    for number, (family, write, wanted) in enumerate(of_each):
        if identified and wanted:
            parts = _written(write, identified)
            header = header_of(family, format_)
            yield Column((group, "", number), header, sifted(parts, wanted))


def _written(
    write: Write[Observation], identified: Sequence[tuple[str, Observation]]
) -> Iterator[Draft]:
    for start in range(0, len(identified), _AT_ONCE):
        yield Draft([write(*one).encode() for one in identified[start : start + _AT_ONCE]])


def heartbeat(format_: Format) -> Column:
    """The exporter's own series, which alerts on its absence need beside those that it makes."""
    name = "kube_fleet_exporter_build_info"
    labels = identity_text(("version", "revision"), (__version__, ""))
    header = format_.header(name, "gauge", "Version of this exporter; always 1.")
    return Column(_FIRST, deflate(header), (deflate(f"{name}{{{labels}}} 1\n".encode()),))
