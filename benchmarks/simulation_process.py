"""A process of simulated API servers whose pods change when they are told to."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.lines import allow_many_files, answer, commands
from exporter.simulation.api_server import ApiServer
from exporter.simulation.cluster import PODS
from exporter.simulation.fleet import SimulatedFleet
from exporter.simulation.storage import Key

_VARIABLE = "SHOP_FEATURE_{number:03}_ENABLED"


def main() -> None:
    """Arguments: kubeconfig to write, clusters, pods of each, bytes of a pod."""
    kubeconfig, clusters, pods, pod_bytes = sys.argv[1:]
    allow_many_files()
    asyncio.run(_serve(Path(kubeconfig), int(clusters), int(pods), int(pod_bytes)))


async def _serve(kubeconfig: Path, clusters: int, pods: int, pod_bytes: int) -> None:
    async with SimulatedFleet(clusters, pods) as fleet:
        for cluster in fleet.clusters if pod_bytes else ():
            _enlarge_pods(cluster.server, pod_bytes)

        gc.freeze()
        kubeconfig.write_text(json.dumps(fleet.kubeconfig()))  # noqa: ASYNC240  nothing waits yet
        answer(urls=fleet.urls)
        server = fleet.clusters[0].server
        turns = itertools.cycle(_started_pods(server))
        async for command in commands():
            answer(at=await _change(server, turns, **command))


def _enlarge_pods(server: ApiServer, pod_bytes: int) -> None:
    """Environment variables, and their managed fields, are what makes real pods large."""
    for key in server.keys(PODS):
        pod = server.get(PODS, *key)
        variables, fields = _environment(pod)
        missing = pod_bytes - len(server.storage.collection(PODS).objects[key])
        for number in itertools.count():
            if missing <= 0:
                break

            name = _VARIABLE.format(number=number)
            variable = {"name": name, "value": "false"}
            field: dict[str, Any] = {
                f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}}
            }
            variables.append(variable)
            fields.update(field)
            missing -= len(json.dumps([variable, field], separators=(",", ":")))

        server.put(PODS, pod)

    server.compact()


def _environment(pod: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The first container's variables, and where the managed fields tell of them."""
    container = pod["spec"]["containers"][0]
    fields = pod["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:containers"]
    of_container = fields.setdefault(f'k:{{"name":"{container["name"]}"}}', {})
    return container.setdefault("env", []), of_container.setdefault("f:env", {})


def _started_pods(server: ApiServer) -> list[Key]:
    """Pods whose containers can be restarted."""
    return [key for key in server.keys(PODS) if _statuses(server.get(PODS, *key))]


def _statuses(pod: dict[str, Any]) -> list[dict[str, Any]]:
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses", [])
    return statuses


async def _change(
    server: ApiServer, turns: Iterator[Key], *, count: int, per_second: float, restarts: int
) -> float:
    """Change pods in turn; the moment before the last was written."""
    clock = asyncio.get_running_loop().time
    due = clock()
    at = 0.0
    for _ in range(count):
        pod = server.get(PODS, *next(turns))
        _statuses(pod)[0]["restartCount"] = restarts
        at = time.monotonic()
        server.put(PODS, pod)
        due += 1 / per_second
        await asyncio.sleep(max(0.0, due - clock()))

    return at


if __name__ == "__main__":
    main()
