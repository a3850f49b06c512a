"""Kubelets that renew the leases of their nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.simulation import nodes
from exporter.simulation.cluster import LEASES, SimulatedCluster
from exporter.simulation.moments import now


def renew_lease(cluster: SimulatedCluster, node: str) -> None:
    """One heartbeat; none comes from a node that is out of touch."""
    if node not in cluster.unreachable:
        lease = cluster.server.get(LEASES, nodes.LEASE_NAMESPACE, node)
        renewed = nodes.node_lease(node, now())
        cluster.server.put(LEASES, {**lease, "spec": renewed["spec"]})


def renew_leases(clusters: Sequence[SimulatedCluster], rounds: int) -> Iterator[None]:
    """For ever: renew every lease once in so many steps, evenly spread over them."""
    while True:
        due = [(cluster, node) for cluster in clusters for _, node in cluster.server.keys("nodes")]
        for step in range(rounds):
            for cluster, node in due[step::rounds]:
                renew_lease(cluster, node)
            yield
