"""
Label values cut to a length, where the settings ask for it.

Prometheus' ``label_value_length_limit`` fails a whole scrape for one value that is too long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from exporter.families.family import LabelledNumber, LabelledOf, MappingOf, Rows, RowsOf, Shape

T = TypeVar("T")


def cut(value: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, no character in part; all of it where the limit is 0."""
    if not limit or len(value) * 4 <= limit:
        return value

    return value.encode()[:limit].decode(errors="ignore")


def limited(shape: Shape[T], limit: int) -> Shape[T]:
    """The shape with values of at most `limit` bytes; states are few and short as they are."""
    match shape:
        case RowsOf(of):
            rows_of = of

            def rows(obj: T) -> Rows:
                return [
                    (*(None if one is None else cut(one, limit) for one in row[:-1]), row[-1])
                    for row in rows_of(obj)
                ]

            return replace(shape, of=rows)

        case MappingOf(of):
            mapping_of = of

            def mapping(obj: T) -> Mapping[str, str]:
                return {key: cut(value, limit) for key, value in mapping_of(obj).items()}

            return replace(shape, of=mapping)

        case LabelledOf(of):
            labelled_of = of

            def labelled(obj: T) -> Iterable[LabelledNumber]:
                for labels, number in labelled_of(obj):
                    yield {key: cut(value, limit) for key, value in labels.items()}, number

            return replace(shape, of=labelled)

        case _:
            return shape
