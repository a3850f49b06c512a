"""What does a changed pod cost, and how soon is it on the page?"""

from __future__ import annotations

import time

from benchmarks.figure import Figure, median, percentile
from benchmarks.process import Exporter, Simulation, exporter, json_loads, simulation
from benchmarks.scraper import Scrapes, page, read
from benchmarks.sizes import POD_BYTES, Sizes
from benchmarks.yardsticks import zlib_seconds

BURST = 1_000.0
"""Changes a second that keep an exporter busy."""

LOAD = 100.0
"""Changes a second of a busy cluster."""

SMALL = 50
"""Pods of the cluster whose latency is measured: its page must not take long itself."""

SHOWN_DEADLINE = 30.0
"""Seconds until a change is missed."""

FIRST_MARK = 1_000_000
"""A number of restarts that no simulated pod has of itself; others follow it."""


class NotShown(Exception):
    """Changes have not reached the page, so what was measured means nothing."""


def run(sizes: Sizes) -> list[Figure]:
    """Cost on a large cluster, latency on a small one."""
    with (
        simulation(1, sizes.pods, POD_BYTES) as simulated,
        exporter(simulated.kubeconfig, pods_alone=True) as running,
    ):
        found = [*_burst(simulated, running, sizes), _load(simulated, running, sizes)]

    with (
        simulation(1, min(SMALL, sizes.pods)) as simulated,
        exporter(simulated.kubeconfig, pods_alone=True) as running,
    ):
        return [*found, *_latency(simulated, running, sizes.events)]


def _burst(simulated: Simulation, running: Exporter, sizes: Sizes) -> list[Figure]:
    ours, theirs = [], []
    for mark in range(FIRST_MARK, FIRST_MARK + sizes.repetitions):
        theirs.append(_line_seconds(simulated) * 1e6)
        before = running.at_rest().cpu
        simulated.change_pods(sizes.pods, BURST, mark)
        ours.append((running.at_rest().cpu - before) / sizes.pods * 1e6)
        if _value(mark) not in page(f"{running.url}/metrics?collect[]=pods"):
            raise NotShown(f"no pod was restarted {mark} times")

    to = "json.loads of its line"
    return [median(to, theirs, "µs CPU"), median("update", ours, "µs CPU", theirs, to)]


def _load(simulated: Simulation, running: Exporter, sizes: Sizes) -> Figure:
    """Pods that keep changing, and one scrape in between."""
    count = max(1, int(LOAD * sizes.load_seconds / 2))
    before = running.at_rest().cpu
    began = time.monotonic()
    simulated.change_pods(count, LOAD, FIRST_MARK)
    read(f"{running.url}/metrics", "gzip")
    simulated.change_pods(count, LOAD, FIRST_MARK)
    seconds = time.monotonic() - began
    cpu = running.at_rest().cpu - before
    least = 2 * count * _line_seconds(simulated) + zlib_seconds(page(f"{running.url}/metrics"))
    name = f"{LOAD:.0f} updates/s, a gzip scrape in {sizes.load_seconds:.0f} s"
    to = "json.loads of the lines + zlib level 6 of the page"
    return Figure(name, 100 * cpu / seconds, "% of a core", cpu / least, to)


def _latency(simulated: Simulation, running: Exporter, events: int) -> list[Figure]:
    """From the write in the API server to the end of the first scrape that shows it."""
    path = "/metrics?collect[]=pods"
    alone = Scrapes(running, path, "identity")
    latencies = []
    for mark in range(FIRST_MARK, FIRST_MARK + events):
        alone.repeat()
        written = simulated.change_pods(1, BURST, mark)
        while _value(mark) not in page(running.url + path):
            if time.monotonic() - written > SHOWN_DEADLINE:
                raise NotShown(f"no pod was restarted {mark} times")

        latencies.append(time.monotonic() - written)

    found = []
    for percent in (50, 99):
        value, base = percentile(latencies, percent), percentile(alone.clock, percent)
        name, to = f"event to page, p{percent}", "a scrape of that page alone"
        found.append(Figure(name, value * 1e3, "ms", value / base, to))

    return found


def _line_seconds(simulated: Simulation) -> float:
    """CPU that `json.loads` takes for a pod's line."""
    (url,) = simulated.urls.values()
    loads = json_loads(url)
    return loads.lines_cpu / loads.pods


def _value(mark: int) -> bytes:
    """How a line ends whose value is `mark`."""
    return b" %d\n" % mark
