"""
Writing an object's series as text, once for each change of the object and never at a scrape.

A line is written without escaping first, and the text then counted: label values that need escaping
give themselves away by a backslash, or by more quotes or newlines than the lines should have. Three
scans in C are several times cheaper than asking every value, and the rare text that fails is
written again with every value escaped. Within one family of one object no series stands twice; the
first wins, as Prometheus would have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from exporter.exposition.text import Number, escape_value, number_text
from exporter.families.family import (
    Families,
    Family,
    Histogram,
    HistogramValue,
    LabelledNumber,
    LabelledOf,
    MappingOf,
    Row,
    Rows,
    RowsOf,
    Single,
    States,
)
from exporter.families.kind import Kind
from exporter.families.label_names import label_pairs
from exporter.families.limit import cut, limited
from exporter.families.selection import Keys, Selection, every_key
from exporter.kubernetes.objects import HasMetadata

T = TypeVar("T")
K = TypeVar("K", bound=HasMetadata)

Write = Callable[[str, T], str]
"""(identity labels as text, object) → the family's lines for that object, or ``""``."""


def identity_text(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    """``cluster="eu-1",namespace="shop",pod="web-0"``: how every line of an object begins."""
    return ",".join(
        f'{name}="{escape_value(value)}"' for name, value in zip(names, values, strict=True)
    )


class Writer(Generic[T]):
    """
    Writes the chosen families of one sort of object.

    `identity` are the labels that come before a family's own, the cluster's first. `resource` is
    the name that the label and annotation lists call these objects by.
    """

    def __init__(
        self,
        families: Families[T],
        selection: Selection,
        *,
        resource: str,
        identity: tuple[str, ...],
    ) -> None:
        self._selection = selection
        self._resource = resource
        self.identity = identity
        self.families = tuple(one for one in families.families if selection.includes(one))
        self.writes: tuple[Write[T], ...] = tuple(self._write(one) for one in self.families)

    def _write(self, family: Family[T]) -> Write[T]:
        labels = tuple(_renamed(label, self._selection) for label in family.labels)
        limit = self._selection.label_value_limit
        match limited(family.shape, limit) if limit else family.shape:
            case Single(of):
                return _write_number(family.name, of)

            case RowsOf(of, optional):
                return (
                    _write_optional_rows(family.name, labels, of)
                    if optional
                    else _write_rows(family.name, labels, len(self.identity), of)
                )

            case States(of, values):
                return _write_states(family.name, labels[0], values, of)

            case MappingOf(of, prefix, choice):
                keys = every_key if choice is None else self._selection.keys(choice, self._resource)

                return (
                    _write_nothing
                    if keys is None
                    else _write_mapping(family.name, prefix, keys, self._selection, of)
                )

            case LabelledOf(of):
                return _write_labelled(family.name, frozenset(self.identity), of)

            case Histogram(of):
                return _write_histogram(family.name, labels, of)


class KindWriter(Writer[K]):
    """
    Writes a kind's families: the cluster's label first, then the object's, with those of its own
    labels that are shown on all its series, then the family's.
    """

    def __init__(self, kind: Kind[K], selection: Selection) -> None:
        promoted = selection.object_labels.get(kind.resource, {})
        own = (_renamed(label, selection) for label in kind.identity)
        super().__init__(
            kind,
            selection,
            resource=kind.resource,
            identity=(selection.cluster_label, *own, *promoted),
        )
        self._kind = kind
        self._promoted = tuple(promoted.values())

    def identify(self, cluster: str, obj: K) -> str:
        """How every line of `obj` begins. A label that the object does not have is empty, which
        is the same to Prometheus as not to be there."""
        values = (cluster, *self._kind.identity_of(obj))
        if self._promoted:
            labels = obj.metadata.labels
            values += tuple(labels.get(key, "") for key in self._promoted)

        if limit := self._selection.label_value_limit:
            values = (cluster, *(cut(value, limit) for value in values[1:]))

        return identity_text(self.identity, values)


def _renamed(label: str, selection: Selection) -> str:
    """A label named as the cluster's is exported_<name>, as Prometheus itself resolves it."""
    return f"exported_{label}" if label == selection.cluster_label else label


def _write_nothing(identity: str, obj: object) -> str:
    return ""


def _write_number(name: str, of: Callable[[T], Number | None]) -> Write[T]:
    template = name + "{%s} %s\n"

    def write(identity: str, obj: T) -> str:
        number = of(obj)
        if number is None:
            return ""

        return template % (identity, number if type(number) is int else number_text(number))

    return write


def _write_rows(
    name: str, labels: tuple[str, ...], identity_labels: int, of: Callable[[T], Any]
) -> Write[T]:
    own = ",".join(f'{label}="%s"' for label in labels) + "} %s\n"
    own_quotes = 2 * len(labels)
    quotes = 2 * identity_labels + own_quotes

    def write(identity: str, obj: T) -> str:
        rows = of(obj)
        if not rows:
            return ""

        start = f"{name}{{{identity},"
        if len(rows) == 1:  # most families of most objects
            row = rows[0]
            text = own % (row if type(row[-1]) is int else (*row[:-1], number_text(row[-1])))
            if "\\" not in text and text.count('"') == own_quotes and text.count("\n") == 1:
                return start + text
        else:
            rows = _first_of_each(rows)

        text = start + start.join(
            [
                own % (row if type(row[-1]) is int else (*row[:-1], number_text(row[-1])))
                for row in rows
            ]
        )
        if "\\" in text or text.count('"') != quotes * len(rows) or text.count("\n") != len(rows):
            return start + start.join(
                own % (*map(escape_value, row[:-1]), number_text(row[-1])) for row in rows
            )

        return text

    return write


def _write_optional_rows(name: str, labels: tuple[str, ...], of: Callable[[T], Any]) -> Write[T]:
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


def _first_of_each(rows: Rows) -> Rows:
    """The rows without those whose labels another has had before."""
    if len({row[:-1] for row in rows}) == len(rows):
        return rows

    unique: dict[Row, Row] = {}
    for row in rows:
        unique.setdefault(row[:-1], row)

    return tuple(unique.values())


def _write_states(
    name: str, label: str, values: tuple[str, ...], of: Callable[[T], str | None]
) -> Write[T]:
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


def _write_mapping(
    name: str,
    prefix: str,
    keys: Keys,
    selection: Selection,
    of: Callable[[T], Mapping[str, str]],
) -> Write[T]:
    def write(identity: str, obj: T) -> str:
        own = "".join(
            f',{_renamed(label, selection)}="{escape_value(value)}"'
            for label, value in label_pairs(prefix, keys(of(obj)))
        )
        return f"{name}{{{identity}{own}}} 1\n"

    return write


def _write_labelled(
    name: str, identity_labels: frozenset[str], of: Callable[[T], Iterable[LabelledNumber]]
) -> Write[T]:
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


def _write_histogram(name: str, labels: tuple[str, ...], of: Callable[[T], Any]) -> Write[T]:
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
