"""What a pod asks for: compute resources of its containers, overhead, claims for devices."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.families.family import Row, Rows
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import Pod
from exporter.kubernetes.compute_resource import resource_units
from exporter.kubernetes.quantity import quantity_number, quantity_value

_LABELS = ("container", "node", "resource", "unit")


@pods.rows(*_LABELS, stability="stable")
def kube_pod_container_resource_limits(pod: Pod) -> Rows:
    """How much of each resource a container may use at most."""
    rows: list[Row] = []
    for one in pod.spec.containers:
        _add(rows, one.name, pod.spec.node_name, one.resources.limits)

    return rows


@pods.rows(*_LABELS, stability="stable")
def kube_pod_container_resource_requests(pod: Pod) -> Rows:
    """How much of each resource is set aside for a container."""
    rows: list[Row] = []
    for one in pod.spec.containers:
        _add(rows, one.name, pod.spec.node_name, one.resources.requests)

    return rows


@pods.rows(*_LABELS)
def kube_pod_init_container_resource_limits(pod: Pod) -> Rows:
    """How much of each resource an init container may use at most."""
    rows: list[Row] = []
    for one in pod.spec.init_containers:
        _add(rows, one.name, pod.spec.node_name, one.resources.limits)

    return rows


@pods.rows(*_LABELS)
def kube_pod_init_container_resource_requests(pod: Pod) -> Rows:
    """How much of each resource is set aside for an init container."""
    rows: list[Row] = []
    for one in pod.spec.init_containers:
        _add(rows, one.name, pod.spec.node_name, one.resources.requests)

    return rows


def _add(rows: list[Row], container: str, node: str, resources: Mapping[str, str]) -> None:
    """An unreadable quantity, which no API server stores, costs its own row only."""
    for name, text in resources.items():
        try:
            amount = quantity_number(text) if name == "cpu" else quantity_value(text)
        except ValueError:
            continue

        for label, unit in resource_units(name):
            rows.append((container, node, label, unit, amount))


@pods.number()
def kube_pod_overhead_cpu_cores(pod: Pod) -> int | float | None:
    """CPU that the pod's sandbox itself needs, in cores."""
    overhead = pod.spec.overhead
    try:
        return quantity_number(overhead["cpu"]) if "cpu" in overhead else None
    except ValueError:
        return None


@pods.number()
def kube_pod_overhead_memory_bytes(pod: Pod) -> int | None:
    """Memory that the pod's sandbox itself needs, in bytes."""
    overhead = pod.spec.overhead
    try:
        return quantity_value(overhead["memory"]) if "memory" in overhead else None
    except ValueError:
        return None


@pods.rows("claim_name", "resourceclaim_name", "resourceclaim_template_name")
def kube_pod_resourceclaim_info(pod: Pod) -> Rows:
    """Which claims for devices the pod has, and from which template they are made; always 1."""
    claims = pod.spec.resource_claims
    if not claims:
        return ()

    made = {one.name: one.resource_claim_name for one in pod.status.resource_claim_statuses}
    rows: list[Row] = []
    for claim in claims:
        name, template = claim.resource_claim_name, claim.resource_claim_template_name
        if name is None and template is None:
            continue

        if name is None:
            name = made.get(claim.name)

        rows.append((claim.name, name or "", template or "", 1))

    return rows


@pods.rows("runtimeclass_name")
def kube_pod_runtimeclass_name_info(pod: Pod) -> Rows:
    """Which runtime class the pod runs under; always 1."""
    name = pod.spec.runtime_class_name
    return () if name is None else ((name, 1),)
