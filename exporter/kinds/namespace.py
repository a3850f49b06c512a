"""Namespaces: whether they live or are being deleted, and what holds the deletion up."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.condition import condition_rows
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata


class NamespaceStatus(ApiObject, frozen=True):
    """What the namespace controller says."""

    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/"""

    metadata: Metadata = Metadata()
    status: NamespaceStatus = NamespaceStatus()


namespaces = Kind(
    Namespace,
    "v1",
    "namespaces",
    singular="namespace",
    identity=("namespace",),
    also={"namespace": lambda namespace: namespace.metadata.name},
    namespaced=False,
)

declare_created(namespaces, "stable")
declare_annotations(namespaces)
declare_labels(namespaces, "stable")


@namespaces.states("phase", ("Active", "Terminating"), stability="stable")
def kube_namespace_status_phase(namespace: Namespace) -> str:
    """Whether the namespace is active or being deleted."""
    return namespace.status.phase


@namespaces.rows("condition", "status")
def kube_namespace_status_condition(namespace: Namespace) -> Rows:
    """What still stands in the way of a namespace's deletion, as its conditions tell."""
    return condition_rows(namespace.status.conditions)
