"""Validating admission policies: rules in CEL that refuse objects on their way in."""

from __future__ import annotations

from exporter.families.any_object import declare_created
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kinds.admission_policy import AdmissionPolicy

validatingadmissionpolicies = Kind(
    AdmissionPolicy,
    "admissionregistration.k8s.io/v1",
    "validatingadmissionpolicies",
    singular="validatingadmissionpolicy",
    identity=("namespace", "validatingadmissionpolicy"),
    namespaced=False,
)


@validatingadmissionpolicies.rows("param_api_version", "param_kind", "failure_policy")
def kube_validatingadmissionpolicy_info(policy: AdmissionPolicy) -> Rows:
    """What parameters the policy takes, and what if it fails; always 1."""
    spec, param = policy.spec, policy.spec.param_kind
    return ((param.api_version, param.kind, spec.failure_policy, 1),)


declare_created(validatingadmissionpolicies)
