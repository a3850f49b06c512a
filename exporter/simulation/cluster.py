"""A simulated cluster that lives: its API server, and what its controllers and kubelets do."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import msgspec

from exporter.simulation import pods
from exporter.simulation.api_server import ApiServer
from exporter.simulation.event_recorder import SCHEDULER, EventRecorder, kubelet
from exporter.simulation.regions import Region, git_version
from exporter.simulation.storage import Key

PODS = "pods"
NODES = "nodes"
LEASES = "coordination.k8s.io/v1/leases"


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str | None = None


class _Scheduled(msgspec.Struct):
    spec: _Spec


_decode_scheduled = msgspec.json.Decoder(_Scheduled).decode


class SimulatedCluster:
    """
    One cluster of the simulated fleet.

    All it does follows from its name and seed: chance comes from `chance` alone, and the time of
    every step is given.
    """

    def __init__(self, name: str, region: Region, seed: int) -> None:
        self.region = region
        self.chance = random.Random(f"{name}/{seed}")
        self.server = ApiServer(name, version=git_version(region, self.chance))
        self.events = EventRecorder(self.server)
        self.nodes: dict[str, str] = {}
        """Addresses of the nodes that ordinary pods may run on, by name."""
        self.unreachable: set[str] = set()
        """Nodes whose kubelet is silent."""
        self.crash_looping: list[Key] = []
        """Pods that crash again and again."""

    @property
    def name(self) -> str:
        """The name of the cluster, which is that of its kubeconfig context."""
        return self.server.name

    def choose_node(self) -> tuple[str, str]:
        """A node that takes pods, by chance: its name and address."""
        open_nodes = [name for name in self.nodes if name not in self.unreachable]
        name = self.chance.choice(open_nodes or list(self.nodes))
        return name, self.nodes[name]

    def create_pod(
        self,
        name: str,
        namespace: str,
        template: dict[str, Any],
        owner: dict[str, Any],
        at: datetime,
    ) -> dict[str, Any]:
        """A pod as its controller creates it."""
        return self.server.put(PODS, pods.pod(name, namespace, template, owner, at))

    def bind_pod(self, pod: dict[str, Any], at: datetime) -> dict[str, Any]:
        """The scheduler finds a node."""
        node, address = self.choose_node()
        key = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        message = f"Successfully assigned {key} to {node}"
        self.events.record(SCHEDULER, PODS, pod, "Normal", "Scheduled", message, at)
        return self.server.put(PODS, pods.bound(pod, node, address, at))

    def start_pod(self, pod: dict[str, Any], at: datetime) -> dict[str, Any]:
        """The kubelet starts every container."""
        reporter = kubelet(pod["spec"]["nodeName"])
        for container in pod["spec"]["containers"]:
            image = container["image"]
            pulled = f'Container image "{image}" already present on machine'
            for reason, message in (
                ("Pulled", pulled),
                ("Created", f"Created container: {container['name']}"),
                ("Started", f"Started container {container['name']}"),
            ):
                self.events.record(reporter, PODS, pod, "Normal", reason, message, at)
        return self.server.put(PODS, pods.running(pod, pods.pod_address(self.chance), at))

    def stop_pod(self, pod: dict[str, Any], at: datetime) -> dict[str, Any]:
        """Somebody deletes the pod: it terminates."""
        if node := pod["spec"].get("nodeName"):
            for container in pod["spec"]["containers"]:
                message = f"Stopping container {container['name']}"
                self.events.record(kubelet(node), PODS, pod, "Normal", "Killing", message, at)
        return self.server.put(PODS, pods.terminating(pod, at))

    def remove_pod(self, pod: dict[str, Any]) -> None:
        """The pod has terminated, unless somebody else removed it before."""
        key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if self.find_pod(key) is not None:
            self.server.delete(PODS, *key)

    def find_pod(self, key: Key) -> dict[str, Any] | None:
        """A pod, None when there is none (any more)."""
        try:
            return self.server.get(PODS, *key)
        except KeyError:
            return None

    def pods_on(self, node: str) -> list[Key]:
        """The pods of one node."""
        objects = self.server.storage.collection(PODS).objects
        return [
            key
            for key, encoded in objects.items()
            if _decode_scheduled(encoded).spec.node_name == node
        ]
