"""Bindings of validating admission policies as series."""

from __future__ import annotations

from exporter.kinds.admission_policy import AdmissionPolicyBinding
from exporter.kinds.validatingadmissionpolicybinding import validatingadmissionpolicybindings
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_validatingadmissionpolicybindings_are_asked_for_at_their_place() -> None:
    assert (
        validatingadmissionpolicybindings.api_version,
        validatingadmissionpolicybindings.resource,
    ) == ("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings")
    assert not validatingadmissionpolicybindings.namespaced


def test_a_binding_has_an_empty_namespace() -> None:
    named = AdmissionPolicyBinding(Metadata(name="b"))

    assert validatingadmissionpolicybindings.identity == (
        "namespace",
        "validatingadmissionpolicybinding",
    )
    assert validatingadmissionpolicybindings.identity_of(named) == ("", "b")


def test_a_binding_with_parameters() -> None:
    binding = {
        "metadata": {"name": "b", "creationTimestamp": "1970-01-01T00:00:07Z"},
        "spec": {
            "policyName": "p",
            "paramRef": {"name": "cl", "parameterNotFoundAction": "Deny"},
            "validationActions": ["Deny", "Audit"],
        },
    }

    assert every_series(validatingadmissionpolicybindings, binding) == {
        "kube_validatingadmissionpolicybinding_info": [
            '{policy_name="p",param_name="cl",param_namespace="",param_not_found_action="Deny"} 1'
        ],
        "kube_validatingadmissionpolicybinding_created": ["{} 7"],
        "kube_validatingadmissionpolicybinding_validation_action": [
            '{action="Deny"} 1',
            '{action="Audit"} 1',
        ],
    }


def test_a_binding_without_actions_has_no_series_of_them() -> None:
    family = "kube_validatingadmissionpolicybinding_validation_action"

    assert (
        series(validatingadmissionpolicybindings, family, {"spec": {"validationActions": None}})
        == []
    )
    assert series(validatingadmissionpolicybindings, family, {}) == []
