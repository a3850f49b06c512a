"""How many bytes stay resident for a pod, beside the text of its series?"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figure import Figure, median
from benchmarks.process import Usage, exporter, simulation
from benchmarks.scraper import page, read
from benchmarks.sizes import POD_BYTES, Sizes


def run(sizes: Sizes) -> list[Figure]:
    """The difference between two processes: one that reads all pods, and one that reads one."""
    empty: list[int] = []
    synced: list[Usage] = []
    scraped: list[int] = []
    texts: list[float] = []
    with (
        simulation(1, 1, POD_BYTES) as almost_nothing,
        simulation(1, sizes.pods, POD_BYTES) as simulated,
    ):
        for _ in range(sizes.repetitions):
            with exporter(almost_nothing.kubeconfig, pods_alone=True) as running:
                empty.append(running.at_rest().resident)

            with exporter(simulated.kubeconfig, pods_alone=True) as running:
                synced.append(running.at_rest())
                read(f"{running.url}/metrics", "identity")
                read(f"{running.url}/metrics", "gzip")
                scraped.append(running.at_rest().resident)
                texts.append(len(page(f"{running.url}/metrics?collect[]=pods")) / sizes.pods)

    def a_pod(resident: Sequence[int]) -> list[float]:
        pairs = zip(resident, empty, strict=True)
        return [(one - base) / sizes.pods for one, base in pairs]

    grown = a_pod([one.resident for one in synced])
    peak = a_pod([one.peak for one in synced])
    to = "the text of its series"
    return [
        median("process without pods", [one / 1e6 for one in empty], "MB"),
        median("text of a pod's series", texts, "bytes/pod"),
        median("resident", grown, "bytes/pod", texts, to),
        median("resident at most, until synced", peak, "bytes/pod", grown, "resident"),
        median("resident after scrapes", a_pod(scraped), "bytes/pod", texts, to),
    ]
