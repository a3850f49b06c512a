"""A page of series, read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families


class Series(NamedTuple):
    """A name and its labels."""

    name: str
    labels: frozenset[tuple[str, str]]


Page = Mapping[Series, list[float]]
"""Every series with the values it is written with: one, unless it is written twice."""


def read(text: str, prefixes: tuple[str, ...]) -> Page:
    """The series of `text` whose names begin with one of `prefixes`."""
    page: dict[Series, list[float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith(prefixes):
                series = Series(sample.name, frozenset(sample.labels.items()))
                page.setdefault(series, []).append(float(sample.value))

    return page


def types(text: str, prefixes: tuple[str, ...]) -> dict[str, str]:
    """The families that have a header, and their types."""
    headers = (line.split(" ") for line in text.split("\n") if line.startswith("# TYPE "))
    return {name: type_ for _, _, name, type_ in headers if name.startswith(prefixes)}
