"""Network policies as series."""

from __future__ import annotations

import pytest

from exporter.kinds.networkpolicy import NetworkPolicy, networkpolicies
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_networkpolicies_are_asked_for_at_their_place() -> None:
    assert (networkpolicies.api_version, networkpolicies.resource) == (
        "networking.k8s.io/v1",
        "networkpolicies",
    )
    assert networkpolicies.namespaced


def test_a_policy_is_named_by_namespace_and_name() -> None:
    named = NetworkPolicy(Metadata(name="web", namespace="shop"))

    assert networkpolicies.identity == ("namespace", "networkpolicy")
    assert networkpolicies.identity_of(named) == ("shop", "web")


def test_rules_are_counted_each_way() -> None:
    policy = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "spec": {
            "podSelector": {},
            "ingress": [{}, {"from": [{"podSelector": {}}, {"namespaceSelector": {}}]}],
            "egress": [{"ports": [{"port": 53}]}],
        },
    }

    assert every_series(networkpolicies, policy) == {
        "kube_networkpolicy_created": ["{} 7"],
        "kube_networkpolicy_annotations": ['{annotation_team="x"} 1'],
        "kube_networkpolicy_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_networkpolicy_spec_ingress_rules": ["{} 2"],
        "kube_networkpolicy_spec_egress_rules": ["{} 1"],
    }


@pytest.mark.parametrize("spec", [{}, {"ingress": None, "egress": []}])
def test_a_policy_may_have_no_rules(spec: object) -> None:
    policy = {"spec": spec}

    assert series(networkpolicies, "kube_networkpolicy_spec_ingress_rules", policy) == ["{} 0"]
    assert series(networkpolicies, "kube_networkpolicy_spec_egress_rules", policy) == ["{} 0"]


def test_an_unknown_creation_is_shown_as_the_zero_time_of_go() -> None:
    assert series(networkpolicies, "kube_networkpolicy_created", {}) == ["{} -62135596800"]
