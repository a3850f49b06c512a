"""The cluster that the exporter itself runs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from exporter.discovery.declared import Declared
from exporter.discovery.provider import Cluster, Provider, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.in_cluster import in_cluster_server


class InCluster(Declared, frozen=True, tag="in-cluster"):
    """
    The cluster around the pod that the exporter runs in, read with the pod's service account.

        - {provider: in-cluster, name: hub}
    """

    name: str = "in-cluster"

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        return ClusterAroundPod(self.name, health)


class ClusterAroundPod:
    """One cluster, read with the pod's service account."""

    name = "in-cluster"

    def __init__(self, name: str, health: SourceHealth) -> None:
        self._cluster_name = name
        self._health = health

    def check(self) -> None:
        """See `Provider.check`."""
        in_cluster_server()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """See `Provider.snapshots`: one snapshot; a pod does not move to another cluster."""
        server = await asyncio.to_thread(in_cluster_server)
        self._health.read()
        yield (Cluster(self._cluster_name, self.name, source=self.name, server=server, digest=""),)
