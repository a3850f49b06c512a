"""What does a changed pod cost, and how soon is it on the page?"""

from __future__ import annotations

import time

from benchmarks.figure import Figure, median, percentile
from benchmarks.process import Exporter, Simulation, exporter, json_loads, simulation
from benchmarks.scraper import Scrapes, page, read
from benchmarks.sizes import POD_BYTES, Sizes

BURST = 1_000.0
"""Changes a second that keep an exporter busy."""

LOAD = 100.0
"""Changes a second of a busy cluster."""

SCRAPE_INTERVAL = 15.0
"""Seconds; what busy clusters are scraped at."""

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
        simulation(1, sizes.pods, pod_bytes=POD_BYTES, pods_alone=True) as simulated,
        exporter(simulated.kubeconfig) as running,
    ):
        found = [*_burst(simulated, running, sizes), *_load(simulated, running, sizes)]

    with (
        simulation(1, min(SMALL, sizes.pods), pods_alone=True) as simulated,
        exporter(simulated.kubeconfig) as running,
    ):
        return [*found, *_latency(simulated, running, sizes.events)]


def _burst(simulated: Simulation, running: Exporter, sizes: Sizes) -> list[Figure]:
    ours, theirs = [], []
    for mark in range(FIRST_MARK, FIRST_MARK + sizes.repetitions):
        theirs.append(_line_seconds(simulated) * 1e6)
        before = running.at_rest().cpu
        simulated.change_pods(sizes.pods, BURST, mark)
        ours.append((running.at_rest().cpu - before) / sizes.pods * 1e6)
        if ending(mark) not in page(f"{running.url}/metrics?collect[]=pods"):
            raise NotShown(f"no pod was restarted {mark} times")

    to = "json.loads of its line"
    return [median(to, theirs, "µs CPU"), median("update", ours, "µs CPU", theirs, to)]


def _load(simulated: Simulation, running: Exporter, sizes: Sizes) -> list[Figure]:
    """Pods that keep changing, and a scrape now and then."""
    rounds = max(1, round(sizes.load_seconds / SCRAPE_INTERVAL))
    count = max(1, int(LOAD * sizes.load_seconds / rounds))
    before = running.at_rest()
    began = time.monotonic()
    for _ in range(rounds):
        simulated.change_pods(count, LOAD, FIRST_MARK)
        read(f"{running.url}/metrics", "gzip")

    seconds = time.monotonic() - began
    after = running.at_rest()
    least = rounds * count * _line_seconds(simulated)
    name = f"{LOAD:.0f} updates/s, a scrape every {SCRAPE_INTERVAL:.0f} s"
    cpu, to = after.cpu - before.cpu, "json.loads of the lines"
    return [
        Figure(name, 100 * cpu / seconds, "% of a core", cpu / least, to),
        Figure(
            "resident after that",
            after.resident / 1e6,
            "MB",
            after.resident / before.resident,
            "resident before",
        ),
    ]


def _latency(simulated: Simulation, running: Exporter, events: int) -> list[Figure]:
    """From the write in the API server to the end of the first scrape that shows it."""
    path = "/metrics?collect[]=pods"
    alone = Scrapes(running, path, "identity")
    latencies = []
    for mark in range(FIRST_MARK, FIRST_MARK + events):
        alone.repeat()
        written = simulated.change_pods(1, BURST, mark)
        while ending(mark) not in page(running.url + path):
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


def ending(mark: int) -> bytes:
    """How a line ends whose value is `mark`."""
    return b" %d\n" % mark
