"""How many bytes stay resident for a pod, beside the text of its series?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.figure import Figure, median
from benchmarks.process import Simulation, exporter, simulation
from benchmarks.scraper import page, read
from benchmarks.sizes import POD_BYTES, Sizes


@dataclass
class _Processes:
    """Exporters on one cluster of `pods` pods, one an entry; all in bytes."""

    simulated: Simulation
    pods: int
    resident: list[int] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)
    scraped: list[int] = field(default_factory=list)
    text: list[float] = field(default_factory=list)

    def add(self) -> None:
        """Start one more, look at it, and end it."""
        with exporter(self.simulated.kubeconfig) as running:
            usage = running.at_rest()
            self.resident.append(usage.resident)
            self.peak.append(usage.peak)
            for encoding in ("identity", "gzip"):
                read(f"{running.url}/metrics", encoding)

            self.scraped.append(running.at_rest().resident)
            self.text.append(len(page(f"{running.url}/metrics?collect[]=pods")))


def run(sizes: Sizes) -> list[Figure]:
    """Differences between processes that differ in nothing but how many pods there are."""
    half_of_them = sizes.pods // 2
    with (
        simulation(1, 0, pods_alone=True) as nothing,
        simulation(1, half_of_them, pod_bytes=POD_BYTES, pods_alone=True) as some,
        simulation(1, sizes.pods, pod_bytes=POD_BYTES, pods_alone=True) as all_,
    ):
        empty, half, whole = (
            _Processes(nothing, 0),
            _Processes(some, half_of_them),
            _Processes(all_, sizes.pods),
        )
        for _ in range(sizes.repetitions):
            for processes in (empty, half, whole):
                processes.add()

    grown = _difference(whole.resident, empty.resident)
    pods_more = whole.pods - half.pods
    text_more = [one / pods_more for one in _difference(whole.text, half.text)]
    one_more = [one / pods_more for one in _difference(whole.resident, half.resident)]
    text = [one / whole.pods for one in whole.text]
    to, to_empty = "the text of its series", "the empty process"
    return [
        _megabytes("empty process", empty.resident),
        _megabytes("resident", whole.resident, empty.resident, to_empty),
        _megabytes("at most, until synced", whole.peak, whole.resident, "resident"),
        _megabytes("above the empty process", grown),
        _megabytes(
            "above the empty process, after scrapes", _difference(whole.scraped, empty.resident)
        ),
        median("text of a pod's series", text, "bytes/pod"),
        median("a pod", [one / whole.pods for one in grown], "bytes/pod", text, to),
        median("one pod more", one_more, "bytes/pod", text_more, to),
    ]


def _difference(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    return [one - other for one, other in zip(ours, theirs, strict=True)]


def _megabytes(
    name: str, ours: Iterable[float], against: Iterable[float] = (), to: str = ""
) -> Figure:
    return median(name, [one / 1e6 for one in ours], "MB", [one / 1e6 for one in against], to)
