"""Network policies: how many rules they have."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_labels
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata, unix_seconds_or_zero_time


class Rule(ApiObject, frozen=True):
    """Traffic that is let through; only counted."""


class NetworkPolicySpec(ApiObject, frozen=True):
    """What is let in and out."""

    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()


class NetworkPolicy(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/"""

    metadata: Metadata = Metadata()
    spec: NetworkPolicySpec = NetworkPolicySpec()


networkpolicies = Kind(
    NetworkPolicy,
    "networking.k8s.io/v1",
    "networkpolicies",
    singular="networkpolicy",
    identity=("namespace", "networkpolicy"),
)


@networkpolicies.number()
def kube_networkpolicy_created(policy: NetworkPolicy) -> int:
    """When the network policy was created, in seconds since 1970; Go's zero time if unknown."""
    # Every other kind leaves an unknown creation out; kube-state-metrics does not look here.
    return unix_seconds_or_zero_time(policy.metadata.creation_timestamp)


declare_annotations(networkpolicies)
declare_labels(networkpolicies)


@networkpolicies.number()
def kube_networkpolicy_spec_ingress_rules(policy: NetworkPolicy) -> int:
    """How many rules let traffic in."""
    return len(policy.spec.ingress)


@networkpolicies.number()
def kube_networkpolicy_spec_egress_rules(policy: NetworkPolicy) -> int:
    """How many rules let traffic out."""
    return len(policy.spec.egress)
