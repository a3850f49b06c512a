"""A process of simulated API servers whose pods change when they are told to."""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import random
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trustme
import uvloop

from benchmarks.lines import allow_many_files, answer, commands
from exporter.simulation.api_server import ApiServer
from exporter.simulation.cluster import PODS, SimulatedCluster
from exporter.simulation.fleet import SimulatedFleet, kubeconfig
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.simulation.storage import Key

_VARIABLE = "SHOP_FEATURE_{number:03}_ENABLED"


def main() -> None:
    """Serve until the pipe is closed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kubeconfig", type=Path, help="is written")
    parser.add_argument("clusters", type=int)
    parser.add_argument("pods", type=int)
    parser.add_argument("--pod-bytes", type=int, default=0)
    parser.add_argument("--pods-alone", action="store_true")
    parser.add_argument("--tls", action="store_true")
    given = parser.parse_args()
    allow_many_files()
    uvloop.run(_serve(given))


async def _serve(given: argparse.Namespace) -> None:
    authority, context = (
        _authority(given.kubeconfig.with_name("authority")) if given.tls else (None, None)
    )
    serving = _pods_alone(given) if given.pods_alone else _fleet(given, context)
    async with serving as (urls, server):
        gc.freeze()
        given.kubeconfig.write_text(json.dumps(kubeconfig(urls, authority)))
        answer(urls=urls)
        changes = _Changes(server)
        async for command in commands():
            answer(at=await changes.make(**command))


def _authority(file: Path) -> tuple[Path, ssl.SSLContext]:
    """A file with a new certificate authority, and what a server does that it vouches for."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return file, context


Serving = tuple[dict[str, str], ApiServer]
"""URLs by cluster, and the first cluster's server."""


@asynccontextmanager
async def _fleet(
    given: argparse.Namespace, context: ssl.SSLContext | None
) -> AsyncIterator[Serving]:
    """Clusters with everything that clusters have, and ordinary life in them."""
    async with SimulatedFleet(given.clusters, given.pods, ssl_context=context) as fleet:
        for cluster in fleet.clusters if given.pod_bytes else ():
            _enlarge_pods(cluster.server, given.pod_bytes)

        yield fleet.urls, fleet.clusters[0].server


@asynccontextmanager
async def _pods_alone(given: argparse.Namespace) -> AsyncIterator[Serving]:
    """One cluster that has nothing but pods, and in which nothing happens."""
    whole = SimulatedCluster(*place(0), seed=0)
    populate(whole, given.pods, now())
    server = ApiServer(whole.name)
    for pod in whole.server.objects(PODS) if given.pods else ():
        server.put(PODS, pod)

    _enlarge_pods(server, given.pod_bytes)
    async with server.serving() as url:
        yield {whole.name: url}, server


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


class _Changes:
    """Pods of one server that are restarted, as if by chance: neighbours seldom change together."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._started = [key for key in server.keys(PODS) if _statuses(server.get(PODS, *key))]
        random.Random(0).shuffle(self._started)
        self._turns = itertools.cycle(self._started)

    async def make(self, *, count: int, per_second: float, restarts: int, same: bool) -> float:
        """
        Change as many pods, in turn or with `same` always the first; the moment before the last
        was written.
        """
        turns: Iterator[Key] = itertools.cycle(self._started) if same else self._turns
        clock = asyncio.get_running_loop().time
        due = clock()
        at = 0.0
        for _ in range(count):
            pod = self._server.get(PODS, *next(turns))
            _statuses(pod)[0]["restartCount"] = restarts
            at = time.monotonic()
            self._server.put(PODS, pod)
            due += 1 / per_second
            await asyncio.sleep(max(0.0, due - clock()))

        return at


def _statuses(pod: dict[str, Any]) -> list[dict[str, Any]]:
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses", [])
    return statuses


if __name__ == "__main__":
    main()
