"""
One kind's part of a page: family by family, and within one all clusters.

The text format wants all lines of a family together
(https://prometheus.io/docs/instrumenting/exposition_formats/), so clusters come second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from exporter.exposition.negotiation import Format
from exporter.exposition.segment import Part, deflate
from exporter.families.family import Family
from exporter.promql.selectors import Selectors
from exporter.promql.sieve import Sieve
from exporter.store.store import Snapshot, Store

Place = tuple[int, str, int]
"""Group, name and number: sorted, they are the order of families on a page."""


@dataclass(frozen=True)
class Column:
    """
    One family on a page. `place` orders the families of a page in the same way in every process;
    `header` is a segment. `parts` can be gone through once.
    """

    place: Place
    header: bytes
    parts: Iterable[Part]


def custom_sections(
    group: int, stores: Iterable[Store[Any]], selectors: Selectors
) -> list[Section]:
    """
    A section for each family of custom resources, by name. Two kinds may have a family in common,
    such as two versions of one resource, and a page has room for a name only once.
    """
    families: dict[str, Family[Any]] = {}
    snapshots: dict[str, list[Snapshot]] = defaultdict(list)
    for store in stores:
        snapshot = store.snapshot()
        for place, family in enumerate(store.families):
            families.setdefault(family.name, family)
            snapshots[family.name].append([(parts[place],) for parts in snapshot])

    return [
        Section(group, name, (families[name],), snapshots[name], (wanted,))
        for name in sorted(families)
        # Their labels are whatever a document says.
        if (wanted := selectors.among(families[name].sample_names, lambda label: True))
    ]


def sifted(parts: Iterable[Part], selectors: Selectors) -> Iterable[Part]:
    """What is wanted of a family's parts; none is looked into that is wanted as a whole."""
    return parts if selectors.everything else Sieve(selectors).parts(parts)


@dataclass(frozen=True)
class Section:
    """
    One kind: its families and, for each cluster, the texts of its objects; what is `wanted` of each
    family. Sections stand on a page by `group`, then by `name`.
    """

    group: int
    name: str
    families: Sequence[Family[Any]]
    clusters: Sequence[Snapshot]
    wanted: Sequence[Selectors]

    def columns(self, format_: Format) -> Iterator[Column]:
        """
        The families of which something is wanted. One without series keeps its header as long as
        any object of the kind is known, as in kube-state-metrics.
        """
        blocks = [parts for snapshot in self.clusters for parts in snapshot]
        if not blocks:
            return

        for number, (family, wanted) in enumerate(zip(self.families, self.wanted, strict=True)):
            if wanted:
                parts = sifted([part for block in blocks if (part := block[number])], wanted)
                yield Column((self.group, self.name, number), header_of(family, format_), parts)


@lru_cache(maxsize=2048)
def header_of(family: Family[Any], format_: Format) -> bytes:
    """What stands above a family, as a segment. There are a few hundred, in each of two formats."""
    return deflate(format_.header(family.name, family.type, family.shown_help))
