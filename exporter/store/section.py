"""
One kind's part of a page: family by family, and within one all clusters.

The text format wants all lines of a family together
(https://prometheus.io/docs/instrumenting/exposition_formats/), so clusters come second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.exposition.negotiation import Format
from exporter.families.family import Family
from exporter.store.store import Texts


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
