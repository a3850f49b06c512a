"""The exporter as a user starts it: its own process, an installed command, a kubeconfig."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml

from tests.controlplane.cluster import Cluster, kubeconfig
from tests.controlplane.deadline import eventually
from tests.controlplane.process import Process, running

_COMMAND = Path(sys.executable).parent / "kube-fleet-exporter"


class Exporter:
    """A running exporter. `metrics` and `telemetry` are the URLs that its log says it serves."""

    def __init__(self, process: Process, metrics: str, telemetry: str) -> None:
        self.process = process
        self.metrics = metrics
        self.telemetry = telemetry


@asynccontextmanager
async def started_exporter(
    clusters: Sequence[Cluster], directory: Path, *arguments: str
) -> AsyncIterator[Exporter]:
    """Run the exporter on a kubeconfig with one context for each cluster, until it serves."""
    directory.mkdir(parents=True)
    file = directory / "kubeconfig"
    file.write_text(yaml.safe_dump(kubeconfig(clusters)))
    async with exporter_on(file, directory, *arguments) as exporter:
        yield exporter


@asynccontextmanager
async def exporter_on(file: Path, directory: Path, *arguments: str) -> AsyncIterator[Exporter]:
    """Run the exporter on a kubeconfig, until it serves; its log is in `directory`."""
    command: list[str | Path] = [
        _COMMAND,
        "run",
        f"--kubeconfig={file}",
        "--listen=127.0.0.1:0",
        "--telemetry-listen=127.0.0.1:0",
        *arguments,
    ]
    async with running("kube-fleet-exporter", command, directory) as process:
        yield await eventually(lambda: _serving(process), within=30)


async def read_page(url: str) -> str:
    """The text of a page, read once, without compression."""
    headers = {"Accept": "text/plain", "Accept-Encoding": "identity"}
    async with (
        aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.get(url) as response,
    ):
        text = await response.text()
        assert response.status == 200, f"{url}: {response.status} {text[:500]}"
        return text


async def _serving(process: Process) -> Exporter:
    process.check()
    for line in process.log.read_text().splitlines():
        if line.startswith("{") and (said := json.loads(line)).get("event") == "serving":
            return Exporter(process, said["metrics"].rstrip("/"), said["telemetry"].rstrip("/"))
    raise AssertionError(f"the exporter does not say that it serves:\n{process.log_tail()}")
