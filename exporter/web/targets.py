"""
Which clusters there are, for machines: Prometheus' HTTP service discovery, and a JSON list.

Source: https://prometheus.io/docs/prometheus/latest/http_sd/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from exporter.fleet.fleet import Fleet
from exporter.fleet.observation import Observation

INSTANCE = "kube-fleet-exporter"
"""The same for every target and after every restart: a new instance would be a new series."""


class Targets:
    """
    Args:
        cluster_label: the target label that bears the cluster's name.
        external_url: where Prometheus reaches us; empty for the Host it asks with.
    """

    def __init__(self, fleet: Fleet, cluster_label: str, external_url: str) -> None:
        self._fleet = fleet
        self._cluster_label = cluster_label
        self._external = urlsplit(external_url)

    async def service_discovery(self, request: web.Request) -> web.Response:
        """One target for each discovered cluster, reachable or not."""
        job = request.query.get("job", "kube-state-metrics")
        return web.json_response(
            [
                self._target(request, observation, job)
                for observation in self._fleet.observations.values()
            ]
        )

    def _target(self, request: web.Request, observation: Observation, job: str) -> dict[str, Any]:
        cluster = observation.cluster
        path = f"{self._external.path.rstrip('/')}/clusters/{quote(cluster.name, safe='')}/metrics"
        labels = {
            self._cluster_label: cluster.name,
            "job": job,
            "instance": INSTANCE,
            "__metrics_path__": path,
            "__meta_kube_fleet_provider": cluster.provider,
            "__meta_kube_fleet_source": cluster.source,
            "__meta_kube_fleet_uid": observation.health.uid,
            **{f"__meta_kube_fleet_label_{name}": value for name, value in cluster.labels.items()},
        }
        if self._external.scheme:
            labels["__scheme__"] = self._external.scheme

        return {"targets": [self._external.netloc or request.host], "labels": labels}

    async def clusters(self, request: web.Request) -> web.Response:
        """Every discovered cluster and how it is doing."""
        return web.json_response(
            {"clusters": [_described(one) for one in self._fleet.observations.values()]}
        )


def _described(observation: Observation) -> dict[str, Any]:
    cluster, health = observation.cluster, observation.health
    return {
        "name": cluster.name,
        "source": cluster.source,
        "provider": cluster.provider,
        "uid": health.uid,
        "up": health.up,
        "conditions": [
            {"condition": condition, "reason": reason}
            for condition, reason in observation.conditions()
        ],
        "version": health.version.git_version,
        "labels": dict(cluster.labels),
        "objects": {
            resource: sum(store.objects for store in stores)
            for resource, stores in observation.stores.items()
        },
    }
