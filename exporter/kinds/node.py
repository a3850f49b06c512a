"""Nodes: what they are, what they offer to pods, and how they are."""

from __future__ import annotations

from msgspec import field

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.condition import condition_rows
from exporter.families.family import Row, Rows
from exporter.families.kind import Kind
from exporter.families.resource_list import amounts
from exporter.kubernetes.compute_resource import resource_units
from exporter.kubernetes.objects import ApiObject, Condition, Metadata


class Taint(ApiObject, frozen=True):
    """What keeps pods away that do not tolerate it."""

    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(ApiObject, frozen=True):
    """What administrators and controllers decide about a node."""

    pod_cidr: str = field(default="", name="podCIDR")
    pod_cidrs: tuple[str, ...] = field(default=(), name="podCIDRs")
    provider_id: str = field(default="", name="providerID")
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False


class NodeAddress(ApiObject, frozen=True):
    """One of the addresses a node is reached at."""

    type: str = ""
    address: str = ""


class NodeInfo(ApiObject, frozen=True):
    """What the kubelet says of the machine."""

    kernel_version: str = ""
    os_image: str = ""
    container_runtime_version: str = ""
    kubelet_version: str = ""
    system_uuid: str = field(default="", name="systemUUID")


class NodeStatus(ApiObject, frozen=True):
    """What the kubelet observes."""

    capacity: dict[str, str] = field(default_factory=dict)
    allocatable: dict[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    node_info: NodeInfo = NodeInfo()


class Node(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/"""

    metadata: Metadata = Metadata()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


nodes = Kind(Node, "v1", "nodes", singular="node", identity=("node",), namespaced=False)

_ROLE = "node-role.kubernetes.io/"
_PODS = (("pods", "integer"),)

declare_annotations(nodes)
declare_created(nodes, "stable")
declare_deletion_timestamp(nodes)


@nodes.rows(
    "kernel_version",
    "os_image",
    "container_runtime_version",
    "kubelet_version",
    "kubeproxy_version",
    "provider_id",
    "pod_cidr",
    "system_uuid",
    "internal_ip",
    stability="stable",
)
def kube_node_info(node: Node) -> Rows:
    """The software, identifiers and internal address of a node; always 1."""
    info = node.status.node_info
    internal = [one.address for one in node.status.addresses if one.type == "InternalIP"]
    return (
        (
            info.kernel_version,
            info.os_image,
            info.container_runtime_version,
            info.kubelet_version,
            "deprecated",  # kube-proxy's version is no longer reported by kubelets
            node.spec.provider_id,
            node.spec.pod_cidr,
            info.system_uuid,
            internal[-1] if internal else "",
            1,
        ),
    )


declare_labels(nodes, "stable")


@nodes.rows("role")
def kube_node_role(node: Node) -> Rows:
    """The roles of a node, from its labels node-role.kubernetes.io/<role>."""
    return [(key.removeprefix(_ROLE), 1) for key in node.metadata.labels if key.startswith(_ROLE)]


@nodes.rows("pod_cidr")
def kube_node_spec_pod_cidrs(node: Node) -> Rows:
    """The address ranges from which the node's pods get theirs."""
    return [(cidr, 1) for cidr in node.spec.pod_cidrs]


@nodes.rows("key", "value", "effect", stability="stable")
def kube_node_spec_taint(node: Node) -> Rows:
    """The taints of a node."""
    return [(taint.key, taint.value, taint.effect, 1) for taint in node.spec.taints]


@nodes.number(stability="stable")
def kube_node_spec_unschedulable(node: Node) -> int:
    """1 if the node is cordoned: no new pod is placed on it."""
    return int(node.spec.unschedulable)


@nodes.rows("resource", "unit", stability="stable")
def kube_node_status_allocatable(node: Node) -> Rows:
    """How much of each resource a node has for pods."""
    return _amounts(node.status.allocatable)


@nodes.rows("resource", "unit", stability="stable")
def kube_node_status_capacity(node: Node) -> Rows:
    """How much of each resource a node has in all."""
    return _amounts(node.status.capacity)


def _amounts(resources: dict[str, str]) -> Rows:
    rows: list[Row] = []
    for name, amount in amounts(resources):
        units = _PODS if name == "pods" else resource_units(name)
        rows.extend((label, unit, amount) for label, unit in units)

    return rows


@nodes.rows("condition", "status", stability="stable")
def kube_node_status_condition(node: Node) -> Rows:
    """The conditions of a node, custom ones included."""
    return condition_rows(node.status.conditions)


@nodes.rows("type", "address")
def kube_node_status_addresses(node: Node) -> Rows:
    """The addresses a node can be reached at."""
    return [(one.type, one.address, 1) for one in node.status.addresses]
