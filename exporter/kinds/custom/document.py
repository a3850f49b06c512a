"""
CustomResourceStateMetrics: which custom resources are shown, and how.

The documents of kube-state-metrics, unchanged:
https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/extend/customresourcestate-metrics.md
Two things are ours: the type ``Count``, and a gauge's ``parse``, which says how texts are read that
kube-state-metrics would guess at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from exporter.kinds.custom.field import Field, root
from exporter.kinds.custom.label import LabelPaths, is_label_name
from exporter.kinds.custom.metric import Count, Each, Gauge, Info, Metric, StateSet
from exporter.kinds.custom.path import Path
from exporter.kinds.custom.reading import READINGS, any_number

_PREFIX = "kube_customresource"
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True)
class Entry:
    """
    An entry of ``spec.resources``. A version or kind that is ``*`` or empty means any; `plural` is
    empty where the API server's word is enough.
    """

    group: str
    version: str
    kind: str
    plural: str
    common_labels: dict[str, str]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Document:
    """What is shown of custom resources."""

    entries: tuple[Entry, ...]


def read_document(text: str) -> Document:
    """
    Read YAML or JSON. What kube-state-metrics ignores is ignored: unknown fields, the
    document's own kind, and further documents.

    Raises:
        ValueError: what kube-state-metrics would stumble over, or what would make its page
            unreadable. One line, which begins with the path of the field.
    """
    document = root(text)
    try:
        return Document(tuple(_entry(one) for one in document["spec"]["resources"].items()))
    except RecursionError:
        raise ValueError("a map is merged into itself") from None


def _entry(field: Field) -> Entry:
    kind = field["groupVersionKind"]
    prefix = field["metricNamePrefix"]
    field["errorLogV"].integer()  # checked and no more: values that are no samples are not logged
    paths = _paths(field["labelsFromPath"])
    start = prefix.text() if prefix.given else _PREFIX
    return Entry(
        group=kind["group"].text(),
        version=kind["version"].text(),
        kind=kind["kind"].text(),
        plural=field["resourcePlural"].text(),
        common_labels=_common_labels(field["commonLabels"]),
        metrics=tuple(_metric(one, start, paths) for one in field["metrics"].items()),
    )


def _metric(field: Field, prefix: str, paths: dict[str, Path]) -> Metric:
    name = field["name"].text()
    full_name = f"{prefix}_{name}" if prefix else name
    if not _METRIC_NAME.fullmatch(full_name):
        raise field["name"].refused(f"{full_name!r} is not a metric name")

    field["errorLogV"].integer()
    return Metric(
        name=full_name,
        help=field["help"].text(),
        each=_each(field["each"]),
        common_labels=_common_labels(field["commonLabels"]),
        labels=LabelPaths({**paths, **_paths(field["labelsFromPath"])}),
    )


def _each(field: Field) -> Each:
    type_ = field["type"].text()
    if type_.lower() not in _TYPES:
        raise field["type"].refused(f"{type_!r} is none of Gauge, StateSet, Info, Count")

    section, read = _TYPES[type_.lower()]
    if not field[section].given:
        raise field[section].refused(f"missing, although the type is {type_}")

    return read(field[section])


def _gauge(field: Field) -> Gauge:
    parse = field["parse"]
    if parse.given and parse.text() not in READINGS:
        raise parse.refused(f"{parse.text()!r} is none of {', '.join(READINGS)}")

    return Gauge(
        path=_path(field["path"]),
        labels=LabelPaths(_paths(field["labelsFromPath"])),
        value_from=_path(field["valueFrom"]),
        label_from_key=_label_from_key(field),
        nil_is_zero=field["nilIsZero"].flag(),
        reading=READINGS[parse.text()] if parse.given else any_number,
    )


def _count(field: Field) -> Count:
    return Count(
        path=_path(field["path"]),
        labels=LabelPaths(_paths(field["labelsFromPath"])),
        nil_is_zero=field["nilIsZero"].flag(),
    )


def _info(field: Field) -> Info:
    return Info(
        path=_path(field["path"]),
        labels=LabelPaths(_paths(field["labelsFromPath"])),
        label_from_key=_label_from_key(field),
    )


def _state_set(field: Field) -> StateSet:
    return StateSet(
        path=_path(field["path"]),
        labels=LabelPaths(_paths(field["labelsFromPath"])),
        value_from=_path(field["valueFrom"]),
        label_name=_label_name(field["labelName"]),
        states=field["list"].texts(),
    )


_TYPES: dict[str, tuple[str, Callable[[Field], Each]]] = {
    "gauge": ("gauge", _gauge),
    "stateset": ("stateSet", _state_set),
    "info": ("info", _info),
    "count": ("count", _count),
}
"""By type, however its letters are written: the field that says more, and what reads it."""


def _path(field: Field) -> Path:
    parts = field.texts()
    for place, part in zip(field.items(), parts, strict=True):
        try:
            Path((part,))
        except ValueError as error:
            raise place.refused(str(error)) from None

    return Path(parts)


def _paths(field: Field) -> dict[str, Path]:
    return {name: _path(path) for name, path in field.entries().items()}


def _common_labels(field: Field) -> dict[str, str]:
    for name, label in field.entries().items():
        if not is_label_name(name):
            raise label.refused("not a label name")

    return {name: label.text() for name, label in field.entries().items()}


def _label_from_key(field: Field) -> str:
    label = field["labelFromKey"]
    return _label_name(label) if label.text() else ""


def _label_name(field: Field) -> str:
    name = field.text()
    if not is_label_name(name):
        raise field.refused(f"{name!r} is not a label name")

    return name
