"""What does a scrape cost, beside compressing the same page with zlib, or joining its lines?"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figure import Figure, median
from benchmarks.process import exporter, simulation
from benchmarks.scraper import Scrapes, page
from benchmarks.sizes import POD_BYTES, Sizes
from benchmarks.update import BURST, FIRST_MARK
from benchmarks.yardsticks import join_seconds, zlib_seconds

CHANGED = 100
"""One pod in so many has changed since the last scrape."""

ZLIB = "zlib level 6 of the page"
JOIN = "joining the page's lines"


def run(sizes: Sizes) -> list[Figure]:
    """The whole page of one cluster, plain and gzip, through the real HTTP handler."""
    zlib, join = [], []
    with (
        simulation(1, sizes.pods, POD_BYTES) as simulated,
        exporter(simulated.kubeconfig) as running,
    ):
        plain = Scrapes(running, "/metrics", "identity")
        packed, changed = (Scrapes(running, "/metrics", "gzip") for _ in range(2))
        body = page(f"{running.url}/metrics")
        lines = body.splitlines(keepends=True)
        for mark in range(FIRST_MARK, FIRST_MARK + sizes.repetitions):
            running.at_rest()
            plain.repeat()
            packed.repeat()
            simulated.change_pods(max(1, sizes.pods // CHANGED), BURST, mark)
            running.at_rest()
            changed.repeat()
            zlib.append(zlib_seconds(body))
            join.append(join_seconds(lines))

    return [
        Figure("page, plain", len(body) / 1e6, "MB"),
        Figure("page, gzip", packed.size / 1e6, "MB", packed.size / len(body), "the plain page"),
        _milliseconds(ZLIB, zlib),
        _milliseconds(JOIN, join),
        _milliseconds("plain", plain.cpu, zlib, ZLIB),
        _milliseconds("plain, beside a join", plain.cpu, join, JOIN),
        _milliseconds("plain, time", plain.clock, zlib, ZLIB),
        _milliseconds("gzip", packed.cpu, zlib, ZLIB),
        _milliseconds("gzip, time", packed.clock, zlib, ZLIB),
        _milliseconds("gzip, 1 % of pods changed", changed.cpu, zlib, ZLIB),
    ]


def _milliseconds(
    name: str, seconds: Sequence[float], against: Sequence[float] = (), to: str = ""
) -> Figure:
    """CPU, unless the name says that it is time."""
    unit = "ms" if name.endswith("time") else "ms CPU"
    thousand = [one * 1e3 for one in seconds]
    return median(name, thousand, unit, [one * 1e3 for one in against], to)
