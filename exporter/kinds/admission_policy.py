"""
What mutating and validating admission policies have in common: which kind of parameters a policy
takes, and which object a binding gives it.
"""

from __future__ import annotations

from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class ParamKind(ApiObject, frozen=True):
    """Of which kind the parameters are; empty for a policy without parameters."""

    api_version: str = ""
    kind: str = ""


class AdmissionPolicySpec(ApiObject, frozen=True):
    """Only mutating policies have a reinvocation policy."""

    param_kind: ParamKind = ParamKind()
    failure_policy: str = ""
    reinvocation_policy: str = ""


class AdmissionPolicy(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"""

    metadata: Metadata = Metadata()
    spec: AdmissionPolicySpec = AdmissionPolicySpec()


class ParamRef(ApiObject, frozen=True):
    """Which object has the parameters; without a name a selector chooses it, which is not read."""

    name: str = ""
    namespace: str = ""
    parameter_not_found_action: str = ""


class AdmissionPolicyBindingSpec(ApiObject, frozen=True):
    """Only bindings of validating policies have actions."""

    policy_name: str = ""
    param_ref: ParamRef = ParamRef()
    validation_actions: tuple[str, ...] = ()


class AdmissionPolicyBinding(ApiObject, frozen=True):
    """Puts a policy to use."""

    metadata: Metadata = Metadata()
    spec: AdmissionPolicyBindingSpec = AdmissionPolicyBindingSpec()


def declare_binding_info(kind: Kind[AdmissionPolicyBinding]) -> None:
    """``kube_<kind>_info``: the policy and its parameters."""

    def info(binding: AdmissionPolicyBinding) -> Rows:
        spec, param = binding.spec, binding.spec.param_ref
        return (
            (spec.policy_name, param.name, param.namespace, param.parameter_not_found_action, 1),
        )

    info.__name__ = f"kube_{kind.singular}_info"
    info.__doc__ = "Which policy the binding puts to use, and with which parameters; always 1."
    kind.rows("policy_name", "param_name", "param_namespace", "param_not_found_action")(info)
