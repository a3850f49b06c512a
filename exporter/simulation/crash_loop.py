"""A container that starts, ends and is started again, later and later."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.simulation import pods
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.event_recorder import kubelet
from exporter.simulation.moments import now
from exporter.simulation.storage import Key


def crash(cluster: SimulatedCluster, key: Key) -> Iterator[None]:
    """One round of a crash loop: started once more, then ended, with the events of both."""
    if (waiting := cluster.find_pod(key)) is None:
        return
    previous = waiting["status"]["containerStatuses"][0]["lastState"]["terminated"]
    reason, exit_code = previous["reason"], previous["exitCode"]
    reporter = kubelet(waiting["spec"]["nodeName"])
    container = waiting["spec"]["containers"][0]
    cluster.server.put(PODS, pods.restarted(waiting, reason, exit_code, now()))
    for event_reason, message in (
        ("Pulled", f'Container image "{container["image"]}" already present on machine'),
        ("Created", f"Created container: {container['name']}"),
        ("Started", f"Started container {container['name']}"),
    ):
        cluster.events.record(reporter, PODS, waiting, "Normal", event_reason, message, now())
    yield
    if (started := cluster.find_pod(key)) is None:
        return
    cluster.server.put(PODS, pods.crash_looping(started, reason, exit_code, now()))
    metadata = started["metadata"]
    message = (
        f"Back-off restarting failed container {container['name']} in pod "
        f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    )
    cluster.events.record(reporter, PODS, started, "Warning", "BackOff", message, now())
