"""
Bindings of mutating admission policies: which policy is put to use, with which parameters.

Served as v1 from Kubernetes 1.36 on; older clusters have at most a beta of it, which is not read.
"""

from __future__ import annotations

from exporter.families.any_object import declare_created
from exporter.families.kind import Kind
from exporter.kinds.admission_policy import AdmissionPolicyBinding, declare_binding_info

mutatingadmissionpolicybindings = Kind(
    AdmissionPolicyBinding,
    "admissionregistration.k8s.io/v1",
    "mutatingadmissionpolicybindings",
    singular="mutatingadmissionpolicybinding",
    identity=("namespace", "mutatingadmissionpolicybinding"),
    namespaced=False,
)

declare_binding_info(mutatingadmissionpolicybindings)
declare_created(mutatingadmissionpolicybindings)
