"""
Mutating admission policies: rules in CEL that change objects on their way in.

Served as v1 from Kubernetes 1.36 on; older clusters have at most a beta of it, which is not read.
"""

from __future__ import annotations

from exporter.families.any_object import declare_created
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kinds.admission_policy import AdmissionPolicy

mutatingadmissionpolicies = Kind(
    AdmissionPolicy,
    "admissionregistration.k8s.io/v1",
    "mutatingadmissionpolicies",
    singular="mutatingadmissionpolicy",
    identity=("namespace", "mutatingadmissionpolicy"),
    namespaced=False,
)


@mutatingadmissionpolicies.rows(
    "param_api_version", "param_kind", "failure_policy", "reinvocation_policy"
)
def kube_mutatingadmissionpolicy_info(policy: AdmissionPolicy) -> Rows:
    """What parameters the policy takes, what if it fails, and if it may run twice; always 1."""
    spec, param = policy.spec, policy.spec.param_kind
    return ((param.api_version, param.kind, spec.failure_policy, spec.reinvocation_policy, 1),)


declare_created(mutatingadmissionpolicies)
