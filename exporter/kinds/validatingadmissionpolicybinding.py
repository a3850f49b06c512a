"""Bindings of validating admission policies: which policy is put to use, with which parameters."""

from __future__ import annotations

from exporter.families.any_object import declare_created
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kinds.admission_policy import AdmissionPolicyBinding, declare_binding_info

validatingadmissionpolicybindings = Kind(
    AdmissionPolicyBinding,
    "admissionregistration.k8s.io/v1",
    "validatingadmissionpolicybindings",
    singular="validatingadmissionpolicybinding",
    identity=("namespace", "validatingadmissionpolicybinding"),
    namespaced=False,
)

declare_binding_info(validatingadmissionpolicybindings)
declare_created(validatingadmissionpolicybindings)


@validatingadmissionpolicybindings.rows("action")
def kube_validatingadmissionpolicybinding_validation_action(
    binding: AdmissionPolicyBinding,
) -> Rows:
    """What is done about an object that the policy finds fault with; always 1."""
    return [(action, 1) for action in binding.spec.validation_actions]
