"""What does a whole fleet cost one process?"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figure import Figure, median
from benchmarks.process import Exporter, Loads, exporter, json_loads, simulation
from benchmarks.scraper import Encoding, Scrapes, page
from benchmarks.sizes import Sizes
from benchmarks.yardsticks import GZIP, gzip_seconds

SETTLED = 25.0
"""Seconds until what changed during the first sync is in its final form. A fleet never rests."""


def run(sizes: Sizes) -> list[Figure]:
    """One sync of the fleet, then scrapes of all of it and of its parts."""
    with simulation(sizes.clusters, sizes.pods_per_cluster) as simulated:
        name, url = next(iter(simulated.urls.items()))
        loads = json_loads(url)
        with exporter(simulated.kubeconfig) as running:
            cluster = f"/clusters/{name}/metrics"
            text = len(page(running.url + cluster)) * sizes.clusters
            return [
                *_synced(running, sizes, loads, text),
                *_scraped(running, sizes, cluster),
                _resident("resident after scrapes", running, text),
            ]


def _synced(running: Exporter, sizes: Sizes, loads: Loads, text: int) -> list[Figure]:
    """`text` is the size of the plain page, taken from one cluster's."""
    time.sleep(SETTLED)
    synced, sockets = running.synced, running.usage().sockets
    least = loads.pages_cpu * sizes.clusters
    return [
        Figure("clusters", sizes.clusters, ""),
        Figure("objects", synced.objects, ""),
        Figure("series", synced.series, ""),
        Figure("first sync, time", synced.seconds, "s"),
        Figure("first sync", synced.cpu, "s CPU", synced.cpu / least, "json.loads of the pages"),
        Figure("first sync, longest pause", synced.pause * 1e3, "ms"),
        _resident("resident", running, text),
        Figure("sockets", sockets, "", sockets / sizes.clusters, "clusters"),
    ]


def _resident(name: str, running: Exporter, text: int) -> Figure:
    resident = running.usage().resident
    return Figure(name, resident / 1e6, "MB", resident / text, "the plain page")


def _scraped(running: Exporter, sizes: Sizes, cluster: str) -> Iterator[Figure]:
    """What gzip takes for the page of all clusters is taken from one cluster's."""
    to_one = "gzip -6 of one cluster's page"
    pages: list[tuple[str, str, Encoding, int, str]] = [
        ("everything, plain", "/metrics", "identity", sizes.clusters, GZIP),
        ("everything, gzip", "/metrics", "gzip", sizes.clusters, GZIP),
        ("one cluster, plain", cluster, "identity", 1, to_one),
        ("one cluster, gzip", cluster, "gzip", 1, to_one),
        ("/metrics/fleet, gzip", "/metrics/fleet", "gzip", 1, to_one),
    ]
    body = page(running.url + cluster)
    for name, path, encoding, times, to in pages:
        scrapes = Scrapes(running, path, encoding)
        least = []
        for _ in range(sizes.repetitions):
            scrapes.repeat()
            least.append(gzip_seconds(body) * times * 1e3)

        yield median(name, [one * 1e3 for one in scrapes.cpu], "ms CPU", least, to)
        yield median(f"{name}, time", [one * 1e3 for one in scrapes.clock], "ms", least, to)
        yield Figure(f"{name}, size", scrapes.size / 1e6, "MB")
        yield median(f"{name}, longest pause", [one * 1e3 for one in scrapes.pauses], "ms")
