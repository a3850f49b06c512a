"""An exporter that finds its clusters by itself, and what it shows of them."""

import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.client import Object
from tests.controlplane.deadline import eventually
from tests.controlplane.process import Process, running
from tests.e2e.exporter_process import read_page

HOME = re.compile(r'kube_namespace_created\{cluster="([^"]*)",namespace="home-of-([^"]*)"\}')
LABEL = re.compile(r'(\w+)="([^"]*)"')
CLUSTER = re.compile(r'cluster="([^"]*)"')
COMMAND = Path(sys.executable).parent / "kube-fleet-exporter"
HERE = {"local_addresses": True, "insecure_tls": True}
"""Members listen on this machine, without TLS."""


class Exporter:
    """An exporter that was started with settings alone."""

    def __init__(self, metrics: str, telemetry: str, log: Path) -> None:
        self.metrics = metrics
        self.telemetry = telemetry
        self._log = log

    async def homes(self) -> dict[str, set[str]]:
        """By the name that it is read under, whose objects are on the page."""
        homes = await self.everything()
        return {cluster: found for cluster, found in homes.items() if found}

    async def everything(self) -> dict[str, set[str]]:
        """The same, with every cluster of which there is any series."""
        page = await read_page(f"{self.metrics}/metrics")
        homes: dict[str, set[str]] = {cluster: set() for cluster in CLUSTER.findall(page)}
        for cluster, home in HOME.findall(page):
            homes[cluster].add(home)

        return homes

    async def shows(self, **homes: str) -> None:
        """Raise AssertionError unless exactly these are shown, each with its own series."""
        expected = {name.replace("_", "-"): {home} for name, home in homes.items()}
        assert await self.homes() == expected

    async def listed(self) -> dict[str, dict[str, Any]]:
        """What is told of each cluster, by name."""
        told = json.loads(await read_page(f"{self.metrics}/api/v1/clusters"))
        return {cluster["name"]: cluster for cluster in told["clusters"]}

    async def info(self) -> dict[str, dict[str, str]]:
        """The labels of `kube_fleet_cluster_info`, by cluster."""
        page = await read_page(f"{self.metrics}/metrics/fleet")
        lines = [line for line in page.splitlines() if line.startswith("kube_fleet_cluster_info{")]
        labels = [dict(LABEL.findall(line)) for line in lines]
        return {one["cluster"]: one for one in labels}

    async def conditions(self, name: str) -> set[str]:
        """What holds of a cluster."""
        told = (await self.listed())[name]
        return {one["condition"] for one in told["conditions"]}

    async def emitted(self) -> str:
        """All that it says: every page of both ports, and its log."""
        paths = ("/", "/metrics", "/metrics/fleet", "/sd", "/api/v1/clusters")
        urls = [*[self.metrics + path for path in paths], f"{self.telemetry}/metrics"]
        return "\n".join([*[await read_page(url) for url in urls], self._log.read_text()])

    async def up(self, provider: str) -> bool:
        """Whether a source of clusters can be read."""
        page = await read_page(f"{self.telemetry}/metrics")
        return f'discovery_up{{provider="{provider}",source="{provider}"}} 1.0' in page


@asynccontextmanager
async def exporter_with(directory: Path, *discovery: Object) -> AsyncIterator[Exporter]:
    settings = {
        "discovery": discovery,
        "collect": {"resources": ["namespaces"]},
        "events": {"enabled": False},
        "web": {"listen": "127.0.0.1:0"},
        "telemetry": {"listen": "127.0.0.1:0"},
    }
    directory.mkdir()
    file = directory / "settings.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(settings))))
    command: list[str | Path] = [COMMAND, "run", f"--config={file}"]
    async with running("kube-fleet-exporter", command, directory) as process:
        yield await eventually(lambda: serving(process), within=30)


async def serving(process: Process) -> Exporter:
    process.check()
    for line in process.log.read_text().splitlines():
        if line.startswith("{") and (said := json.loads(line)).get("event") == "serving":
            metrics, telemetry = said["metrics"].rstrip("/"), said["telemetry"].rstrip("/")
            return Exporter(metrics, telemetry, process.log)
    raise AssertionError(f"the exporter does not say that it serves:\n{process.log_tail()}")


def declared(provider: str, hub_file: Path, **fields: Any) -> Object:
    given = {"kubeconfig": str(hub_file), "allow": HERE, "labels": {"environment": "env"}}
    return {"provider": provider, **given, **fields}


async def within_a_while(condition: Callable[[], Awaitable[None]]) -> None:
    await eventually(condition, within=30)
