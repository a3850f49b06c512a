"""
The metric types of a document: what makes samples of an object's fields.

Each has a path; what stands there is given to ``samples``. Source of the rules: kube-state-metrics'
documentation of CustomResourceStateMetrics, and what it answers where that is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exporter.exposition.text import MetricType, Number
from exporter.families.family import LabelledNumber
from exporter.kinds.custom.label import LabelPaths
from exporter.kinds.custom.path import Path
from exporter.kinds.custom.value import Reading, number_of


@dataclass(frozen=True)
class Gauge:
    """A number, or one for each entry of a list or map."""

    path: Path
    labels: LabelPaths
    value_from: Path
    label_from_key: str
    nil_is_zero: bool
    reading: Reading

    def samples(self, value: Any) -> Iterator[LabelledNumber]:
        """The labels and number of each; what is no number has no sample."""
        match value:
            case dict():
                yield from self._entries(value)

            case list():
                for item in value:
                    yield from self._sample(item)

            case _:
                yield from self._sample(value)

    def _sample(self, value: Any) -> Iterator[LabelledNumber]:
        number = self._number(self.value_from.of(value))
        if number is not None:
            yield self.labels.of(value), number

    def _entries(self, entries: Mapping[str, Any]) -> Iterator[LabelledNumber]:
        around = self.labels.of(entries)
        for key, entry in entries.items():
            # A `valueFrom` of one key also means the map's own entry of that key.
            chosen = key == self.value_from.single_key
            number = self._number(entry if chosen else self.value_from.of(entry))
            if number is not None:
                named = {self.label_from_key: key} if key and self.label_from_key else {}
                yield {**named, **self.labels.of(entry), **around}, number

    def _number(self, value: Any) -> Number | None:
        if value is None:
            return 0 if self.nil_is_zero else None

        return number_of(value, self.reading)


@dataclass(frozen=True)
class Count:
    """How many items a list has; kube-state-metrics has no such type."""

    path: Path
    labels: LabelPaths
    nil_is_zero: bool

    def samples(self, value: Any) -> Iterator[LabelledNumber]:
        """One sample or, if there is no list, none."""
        if isinstance(value, list):
            yield self.labels.of(value), len(value)
        elif value is None and self.nil_is_zero:
            yield {}, 0


@dataclass(frozen=True)
class Info:
    """Always 1, for its labels: of a value, or of each item of a list or entry of a map."""

    path: Path
    labels: LabelPaths
    label_from_key: str

    def samples(self, value: Any) -> Iterator[LabelledNumber]:
        """One sample for whatever has at least one label."""
        match value:
            case list():
                for item in value:
                    yield from self._sample(self.labels.of(item))

            case dict():
                for key, entry in value.items():
                    named = {self.label_from_key: key} if key and self.label_from_key else {}
                    yield from self._sample({**named, **self.labels.of(entry)})

                yield from self._sample(self.labels.of(value))

            case _:
                yield from self._sample(self.labels.of(value))

    def _sample(self, labels: dict[str, str]) -> Iterator[LabelledNumber]:
        if labels:
            yield labels, 1


@dataclass(frozen=True)
class StateSet:
    """For each name of a list whether it is the current one."""

    path: Path
    labels: LabelPaths
    value_from: Path
    label_name: str
    states: tuple[str, ...]

    def samples(self, value: Any) -> Iterator[LabelledNumber]:
        """A sample for each state; none at all where no text says which one it is."""
        for one in value if isinstance(value, list) else (value,):
            current = self.value_from.of(one)
            if isinstance(current, str):
                labels = self.labels.of(one)
                for state in self.states:
                    yield {self.label_name: state, **labels}, int(state == current)


Each = Gauge | Count | Info | StateSet


@dataclass(frozen=True)
class Metric:
    """A family of a document. `common_labels` are the metric's own, not those of its entry."""

    name: str
    help: str
    each: Each
    common_labels: Mapping[str, str]
    labels: LabelPaths

    @property
    def type(self) -> MetricType:
        """
        What OpenMetrics calls it. Infos have to be named ``…_info`` and states labelled with the
        metric's own name there; what is not is a gauge.
        """
        match self.each:
            case Info() if self.name.endswith("_info"):
                return "info"

            case StateSet(label_name=label) if label == self.name:
                return "stateset"

            case _:
                return "gauge"

    def series(self, fields: dict[str, Any], labels: Mapping[str, str]) -> Iterator[LabelledNumber]:
        """The series of an object. `labels` are those of all metrics of its kind."""
        around = {**labels, **self.common_labels, **self.labels.of(fields)}
        for own, number in self.each.samples(self.each.path.of(fields)):
            yield {**around, **own}, number
