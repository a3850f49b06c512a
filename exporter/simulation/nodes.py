"""Nodes and their leases: what they are made of, and how they fail and recover."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from exporter.simulation.moments import micro_moment, moment
from exporter.simulation.regions import Region

LEASE_NAMESPACE = "kube-node-lease"

_OUT_OF_TOUCH = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


class Pool(NamedTuple):
    """Nodes of one purpose."""

    name: str
    instance_type: str
    cpu: int
    memory_gibibytes: int
    taint: str = ""
    """The value of a `dedicated` taint that keeps ordinary pods away."""


GENERAL = Pool("general", "m6i.4xlarge", 16, 64)
SYSTEM = Pool("system", "m6i.xlarge", 4, 16)
MEMORY = Pool("memory", "r6i.4xlarge", 16, 128)
BATCH = Pool("batch", "c6i.8xlarge", 32, 64, taint="batch")


def pool_of(index: int) -> Pool:
    """The pool that the node with this number belongs to: most are general."""
    return {3: SYSTEM, 7: BATCH, 9: MEMORY}.get(index % 10, GENERAL)


class Machine(NamedTuple):
    """What one node is, before it has a state."""

    name: str
    zone: str
    address: str
    provider_id: str
    pool: Pool
    kubelet_version: str


def machine(
    region: Region, cluster: str, index: int, kubelet_version: str, chance: random.Random
) -> Machine:
    """A machine as the provider of the region names it."""
    zone = region.zones[index % len(region.zones)]
    address = f"10.{index // 250 % 250}.{index % 250}.{chance.randint(2, 250)}"
    pool = pool_of(index)
    serial = f"{chance.getrandbits(32):08x}"
    match region.provider:
        case "aws":
            name = f"ip-{address.replace('.', '-')}.{region.name}.compute.internal"
            provider_id = f"aws:///{zone}/i-{chance.getrandbits(68):017x}"
        case "gce":
            name = f"gke-{cluster}-{pool.name}-{serial}-{index:04d}"
            provider_id = f"gce://shop-platform/{zone}/{name}"
        case "azure":
            name = f"aks-{pool.name}-{serial}-vmss{index:06d}"
            provider_id = f"azure:///subscriptions/shop/resourceGroups/{cluster}/vmss/{index}"
    return Machine(name, zone, address, provider_id, pool, kubelet_version)


def node(described: Machine, region: Region, created: datetime, at: datetime) -> dict[str, Any]:
    """A node that has been Ready since it was created."""
    pool = described.pool
    taints = [{"key": "dedicated", "value": pool.taint, "effect": "NoSchedule"}]
    return {
        "metadata": {
            "name": described.name,
            "creationTimestamp": moment(created),
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": described.name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": pool.instance_type,
                f"node-role.kubernetes.io/{pool.name}": "",
                "shop.example.com/pool": pool.name,
                "topology.kubernetes.io/region": region.name,
                "topology.kubernetes.io/zone": described.zone,
            },
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {
            "podCIDR": _pod_cidr(described),
            "podCIDRs": [_pod_cidr(described)],
            "providerID": described.provider_id,
            **({"taints": taints} if pool.taint else {}),
        },
        "status": {
            "capacity": _resources(pool, reserved=0),
            "allocatable": _resources(pool, reserved=1),
            "conditions": _conditions(created, at),
            "addresses": [
                {"type": "InternalIP", "address": described.address},
                {"type": "Hostname", "address": described.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": _node_info(described),
            "images": _IMAGES,
        },
    }


def node_lease(name: str, renewed: datetime) -> dict[str, Any]:
    """The Lease by which a kubelet shows that it is alive."""
    return {
        "metadata": {"name": name, "namespace": LEASE_NAMESPACE},
        "spec": {
            "holderIdentity": name,
            "leaseDurationSeconds": 40,
            "renewTime": micro_moment(renewed),
        },
    }


def out_of_touch(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The node once its kubelet has been silent for longer than the node monitor waits."""
    conditions = [
        {
            **condition,
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
            "lastTransitionTime": moment(at),
        }
        for condition in given["status"]["conditions"]
    ]
    taints = [*given["spec"].get("taints", []), {**_OUT_OF_TOUCH, "timeAdded": moment(at)}]
    return {
        **given,
        "spec": {**given["spec"], "taints": taints},
        "status": {**given["status"], "conditions": conditions},
    }


def back_in_touch(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The node once its kubelet posts its status again."""
    others = [
        taint for taint in given["spec"].get("taints", []) if taint["key"] != _OUT_OF_TOUCH["key"]
    ]
    spec = {name: value for name, value in given["spec"].items() if name != "taints"}
    return {
        **given,
        "spec": {**spec, **({"taints": others} if others else {})},
        "status": {**given["status"], "conditions": _conditions(at, at)},
    }


def cordoned(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The node after `kubectl cordon`."""
    taint = {
        "key": "node.kubernetes.io/unschedulable",
        "effect": "NoSchedule",
        "timeAdded": moment(at),
    }
    taints = [*given["spec"].get("taints", []), taint]
    return {**given, "spec": {**given["spec"], "taints": taints, "unschedulable": True}}


def _pod_cidr(described: Machine) -> str:
    _, second, third, _ = described.address.split(".")
    return f"100.{second}.{third}.0/24"


def _resources(pool: Pool, reserved: int) -> dict[str, str]:
    """Capacity, or what is left of it when the system has `reserved` cores and twice the GiB."""
    memory = (pool.memory_gibibytes - 2 * reserved) * 1024 * 1024
    return {
        "cpu": str(pool.cpu) if not reserved else f"{pool.cpu * 1000 - 80 * reserved}m",
        "memory": f"{memory}Ki",
        "ephemeral-storage": f"{209702892 - 20_000_000 * reserved}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "pods": "110",
    }


def _conditions(since: datetime, at: datetime) -> list[dict[str, Any]]:
    fine = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    return [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": moment(at),
            "lastTransitionTime": moment(min(since + timedelta(minutes=1), at)),
            "reason": reason,
            "message": message,
        }
        for kind, status, reason, message in fine
    ]


def _node_info(described: Machine) -> dict[str, Any]:
    serial = hashlib.sha256(described.name.encode()).hexdigest()
    return {
        "machineID": serial[:32],
        "systemUUID": serial[:32],
        "bootID": serial[32:],
        "kernelVersion": "6.12.40-63.114.amzn2023.x86_64",
        "osImage": "Amazon Linux 2023.8.20250818",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kubeletVersion": described.kubelet_version,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }


_IMAGES = [
    {"names": ["registry.k8s.io/kube-proxy:v1.33.4"], "sizeBytes": 32_157_481},
    {"names": ["quay.io/cilium/cilium:v1.18.1"], "sizeBytes": 268_435_456},
    {"names": ["registry.k8s.io/pause:3.10"], "sizeBytes": 320_368},
    {"names": ["registry.example.com/shop/web:2.41.0"], "sizeBytes": 148_201_331},
]
