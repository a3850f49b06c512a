"""
Writing an object's series as text, once for each change of the object and never at a scrape: how
its lines begin, and what writes each of its families.
"""

from __future__ import annotations

from functools import partial
from typing import Generic, TypeVar

from exporter.exposition.text import escape_value
from exporter.families.family import (
    Families,
    Family,
    Histogram,
    LabelledOf,
    MappingOf,
    RowsOf,
    Single,
    States,
)
from exporter.families.kind import Kind
from exporter.families.limit import cut, limited
from exporter.families.lines import (
    Write,
    write_histogram,
    write_labelled,
    write_mapping,
    write_nothing,
    write_number,
    write_optional_rows,
    write_rows,
    write_rows_of_one_label,
    write_states,
)
from exporter.families.selection import Selection, every_key
from exporter.kubernetes.objects import HasMetadata

T = TypeVar("T")
K = TypeVar("K", bound=HasMetadata)


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
        self._renamed = partial(_renamed, selection.cluster_label)
        self._resource = resource
        self.identity = identity
        self.families = tuple(one for one in families.families if selection.includes(one))
        self.writes: tuple[Write[T], ...] = tuple(self._write(one) for one in self.families)

    def may_have(self, family: Family[T], label: str) -> bool:
        """Whether a series of the family may have the label; it may turn out that none has."""
        if label in self.identity or label in map(self._renamed, family.labels):
            return True

        match family.shape:
            case LabelledOf():
                return True

            case MappingOf(prefix=prefix):
                return label.removeprefix("exported_").startswith(prefix)

            case Histogram():
                return label == "le"

            case _:
                return False

    def _write(self, family: Family[T]) -> Write[T]:
        labels = tuple(map(self._renamed, family.labels))
        limit = self._selection.label_value_limit
        match limited(family.shape, limit) if limit else family.shape:
            case Single(of):
                return write_number(family.name, of)

            case RowsOf(of, optional):
                if optional:
                    return write_optional_rows(family.name, labels, of)

                if len(labels) == 1:
                    return write_rows_of_one_label(family.name, labels[0], of)

                return write_rows(family.name, labels, of)

            case States(of, values):
                return write_states(family.name, labels[0], values, of)

            case MappingOf(of, prefix, choice):
                keys = every_key if choice is None else self._selection.keys(choice, self._resource)

                return (
                    write_nothing
                    if keys is None
                    else write_mapping(family.name, prefix, keys, self._renamed, of)
                )

            case LabelledOf(of):
                return write_labelled(family.name, frozenset(self.identity), of)

            case Histogram(of):
                return write_histogram(family.name, labels, of)


class KindWriter(Writer[K]):
    """
    Writes a kind's families: the cluster's label first, then the object's, with those of its own
    labels that are shown on all its series, then the family's.
    """

    def __init__(self, kind: Kind[K], selection: Selection) -> None:
        promoted = selection.object_labels.get(kind.resource, {})
        own = (_renamed(selection.cluster_label, label) for label in kind.identity)
        super().__init__(
            kind,
            selection,
            resource=kind.resource,
            identity=(selection.cluster_label, *own, *promoted),
        )
        self._kind = kind
        self._promoted = tuple(promoted.values())
        self._begin = ",".join(f'{name}="%s"' for name in self.identity)

    def identify(self, cluster: str, obj: K) -> str:
        """How every line of `obj` begins. A label that the object does not have is empty, which
        is the same to Prometheus as not to be there."""
        values = (cluster, *self._kind.identity_of(obj))
        if self._promoted:
            labels = obj.metadata.labels
            values += tuple(labels.get(key, "") for key in self._promoted)

        if limit := self._selection.label_value_limit:
            values = (cluster, *(cut(value, limit) for value in values[1:]))

        # Without escaping first, as exporter.families.lines does it.
        text = self._begin % values
        if "\\" in text or "\n" in text or text.count('"') != 2 * len(values):
            return identity_text(self.identity, values)

        return text


def _renamed(cluster_label: str, label: str) -> str:
    """A label named as the cluster's is exported_<name>, as Prometheus itself resolves it."""
    return f"exported_{label}" if label == cluster_label else label
