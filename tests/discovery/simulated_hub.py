"""What tests do to a hub, and how they hear what a provider says of it."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.discovery.declared import Declared
from exporter.discovery.provider import Cluster, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubernetesError
from exporter.simulation.api_server import ApiServer
from exporter.telemetry import Telemetry

DEADLINE = 10.0
TOKEN = "hunter2"
"""In every credential of these tests, and so nowhere else."""


def kubeconfig(server: str, **user: Any) -> dict[str, Any]:
    """A kubeconfig of one context, which is the current one."""
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {"token": TOKEN}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


@dataclass(frozen=True)
class SimulatedHub:
    """A hub; `file` is a kubeconfig that leads there."""

    server: ApiServer
    url: str
    file: Path

    def put_secret(
        self,
        name: str,
        data: Mapping[str, Any],
        *,
        namespace: str = "fleet",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        type: str = "Opaque",  # noqa: A002  the field's name
        created: str = "2026-01-01T00:00:00Z",
    ) -> None:
        """Create or replace a Secret; values that are no text are written as JSON."""
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": dict(labels or {}),
            "annotations": dict(annotations or {}),
            "creationTimestamp": created,
        }
        encoded = {key: b64encode(text_of(value)).decode() for key, value in data.items()}
        self.server.put("secrets", {"metadata": metadata, "type": type, "data": encoded})

    def delete_secret(self, name: str, namespace: str = "fleet") -> None:
        """Remove a Secret at once."""
        self.server.delete("secrets", namespace, name)


def text_of(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode()


class Heard:
    """A provider that is listened to."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.said: asyncio.Queue[Snapshot | KubernetesError] = asyncio.Queue()
        self._telemetry = telemetry

    async def next(self) -> Snapshot:
        """What it says next. Raises what it raises."""
        async with asyncio.timeout(DEADLINE):
            said = await self.said.get()

        if isinstance(said, KubernetesError):
            raise said

        return said

    async def names(self) -> list[str]:
        """The names in what it says next."""
        return [cluster.name for cluster in await self.next()]

    async def silent_until(self, condition: Callable[[], bool]) -> None:
        """It says nothing until the condition holds."""
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.005)

        assert self.said.empty(), self.said.get_nowait()

    def metric(self, name: str, provider: str) -> float | None:
        """A value of the telemetry page: `up`, `failures_total` or `last_success_…`."""
        full = f"kube_fleet_exporter_discovery_{name}"
        return self._telemetry.registry.get_sample_value(
            full, {"provider": provider, "source": provider}
        )

    def telemetry_page(self) -> str:
        """All that the telemetry port would show."""
        return self._telemetry.page().decode()


@asynccontextmanager
async def heard(declared: Declared) -> AsyncIterator[Heard]:
    """What the provider says that is declared."""
    telemetry = Telemetry()
    name = declared.provider_name
    health = SourceHealth(name, name, telemetry)
    health.begin()
    provider = declared.provider(health)
    listener = Heard(telemetry)

    async def listen() -> None:
        async with aclosing(provider.snapshots()) as snapshots:
            try:
                async for snapshot in snapshots:
                    listener.said.put_nowait(snapshot)
            except KubernetesError as error:
                listener.said.put_nowait(error)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        yield listener
        task.cancel()


def only(snapshot: Snapshot) -> Cluster:
    """The one cluster that there is."""
    (cluster,) = snapshot
    return cluster


async def authorization(cluster: Cluster) -> str | None:
    """What is presented to a cluster."""
    assert cluster.server is not None
    return (await cluster.server.credentials.current()).authorization
