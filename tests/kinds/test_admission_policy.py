"""What a binding gives an admission policy, as series."""

from __future__ import annotations

import pytest

from exporter.families.kind import Kind
from exporter.kinds.admission_policy import AdmissionPolicyBinding
from exporter.kinds.mutatingadmissionpolicybinding import mutatingadmissionpolicybindings
from exporter.kinds.validatingadmissionpolicybinding import validatingadmissionpolicybindings
from tests.kinds.series import series

BOTH = pytest.mark.parametrize(
    "kind", [mutatingadmissionpolicybindings, validatingadmissionpolicybindings]
)


def info(kind: Kind[AdmissionPolicyBinding], **spec: object) -> list[str]:
    return series(kind, f"kube_{kind.singular}_info", {"spec": spec})


@BOTH
def test_a_binding_names_its_policy_and_its_parameters(kind: Kind[AdmissionPolicyBinding]) -> None:
    reference = {"name": "cm", "namespace": "shop", "parameterNotFoundAction": "Allow"}

    assert info(kind, policyName="p", paramRef=reference) == [
        '{policy_name="p",param_name="cm",param_namespace="shop",param_not_found_action="Allow"} 1'
    ]


@BOTH
@pytest.mark.parametrize("param_ref", [None, {}, {"selector": {"matchLabels": {"a": "b"}}}])
def test_parameters_that_are_not_named_are_empty(
    kind: Kind[AdmissionPolicyBinding], param_ref: object
) -> None:
    assert info(kind, policyName="p", paramRef=param_ref) == [
        '{policy_name="p",param_name="",param_namespace="",param_not_found_action=""} 1'
    ]
