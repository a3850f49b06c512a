"""What a scrape asks for, and the text that answers it, in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multidict import MultiMapping

from exporter import __version__
from exporter.exposition.negotiation import Format
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import Writer, identity_text
from exporter.fleet.facts import event_counts, facts
from exporter.fleet.observation import Observation
from exporter.store.section import Section, custom_sections

CHUNK = 64 * 1024
"""Bytes that are handed to the network at once, about."""


@dataclass(frozen=True)
class Choice:
    """
    What of a page is wanted. None means everything.

    `collected` are resource names, with ``fleet`` for the facts and ``events`` for the counts of
    events: node_exporter's ``collect[]`` and kube-state-metrics' ``resources`` say the same.
    """

    clusters: frozenset[str] | None = None
    collected: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def includes(self, resource: str) -> bool:
        """Whether series of this resource are wanted."""
        if resource in self.excluded:
            return False

        return self.collected is None or resource in self.collected


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
        # Lists of metrics are about objects: facts are there whatever is chosen of those.
        selection = Selection(cluster_label=cluster_label)
        identity = (cluster_label,)
        self._facts = Writer(facts, selection, resource="fleet", identity=identity)
        self._events = Writer(event_counts, selection, resource="events", identity=identity)

    def everything(
        self, observations: Sequence[Observation], choice: Choice, format_: Format
    ) -> Iterator[bytes]:
        """
        `kube_*`, events and facts, as chosen. All of it is of the moment of the call: what changes
        while it is sent does not reach it.
        """
        if choice.clusters is not None:
            observations = [one for one in observations if one.cluster.name in choice.clusters]

        shown = [observation.stores for observation in observations]
        sections = [
            Section(
                writer.families,
                [store.snapshot() for stores in shown for store in stores.get(kind.resource, ())],
            )
            for kind, writer in self._kinds
            if choice.includes(kind.resource)
        ]
        known = {kind.resource for kind, _ in self._kinds}
        sections += custom_sections(
            store
            for stores in shown
            for resource in sorted(stores.keys() - known)
            for store in stores[resource]
            if choice.includes(store.resource)
        )
        if choice.includes("events"):
            sections.append(_section(self._events, observations))

        if choice.includes("fleet"):
            sections.append(_section(self._facts, observations))

        return _grouped(sections, choice.includes("fleet"), format_)

    def fleet(self, observations: Sequence[Observation], format_: Format) -> Iterator[bytes]:
        """The facts alone: a few kilobytes, cheap to scrape often."""
        return _grouped([_section(self._facts, observations)], True, format_)


def _section(writer: Writer[Observation], observations: Sequence[Observation]) -> Section:
    texts = []
    for observation in observations:
        identity = identity_text(writer.identity, (observation.cluster.name,))
        texts.append((tuple(write(identity, observation).encode() for write in writer.writes),))

    return Section(writer.families, texts)


def _grouped(sections: Sequence[Section], build_info: bool, format_: Format) -> Iterator[bytes]:
    """Chunks of a useful size for the network and for compression."""
    parts: list[bytes] = [_build_info(format_)] if build_info else []
    size = 0
    for section in sections:
        for chunk in section.chunks(format_):
            parts.append(chunk)
            size += len(chunk)
            if size >= CHUNK:
                yield b"".join(parts)
                parts, size = [], 0

    yield b"".join((*parts, format_.end))


def _build_info(format_: Format) -> bytes:
    """The exporter's heartbeat, which alerts on its absence need beside the series it makes."""
    name = "kube_fleet_exporter_build_info"
    labels = identity_text(("version", "revision"), (__version__, ""))
    head = format_.header(name, "gauge", "Version of this exporter; always 1.")
    return head + f"{name}{{{labels}}} 1\n".encode()
