"""The kinds that a document shows of an API server, each with the families it makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exporter.exposition.text import MetricType
from exporter.families.family import Family, LabelledNumber, LabelledOf
from exporter.families.kind import Kind
from exporter.kinds.custom.document import Document, Entry
from exporter.kinds.custom.metric import Metric
from exporter.kinds.custom.object import CustomObject

_ANY = ("", "*")


@dataclass(frozen=True)
class ServedKind:
    """A kind that an API server serves. `plural` is what its URLs call it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """``apps/v1``"""
        return f"{self.group}/{self.version}"


def custom_kinds(document: Document, served: Iterable[ServedKind]) -> list[Kind[CustomObject]]:
    """
    The kinds of `served` that the document speaks of, in kube-state-metrics' order. Where two
    entries speak of the same, the later one counts, as there; and nothing is said of an entry
    that none of `served` fits, since its kind may come yet.
    """
    offered = list(served)
    chosen: dict[str, tuple[ServedKind, Entry]] = {}
    for entry in document.entries:
        for kind in _fitting(entry, offered):
            chosen[f"{kind.api_version}, Resource={kind.plural}"] = kind, entry

    types = _types(document)
    return [_kind(*chosen[name], types) for name in sorted(chosen)]


def _fitting(entry: Entry, served: Sequence[ServedKind]) -> list[ServedKind]:
    if entry.group in _ANY:
        return []

    fitting = [
        one
        for one in served
        if one.group == entry.group
        and (entry.version in _ANY or one.version == entry.version)
        and (entry.kind in _ANY or one.kind == entry.kind)
    ]
    # The API server knows best: a plural of the document only decides between several.
    return [one for one in fitting if one.plural == entry.plural] or fitting


def _types(document: Document) -> dict[str, MetricType]:
    """
    The type of each family: a gauge where metrics of one name disagree, and where OpenMetrics would
    call an info by another family's name.
    """
    found: dict[str, set[MetricType]] = defaultdict(set)
    for entry in document.entries:
        for metric in entry.metrics:
            found[metric.name].add(metric.type)

    types: dict[str, MetricType] = {}
    for name, own in found.items():
        clashes = "info" in own and name.removesuffix("_info") in found
        types[name] = "gauge" if clashes or len(own) > 1 else next(iter(own))

    return types


def _kind(served: ServedKind, entry: Entry, types: dict[str, MetricType]) -> Kind[CustomObject]:
    kind = Kind(
        CustomObject,
        served.api_version,
        served.plural,
        singular=served.kind.lower(),
        identity=(),
        namespaced=served.namespaced,
    )
    labels = {
        **entry.common_labels,
        "customresource_group": served.group,
        "customresource_version": served.version,
        "customresource_kind": served.kind,
    }
    by_name: dict[str, list[Metric]] = defaultdict(list)
    for metric in entry.metrics:
        by_name[metric.name].append(metric)

    kind.families += [_family(metrics, labels, types[name]) for name, metrics in by_name.items()]
    return kind


def _family(
    metrics: Sequence[Metric], labels: dict[str, str], type_: MetricType
) -> Family[CustomObject]:
    """One family of all metrics of a name, since a page has room for a name only once."""

    def series(obj: CustomObject) -> Iterator[LabelledNumber]:
        for metric in metrics:
            yield from metric.series(obj.fields, labels)

    first = metrics[0]
    return Family(first.name, first.help, type_, (), "alpha", False, LabelledOf(series))
