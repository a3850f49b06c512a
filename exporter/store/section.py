"""
One kind's part of a page: family by family, and within one all clusters.

The text format wants all lines of a family together
(https://prometheus.io/docs/instrumenting/exposition_formats/), so clusters come second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.exposition.negotiation import Format
from exporter.families.family import Family
from exporter.store.store import Store, Texts


def custom_sections(stores: Iterable[Store[Any]]) -> list[Section]:
    """
    A section for each family of custom resources. Two kinds may have a family in common, such as
    two versions of one resource, and a page has room for a name only once.
    """
    families: dict[str, Family[Any]] = {}
    texts: dict[str, list[Sequence[Texts]]] = defaultdict(list)
    for store in stores:
        snapshot = store.snapshot()
        for place, family in enumerate(store.families):
            families.setdefault(family.name, family)
            texts[family.name].append([(text[place],) for text in snapshot])

    return [Section((family,), texts[name]) for name, family in families.items()]


@dataclass(frozen=True)
class Section:
    """One kind: its families and, for each cluster, the texts of its objects."""

    families: Sequence[Family[Any]]
    clusters: Sequence[Sequence[Texts]]

    def chunks(self, format_: Format) -> Iterator[bytes]:
        """
        The section's text. A family without series keeps its header as long as any object of the
        kind is known, as in kube-state-metrics.
        """
        clusters = [texts for texts in self.clusters if texts]
        if not clusters:
            return

        for place, family in enumerate(self.families):
            yield format_.header(family.name, family.type, family.shown_help)
            for texts in clusters:
                if lines := b"".join([text[place] for text in texts]):
                    yield lines
