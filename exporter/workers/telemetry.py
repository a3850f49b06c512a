"""What workers say of themselves, on the front's page: with a label `worker`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


def joined(own: Collector, workers: Mapping[int, str]) -> bytes:
    """
    One page, in text format 0.0.4: the series of `own`, and those of the workers' pages. Each
    family stands in one place.
    """
    families: dict[str, Metric] = {}
    for metric in own.collect():
        _add(families, metric, {})

    for number, page in workers.items():
        for metric in text_string_to_metric_families(page):
            _add(families, metric, {"worker": str(number)})

    return generate_latest(_Families(families.values()))


def _add(families: dict[str, Metric], metric: Metric, labels: dict[str, str]) -> None:
    family = families.setdefault(
        metric.name, Metric(metric.name, metric.documentation, metric.type)
    )
    family.samples += [
        sample._replace(labels={**labels, **sample.labels}) for sample in metric.samples
    ]


class _Families(Collector):
    """What `generate_latest` wants: something that collects."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
