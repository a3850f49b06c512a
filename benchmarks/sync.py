"""What does the first sync of a cluster cost, beside reading the same pages with `json.loads`?"""

from __future__ import annotations

from benchmarks.figure import Figure, median
from benchmarks.process import exporter, json_loads, simulation
from benchmarks.sizes import POD_BYTES, Sizes


def run(sizes: Sizes) -> list[Figure]:
    """Pods alone, so that both read the same pages; ours come over HTTP, inflated and written."""
    ours, theirs, clock = [], [], []
    page_bytes = 0.0
    with simulation(1, sizes.pods, pod_bytes=POD_BYTES, pods_alone=True) as simulated:
        (url,) = simulated.urls.values()
        for _ in range(sizes.repetitions):
            loads = json_loads(url)
            with exporter(simulated.kubeconfig) as running:
                synced = running.synced

            ours.append(synced.cpu / synced.objects * 1e6)
            theirs.append(loads.pages_cpu / loads.pods * 1e6)
            clock.append(synced.seconds)
            page_bytes = loads.pages_bytes / loads.pods

    return [
        Figure("JSON of a pod", page_bytes / 1e3, "kB"),
        median("json.loads of its pages", theirs, "µs CPU/pod"),
        median("first sync", ours, "µs CPU/pod", theirs, "json.loads of its pages"),
        median("first sync, time", clock, "s"),
    ]
