"""The versions of a cluster's kubelets."""

from __future__ import annotations

from exporter.fleet.kubelets import Kubelets
from exporter.kinds.node import Node, NodeInfo, NodeStatus
from exporter.kubernetes.objects import Metadata


def node(name: str, version: str) -> Node:
    return Node(Metadata(name=name), status=NodeStatus(node_info=NodeInfo(kubelet_version=version)))


def listed(*nodes: Node) -> Kubelets:
    kubelets = Kubelets()
    kubelets.begin_list()
    for one in nodes:
        kubelets.list_object(one)

    kubelets.end_list()
    return kubelets


def test_a_cluster_without_nodes_has_no_kubelets() -> None:
    assert (Kubelets().oldest, Kubelets().newest) == (None, None)


def test_the_oldest_and_the_newest_are_known() -> None:
    kubelets = listed(node("a", "v1.9.3"), node("b", "v1.30.1"), node("c", "v1.28.0-eks-1"))

    assert (kubelets.oldest, kubelets.newest) == (9, 30)


def test_a_version_that_cannot_be_read_counts_as_none() -> None:
    kubelets = listed(node("a", "v1.30.1"))
    kubelets.put(("", "a"), node("a", "unknown"))

    assert kubelets.oldest is None


def test_a_list_replaces_what_was_known_only_when_it_is_whole() -> None:
    kubelets = listed(node("a", "v1.30.1"))
    kubelets.begin_list()
    kubelets.list_object(node("b", "v1.31.1"))

    assert kubelets.newest == 30

    kubelets.end_list()

    assert (kubelets.oldest, kubelets.newest) == (31, 31)


def test_a_node_that_has_gone_counts_no_longer() -> None:
    kubelets = listed(node("a", "v1.30.1"), node("b", "v1.31.1"))
    kubelets.remove(("", "a"))

    assert kubelets.oldest == 31
