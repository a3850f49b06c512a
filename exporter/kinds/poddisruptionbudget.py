"""Pod disruption budgets: how many pods of a workload may be taken away at the same time."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Metadata


class PodDisruptionBudgetStatus(ApiObject, frozen=True):
    """What the disruption controller observes."""

    current_healthy: int = 0
    desired_healthy: int = 0
    disruptions_allowed: int = 0
    expected_pods: int = 0
    observed_generation: int = 0


class PodDisruptionBudget(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/"""

    metadata: Metadata = Metadata()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()


poddisruptionbudgets = Kind(
    PodDisruptionBudget,
    "policy/v1",
    "poddisruptionbudgets",
    singular="poddisruptionbudget",
    identity=("namespace", "poddisruptionbudget"),
)

declare_annotations(poddisruptionbudgets)
declare_labels(poddisruptionbudgets)
declare_created(poddisruptionbudgets, "stable")


@poddisruptionbudgets.number(stability="stable")
def kube_poddisruptionbudget_status_current_healthy(budget: PodDisruptionBudget) -> int:
    """How many of the budget's pods are healthy."""
    return budget.status.current_healthy


@poddisruptionbudgets.number(stability="stable")
def kube_poddisruptionbudget_status_desired_healthy(budget: PodDisruptionBudget) -> int:
    """How many of the budget's pods have to be healthy."""
    return budget.status.desired_healthy


@poddisruptionbudgets.number(stability="stable")
def kube_poddisruptionbudget_status_pod_disruptions_allowed(budget: PodDisruptionBudget) -> int:
    """How many of the budget's pods may be taken away now."""
    return budget.status.disruptions_allowed


@poddisruptionbudgets.number(stability="stable")
def kube_poddisruptionbudget_status_expected_pods(budget: PodDisruptionBudget) -> int:
    """How many pods the budget is about."""
    return budget.status.expected_pods


@poddisruptionbudgets.number(stability="stable")
def kube_poddisruptionbudget_status_observed_generation(budget: PodDisruptionBudget) -> int:
    """The generation that the controller has dealt with."""
    return budget.status.observed_generation


declare_deletion_timestamp(poddisruptionbudgets)
