"""
The lines of one family for one object: a function for each shape that makes the one that writes.

A line is written without escaping first, and its label values are searched, all at once, for the
three characters that need it. That is several times cheaper than escaping every value; the rare
line in which one is found is written again with care. Within one family of one object no series
stands twice; the first wins, as Prometheus would have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from exporter.exposition.text import Number, escape_value, number_text
from exporter.families.family import HistogramValue, LabelledNumber, Row, Rows
from exporter.families.label_names import label_pairs
from exporter.families.selection import Keys

T = TypeVar("T")

Write = Callable[[str, T], str]
"""(identity labels as text, object) → the family's lines for that object, or ``""``."""


def write_nothing(identity: str, obj: object) -> str:
    """For a family that the settings leave without a series."""
    return ""


def write_number(name: str, of: Callable[[T], Number | None]) -> Write[T]:
    """One series without labels of its own, or none."""

    def write(identity: str, obj: T) -> str:
        number = of(obj)
        if number is None:
            return ""

        text = number if type(number) is int else number_text(number)
        return f"{name}{{{identity}}} {text}\n"

    return write


def write_rows(name: str, labels: tuple[str, ...], of: Callable[[T], Any]) -> Write[T]:
    """A series for each row: the values of `labels`, then the number."""
    own = ",".join(f'{label}="%s"' for label in labels) + "} %s"

    def write(identity: str, obj: T) -> str:
        rows = of(obj)
        if not rows:
            return ""

        start = f"{name}{{{identity},"
        lines = []
        for row in rows if len(rows) == 1 else _first_of_each(rows):
            text = own % row
            values = "".join(row[:-1])
            # A number ends with a digit, but for True and infinity, which number_text spells.
            if "\\" in values or "\n" in values or '"' in values or text[-1] > "9":
                text = own % (*map(escape_value, row[:-1]), number_text(row[-1]))

            lines.append(f"{start}{text}\n")

        return "".join(lines)

    return write


def write_rows_of_one_label(name: str, label: str, of: Callable[[T], Any]) -> Write[T]:
    """As `write_rows`, without detours for the one value: most families of rows are like this."""

    def write(identity: str, obj: T) -> str:
        rows = of(obj)
        if not rows:
            return ""

        start = f'{name}{{{identity},{label}="'
        lines = []
        for value, number in rows if len(rows) == 1 else _first_of_each(rows):
            own = value
            if "\\" in value or "\n" in value or '"' in value:
                own = escape_value(value)

            text = number if type(number) is int else number_text(number)
            lines.append(f'{start}{own}"}} {text}\n')

        return "".join(lines)

    return write


def _first_of_each(rows: Rows) -> Rows:
    """The rows without those whose labels another has had before."""
    if len(rows) == 2 and rows[0][:-1] != rows[1][:-1]:
        return rows

    if len({row[:-1] for row in rows}) == len(rows):
        return rows

    unique: dict[Row, Row] = {}
    for row in rows:
        unique.setdefault(row[:-1], row)

    return tuple(unique.values())


def write_optional_rows(name: str, labels: tuple[str, ...], of: Callable[[T], Any]) -> Write[T]:
    """Rows of which a label may be None: that series does not have it."""

    def write(identity: str, obj: T) -> str:
        lines = []
        for *values, number in _first_of_each(of(obj)):
            own = "".join(
                f',{label}="{escape_value(value)}"'
                for label, value in zip(labels, values, strict=True)
                if value is not None
            )
            lines.append(f"{name}{{{identity}{own}}} {number_text(number)}\n")

        return "".join(lines)

    return write


def write_states(
    name: str, label: str, values: tuple[str, ...], of: Callable[[T], str | None]
) -> Write[T]:
    """A series for each of `values`: texts that are made once, and wait for an identity."""

    def lines(current: str | None) -> str:
        return "".join(
            f'{name}{{\0,{label}="{escape_value(value)}"}} {int(value == current)}\n'
            for value in values
        )

    none = lines(None)
    by_current = {value: lines(value) for value in values}

    def write(identity: str, obj: T) -> str:
        current = of(obj)
        if current is None:
            return ""

        return by_current.get(current, none).replace("\0", identity)

    return write


def write_mapping(
    name: str,
    prefix: str,
    keys: Keys,
    renamed: Callable[[str], str],
    of: Callable[[T], Mapping[str, str]],
) -> Write[T]:
    """One series with the labels that `keys` keeps of the object's, each `renamed`."""

    def write(identity: str, obj: T) -> str:
        own = "".join(
            f',{renamed(label)}="{escape_value(value)}"'
            for label, value in label_pairs(prefix, keys(of(obj)))
        )
        return f"{name}{{{identity}{own}}} 1\n"

    return write


def write_labelled(
    name: str, identity_labels: frozenset[str], of: Callable[[T], Iterable[LabelledNumber]]
) -> Write[T]:
    """Series that bring their labels along; those of an object stay beside its identity's."""

    def write(identity: str, obj: T) -> str:
        lines: dict[str, str] = {}
        for labels, number in of(obj):
            own = "".join(
                f',{label}="{escape_value(value)}"'
                for label, value in sorted(_beside(identity_labels, labels).items())
            )
            lines.setdefault(own, f"{name}{{{identity}{own}}} {number_text(number)}\n")

        return "".join(lines.values())

    return write


def _beside(identity_labels: frozenset[str], labels: Mapping[str, str]) -> Mapping[str, str]:
    """The labels, each that is named as one of the identity under a name that is free."""
    if identity_labels.isdisjoint(labels):
        return labels

    return {
        _free(label, identity_labels.union(labels)) if label in identity_labels else label: value
        for label, value in labels.items()
    }


def _free(label: str, taken: frozenset[str]) -> str:
    while label in taken:
        label = f"exported_{label}"

    return label


def write_histogram(name: str, labels: tuple[str, ...], of: Callable[[T], Any]) -> Write[T]:
    """Buckets, sum and count for each row, which ends with a `HistogramValue`."""

    def write(identity: str, obj: T) -> str:
        lines = []
        for *values, value in of(obj):
            own = "".join(
                f',{label}="{escape_value(text)}"'
                for label, text in zip(labels, values, strict=True)
            )
            lines.append(_histogram_lines(name, identity + own, value))

        return "".join(lines)

    return write


def _histogram_lines(name: str, labels: str, value: HistogramValue) -> str:
    buckets = "".join(
        f'{name}_bucket{{{labels},le="{bound}"}} {count}\n' for bound, count in value.buckets
    )
    return (
        f'{buckets}{name}_bucket{{{labels},le="+Inf"}} {value.count}\n'
        f"{name}_sum{{{labels}}} {number_text(value.sum)}\n"
        f"{name}_count{{{labels}}} {value.count}\n"
    )
