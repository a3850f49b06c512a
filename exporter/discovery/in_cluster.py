"""The cluster that the exporter itself runs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from exporter.discovery.provider import Cluster, Snapshot
from exporter.kubernetes.in_cluster import in_cluster_server


class InCluster:
    """One cluster, read with the pod's service account."""

    def __init__(self, name: str) -> None:
        self.name = "in-cluster"
        self._cluster_name = name

    def first(self) -> Snapshot:
        """
        Raises:
            KubeconfigError: not in a pod, or one without a service account token.
        """
        return (
            Cluster(
                name=self._cluster_name,
                provider=self.name,
                source=self.name,
                server=in_cluster_server(),
                digest="",
            ),
        )

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """One snapshot; a pod does not move to another cluster."""
        yield await asyncio.to_thread(self.first)
