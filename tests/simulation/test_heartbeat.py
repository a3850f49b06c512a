"""Leases of nodes."""

from __future__ import annotations

from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.heartbeat import renew_leases
from exporter.simulation.storage import Key

LEASES = "coordination.k8s.io/v1/leases"


def test_every_lease_is_renewed_once_in_a_round(cluster: SimulatedCluster) -> None:
    def renewals() -> dict[Key, str]:
        return {
            key: cluster.server.get(LEASES, *key)["metadata"]["resourceVersion"]
            for key in cluster.server.keys(LEASES)
        }

    before = renewals()
    steps = renew_leases([cluster], rounds=4)
    changes = []
    for _ in range(4):
        start = cluster.server.resource_version
        next(steps)
        changes.append(cluster.server.resource_version - start)

    assert sum(changes) == len(before)
    assert max(changes) - min(changes) <= 1
    assert all(before[key] != version for key, version in renewals().items())


def test_a_node_out_of_touch_renews_nothing(cluster: SimulatedCluster) -> None:
    cluster.unreachable |= {name for _, name in cluster.server.keys("nodes")}
    before = cluster.server.resource_version

    next(renew_leases([cluster], rounds=1))

    assert cluster.server.resource_version == before
