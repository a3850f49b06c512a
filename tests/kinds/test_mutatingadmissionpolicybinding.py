"""Bindings of mutating admission policies as series."""

from __future__ import annotations

from exporter.kinds.admission_policy import AdmissionPolicyBinding
from exporter.kinds.mutatingadmissionpolicybinding import mutatingadmissionpolicybindings
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series


def test_mutatingadmissionpolicybindings_are_asked_for_at_their_place() -> None:
    assert (
        mutatingadmissionpolicybindings.api_version,
        mutatingadmissionpolicybindings.resource,
    ) == ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings")
    assert not mutatingadmissionpolicybindings.namespaced


def test_a_binding_has_an_empty_namespace() -> None:
    named = AdmissionPolicyBinding(Metadata(name="b"))

    assert mutatingadmissionpolicybindings.identity == (
        "namespace",
        "mutatingadmissionpolicybinding",
    )
    assert mutatingadmissionpolicybindings.identity_of(named) == ("", "b")


def test_a_binding_with_parameters() -> None:
    binding = {
        "metadata": {"name": "b", "creationTimestamp": "1970-01-01T00:00:07Z"},
        "spec": {
            "policyName": "p",
            "paramRef": {"name": "cl", "parameterNotFoundAction": "Deny"},
            "validationActions": ["Deny", "Audit"],
        },
    }

    assert every_series(mutatingadmissionpolicybindings, binding) == {
        "kube_mutatingadmissionpolicybinding_info": [
            '{policy_name="p",param_name="cl",param_namespace="",param_not_found_action="Deny"} 1'
        ],
        "kube_mutatingadmissionpolicybinding_created": ["{} 7"],
    }
