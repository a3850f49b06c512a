"""Mutating admission policies as series."""

from __future__ import annotations

import pytest

from exporter.kinds.admission_policy import AdmissionPolicy
from exporter.kinds.mutatingadmissionpolicy import mutatingadmissionpolicies
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_mutatingadmissionpolicies_are_asked_for_at_their_place() -> None:
    assert (mutatingadmissionpolicies.api_version, mutatingadmissionpolicies.resource) == (
        "admissionregistration.k8s.io/v1",
        "mutatingadmissionpolicies",
    )
    assert not mutatingadmissionpolicies.namespaced


def test_a_policy_has_an_empty_namespace() -> None:
    assert mutatingadmissionpolicies.identity == ("namespace", "mutatingadmissionpolicy")
    assert mutatingadmissionpolicies.identity_of(AdmissionPolicy(Metadata(name="p"))) == ("", "p")


def test_a_policy_with_parameters() -> None:
    policy = {
        "metadata": {"name": "p", "creationTimestamp": "1970-01-01T00:00:07Z"},
        "spec": {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "failurePolicy": "Ignore",
            "reinvocationPolicy": "IfNeeded",
        },
    }

    assert every_series(mutatingadmissionpolicies, policy) == {
        "kube_mutatingadmissionpolicy_info": [
            (
                '{param_api_version="v1",param_kind="ConfigMap",'
                'failure_policy="Ignore",reinvocation_policy="IfNeeded"} 1'
            )
        ],
        "kube_mutatingadmissionpolicy_created": ["{} 7"],
    }


@pytest.mark.parametrize("spec", [{}, {"paramKind": None, "failurePolicy": None}])
def test_a_policy_that_says_nothing_has_empty_labels(spec: object) -> None:
    assert series(
        mutatingadmissionpolicies, "kube_mutatingadmissionpolicy_info", {"spec": spec}
    ) == ['{param_api_version="",param_kind="",failure_policy="",reinvocation_policy=""} 1']
