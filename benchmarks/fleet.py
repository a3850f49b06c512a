"""What does a whole fleet cost one process?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, median
from benchmarks.process import Exporter, Loads, exporter, json_loads, simulation
from benchmarks.scraper import Encoding, Scrapes, page
from benchmarks.sizes import Sizes
from benchmarks.yardsticks import zlib_seconds


def run(sizes: Sizes) -> list[Figure]:
    """One sync of the fleet, then scrapes of all of it and of its parts."""
    with simulation(sizes.clusters, sizes.pods_per_cluster) as simulated:
        name, url = next(iter(simulated.urls.items()))
        loads = json_loads(url)
        with exporter(simulated.kubeconfig) as running:
            cluster = f"/clusters/{name}/metrics"
            body = page(running.url + cluster)
            return [
                *_synced(running, sizes, loads, len(body) * sizes.clusters),
                *_scraped(running, sizes, cluster, zlib_seconds(body)),
            ]


def _synced(running: Exporter, sizes: Sizes, loads: Loads, text: int) -> list[Figure]:
    """`text` is the size of the plain page, taken from one cluster's."""
    synced, usage = running.synced, running.at_rest()
    least = loads.pages_cpu * sizes.clusters
    mega, clusters = usage.resident / 1e6, sizes.clusters
    return [
        Figure("clusters", clusters, ""),
        Figure("objects", synced.objects, ""),
        Figure("series", synced.series, ""),
        Figure("first sync, time", synced.seconds, "s"),
        Figure("first sync", synced.cpu, "s CPU", synced.cpu / least, "json.loads of the pages"),
        Figure("first sync, longest pause", synced.pause * 1e3, "ms"),
        Figure("resident", mega, "MB", usage.resident / text, "the plain page"),
        Figure("sockets when synced", usage.sockets, "", usage.sockets / clusters, "clusters"),
    ]


def _scraped(
    running: Exporter, sizes: Sizes, cluster: str, cluster_zlib: float
) -> Iterator[Figure]:
    """`cluster_zlib` is what zlib takes for one cluster's page; for all, so many times that."""
    to_all, to_one = "zlib level 6 of the page", "zlib level 6 of one cluster's page"
    pages: list[tuple[str, str, Encoding, int, str]] = [
        ("everything, plain", "/metrics", "identity", sizes.clusters, to_all),
        ("everything, gzip", "/metrics", "gzip", sizes.clusters, to_all),
        ("one cluster, plain", cluster, "identity", 1, to_one),
        ("one cluster, gzip", cluster, "gzip", 1, to_one),
        ("/metrics/fleet, gzip", "/metrics/fleet", "gzip", 1, to_one),
    ]
    for name, path, encoding, times, to in pages:
        scrapes = Scrapes(running, path, encoding)
        for _ in range(sizes.repetitions):
            scrapes.repeat()

        least = [cluster_zlib * times * 1e3] * sizes.repetitions
        yield median(name, [one * 1e3 for one in scrapes.cpu], "ms CPU", least, to)
        yield median(f"{name}, time", [one * 1e3 for one in scrapes.clock], "ms", least, to)
        yield Figure(f"{name}, size", scrapes.size / 1e6, "MB")
        yield median(f"{name}, longest pause", [one * 1e3 for one in scrapes.pauses], "ms")
