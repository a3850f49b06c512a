"""
The exporter on a simulated fleet, for those who have none at hand.

The fleet runs in a process of its own and is read over HTTP like any other: what is shown is the
product, not a mock of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from exporter import app
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.fleet.conditions import conditions
from exporter.fleet.observation import Observation
from exporter.settings import Settings, Telemetry, Web

ANY_PORT = "127.0.0.1:0"

START_DEADLINE = 120.0
"""Seconds that the simulated API servers may take to start."""


class DemoError(Exception):
    """The simulated fleet did not start."""


async def run(
    clusters: int,
    pods_per_cluster: int,
    scenario: str,
    listen: str,
    telemetry_listen: str = ANY_PORT,
) -> None:
    """
    Serve until SIGTERM or SIGINT, telling on stdout how the clusters sync and what to open.

    Raises:
        DemoError: the simulated fleet did not start.
        AddressError: one of both addresses cannot be listened on.
    """
    _tell(
        f"Starting {clusters} simulated clusters of {pods_per_cluster} pods, scenario {scenario} …"
    )
    async with _simulation(clusters, pods_per_cluster, scenario) as kubeconfig:
        settings = Settings(
            discovery=(Kubeconfig(files=(str(kubeconfig),)),),
            web=Web(listen=listen),
            telemetry=Telemetry(listen=telemetry_listen),
        )
        async with app.serve(settings) as serving:
            stop = asyncio.create_task(app.stop_requested())
            await _progress(serving, clusters, stop)
            if not stop.done():
                _tell(_urls(serving))

            await stop


@asynccontextmanager
async def _simulation(clusters: int, pods_per_cluster: int, scenario: str) -> AsyncIterator[Path]:
    """A simulated fleet in a process of its own; yields the path of its kubeconfig."""
    with tempfile.TemporaryDirectory(prefix="kube-fleet-demo-") as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "exporter.simulation"),
            *("--clusters", str(clusters)),
            *("--pods-per-cluster", str(pods_per_cluster)),
            *("--scenario", scenario),
            *("--kubeconfig", str(kubeconfig)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None  # noqa: S101  a pipe was asked for
            try:
                async with asyncio.timeout(START_DEADLINE):
                    line = await process.stdout.readline()
            except TimeoutError:
                raise DemoError("the simulated fleet does not start") from None

            if not line:
                raise DemoError(f"the simulated fleet ended with status {await process.wait()}")

            json.loads(line)
            yield kubeconfig
        finally:
            if process.returncode is None:
                process.terminate()

            await process.wait()


async def _progress(serving: app.Serving, clusters: int, stop: asyncio.Task[None]) -> None:
    """Tell of clusters as they become complete, until all that answer are."""
    told: set[str] = set()
    while len(told) < clusters and not stop.done():
        for name, observation in serving.fleet.observations.items():
            if name not in told and (observation.stores or observation.health.down_condition):
                told.add(name)
                _tell(f"  [{len(told)}/{clusters}] {name}: {_state(observation)}")

        await asyncio.wait([stop], timeout=0.2)


def _state(observation: Observation) -> str:
    if not observation.stores:
        return ", ".join(condition for condition, _ in conditions(observation))

    stores = [store for stores in observation.stores.values() for store in stores]
    objects = sum(store.objects for store in stores)
    series = sum(store.series for store in stores)
    return f"{objects} objects, {series} series, {observation.health.version.git_version}"


def _urls(serving: app.Serving) -> str:
    return f"""
Open in a browser, or curl:
  {serving.metrics}/                 the fleet at a glance
  {serving.metrics}/metrics          every cluster's series on one page
  {serving.metrics}/metrics/fleet    facts about the clusters themselves
  {serving.metrics}/sd               one Prometheus target for each cluster
  {serving.telemetry}/metrics          the exporter about itself

Ctrl-C ends it."""


def _tell(text: str) -> None:
    print(text, flush=True)
