"""Kubernetes' resource lists: quantities by the name of what they are of, as numbers."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.exposition.text import Number
from exporter.kubernetes.quantity import quantity_number


def amounts(resources: Mapping[str, str]) -> list[tuple[str, Number]]:
    """(name, amount) of each; a text that is not a quantity costs its own series only."""
    found: list[tuple[str, Number]] = []
    for name, text in resources.items():
        try:
            found.append((name, quantity_number(text)))
        except ValueError:
            continue

    return found
