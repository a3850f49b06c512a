"""How many small clusters does one process bear, over TLS and with the settings meant for them?"""

from __future__ import annotations

import time

from benchmarks.figure import Figure
from benchmarks.fleet import SETTLED
from benchmarks.process import exporter, simulation
from benchmarks.scraper import Scrapes
from benchmarks.settings import large_fleet
from benchmarks.sizes import Sizes


def run(sizes: Sizes) -> list[Figure]:
    """One sync, a while in which little happens, and one scrape."""
    clusters, pods = sizes.small_clusters, sizes.pods_per_small_cluster
    with (
        simulation(clusters, pods, tls=True) as simulated,
        exporter(simulated.kubeconfig, large_fleet()) as running,
    ):
        synced, before, began = running.synced, running.cpu(), time.monotonic()
        time.sleep(SETTLED)
        share = (running.cpu() - before) / (time.monotonic() - began)
        settled, pause = running.usage(), running.pause()
        scrapes = Scrapes(running, "/metrics", "gzip")
        scrapes.repeat()
        scraped = running.usage()

    megabytes = settled.resident / 1e6
    return [
        Figure("clusters", clusters, ""),
        Figure("objects", synced.objects, ""),
        Figure("first sync, time", synced.seconds, "s"),
        Figure("first sync", synced.cpu, "s CPU"),
        Figure("first sync, longest pause", synced.pause * 1e3, "ms"),
        Figure("resident", megabytes, "MB", megabytes / clusters, "clusters"),
        Figure(
            "at most until then",
            settled.peak / 1e6,
            "MB",
            settled.peak / settled.resident,
            "resident",
        ),
        Figure(
            "resident after a scrape",
            scraped.resident / 1e6,
            "MB",
            scraped.resident / settled.resident,
            "resident",
        ),
        Figure("open connections", settled.sockets, "", settled.sockets / clusters, "clusters"),
        Figure("when little happens", 100 * share, "% of a core"),
        Figure("when little happens, longest pause", pause * 1e3, "ms"),
        Figure("everything, gzip, time", scrapes.clock[0] * 1e3, "ms"),
        Figure("everything, gzip, longest pause", scrapes.pauses[0] * 1e3, "ms"),
    ]
