"""Where pods are put."""

from __future__ import annotations

from exporter.simulation.cluster import SimulatedCluster


def test_nothing_is_scheduled_to_a_node_that_is_out_of_touch(cluster: SimulatedCluster) -> None:
    first, *others = cluster.nodes
    cluster.unreachable |= set(others)

    assert {cluster.choose_node()[0] for _ in range(20)} == {first}
