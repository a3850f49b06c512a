"""
Which clusters there are, for machines: Prometheus' HTTP service discovery, and a JSON list.

Source: https://prometheus.io/docs/prometheus/latest/http_sd/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from aiohttp import web

from exporter.web.clusters import Clusters
from exporter.web.description import Description

INSTANCE = "kube-fleet-exporter"
"""The same for every target and after every restart: a new instance would be a new series."""


class Targets:
    """
    Args:
        cluster_label: the target label that bears the cluster's name.
        external_url: where Prometheus reaches us; empty for the Host it asks with.
    """

    def __init__(self, clusters: Clusters, cluster_label: str, external_url: str) -> None:
        self._clusters = clusters
        self.change(cluster_label, external_url)

    def change(self, cluster_label: str, external_url: str) -> None:
        """Say so from now on."""
        self._cluster_label = cluster_label
        self._external = urlsplit(external_url)

    async def service_discovery(self, request: web.Request) -> web.Response:
        """One target for each discovered cluster, reachable or not."""
        job = request.query.get("job", "kube-state-metrics")
        by_name: dict[str, Description] = {}
        for cluster in await self._all():
            by_name.setdefault(cluster.name, cluster)

        return web.json_response(
            [self._target(request, cluster, job) for cluster in by_name.values()]
        )

    def _target(self, request: web.Request, cluster: Description, job: str) -> dict[str, Any]:
        path = f"{self._external.path.rstrip('/')}/clusters/{quote(cluster.name, safe='')}/metrics"
        labels = {
            self._cluster_label: cluster.name,
            "job": job,
            "instance": INSTANCE,
            "__metrics_path__": path,
            "__meta_kube_fleet_provider": cluster.provider,
            "__meta_kube_fleet_source": cluster.source,
            "__meta_kube_fleet_uid": cluster.uid,
            **{f"__meta_kube_fleet_label_{name}": value for name, value in cluster.labels.items()},
        }
        if self._external.scheme or request.secure:
            labels["__scheme__"] = self._external.scheme or "https"

        return {"targets": [self._external.netloc or request.host], "labels": labels}

    async def clusters(self, request: web.Request) -> web.Response:
        """Every discovered cluster and how it is doing."""
        return web.json_response({"clusters": msgspec.to_builtins(await self._all())})

    async def _all(self) -> Sequence[Description]:
        """Whoever reads these lists drops what is not on them, so there are no lists of some."""
        listing = await self._clusters.listing()
        if not listing.whole:
            raise web.HTTPServiceUnavailable(text="not all clusters are known now\n")

        return listing.clusters
