"""What does a scrape cost, beside compressing the same page with `gzip -6`?"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figure import Figure, median
from benchmarks.process import exporter, simulation
from benchmarks.scraper import Scrapes, page
from benchmarks.sizes import POD_BYTES, Sizes
from benchmarks.update import BURST, FIRST_MARK, NotShown, ending
from benchmarks.yardsticks import GZIP, gzip_seconds

CHANGED = 100
"""One pod in so many has changed since the last scrape."""

SCRAPES = 20
"""So many, one after another, are measured as one: a single one is short."""

CHANGES = 3
"""So many times as often scrapes after changes are measured, as each is one alone."""


def run(sizes: Sizes) -> list[Figure]:
    """The whole page of one cluster, plain and gzip, through the real HTTP handler."""
    unchanged_gzip, changed_gzip = [], []
    with (
        simulation(1, sizes.pods, pod_bytes=POD_BYTES) as simulated,
        exporter(simulated.kubeconfig) as running,
    ):
        plain = Scrapes(running, "/metrics", "identity")
        packed, changed = (Scrapes(running, "/metrics", "gzip") for _ in range(2))
        body = page(f"{running.url}/metrics")
        for _ in range(sizes.repetitions):
            running.at_rest()
            packed.repeat(SCRAPES)
            plain.repeat(SCRAPES)
            unchanged_gzip.append(gzip_seconds(body))

        # Now, for changed objects stay uncompressed for a while. The same ones change each time,
        # or there would be more and more of these.
        count = max(1, sizes.pods // CHANGED)
        for mark in range(FIRST_MARK, FIRST_MARK + sizes.repetitions * CHANGES):
            simulated.change_pods(count, BURST, mark, same=True)
            running.at_rest()
            changed.repeat()
            changed_gzip.append(gzip_seconds(body))
            if ending(mark) not in page(f"{running.url}/metrics"):
                raise NotShown(f"no pod was restarted {mark} times")

    return [
        Figure("page, plain", len(body) / 1e6, "MB"),
        Figure("page, gzip", packed.size / 1e6, "MB", packed.size / len(body), "the plain page"),
        _milliseconds(GZIP, unchanged_gzip),
        _milliseconds("gzip", packed.cpu, unchanged_gzip, GZIP),
        _milliseconds("gzip, time", packed.clock, unchanged_gzip, GZIP),
        _milliseconds("gzip, 1 % of the pods changed", changed.cpu, changed_gzip, GZIP),
        _milliseconds("plain", plain.cpu, unchanged_gzip, GZIP),
        _milliseconds("plain, time", plain.clock, unchanged_gzip, GZIP),
    ]


def _milliseconds(
    name: str, seconds: Sequence[float], against: Sequence[float] = (), to: str = ""
) -> Figure:
    """CPU, unless the name says that it is time."""
    unit = "ms" if name.endswith("time") else "ms CPU"
    thousand = [one * 1e3 for one in seconds]
    return median(name, thousand, unit, [one * 1e3 for one in against], to)
