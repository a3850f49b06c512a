"""Which lists a kind takes."""

from __future__ import annotations

from typing import Any

from exporter.fleet.plan import Plan, Scope
from exporter.fleet.unit import Staleness


def plan(**more: Any) -> Plan:
    return Plan(kinds={}, events=True, staleness=Staleness(), **more)


def test_without_a_choice_one_list_takes_everything() -> None:
    assert plan().scopes("pods", namespaced=True) == (Scope("pods"),)


def test_each_namespace_that_is_named_is_a_list_of_its_own() -> None:
    chosen = plan(namespaces=("shop", "data", "shop"))

    assert chosen.scopes("pods", namespaced=True) == (Scope("pods", "shop"), Scope("pods", "data"))


def test_cluster_scoped_kinds_are_listed_in_full_whatever_the_namespaces() -> None:
    chosen = plan(namespaces=("shop",), namespaces_denylist=("data",))

    assert chosen.scopes("nodes", namespaced=False) == (Scope("nodes"),)


def test_denied_namespaces_are_left_out_by_the_server() -> None:
    (scope,) = plan(namespaces_denylist=("a", "b")).scopes("pods", namespaced=True)

    assert scope.field_selector == "metadata.namespace!=a,metadata.namespace!=b"


def test_of_named_namespaces_the_denied_ones_are_not_listed() -> None:
    chosen = plan(namespaces=("shop", "data"), namespaces_denylist=("data",))

    assert chosen.scopes("pods", namespaced=True) == (Scope("pods", "shop"),)


def test_the_choice_of_a_node_concerns_pods_alone() -> None:
    chosen = plan(pods_selector="spec.nodeName=n1", namespaces_denylist=("a",))

    (pods,) = chosen.scopes("pods", namespaced=True)
    (secrets,) = chosen.scopes("secrets", namespaced=True)
    assert pods.field_selector == "metadata.namespace!=a,spec.nodeName=n1"
    assert secrets.field_selector == "metadata.namespace!=a"
