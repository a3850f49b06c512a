"""A process that is the exporter as users run it, and tells what it has used. Needs Linux."""

from __future__ import annotations

import argparse
import asyncio
import os
import stat
import time
from collections.abc import Collection
from pathlib import Path

import uvloop

from benchmarks.lines import allow_many_files, answer, commands
from exporter import app, logs
from exporter.fleet.fleet import Fleet
from exporter.fleet.observation import Observation
from exporter.settings import Collect, Events, Kubeconfig, Settings, Telemetry, Web

SYNC_DEADLINE = 600.0
"""Seconds for all clusters to be synced."""

_POLL = 0.05


def main() -> None:
    """Run until the pipe is closed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kubeconfig")
    parser.add_argument("--pods-alone", action="store_true")
    given = parser.parse_args()
    logs.configure("auto", "warning")
    allow_many_files()
    uvloop.run(_measure(_settings(given.kubeconfig, pods_alone=given.pods_alone)))


def _settings(kubeconfig: str, *, pods_alone: bool) -> Settings:
    return Settings(
        discovery=(Kubeconfig(files=(kubeconfig,)),),
        collect=Collect(resources=("pods",)) if pods_alone else Collect(),
        events=Events(enabled=not pods_alone),
        web=Web(listen="127.0.0.1:0"),
        telemetry=Telemetry(listen="127.0.0.1:0"),
    )


class _Pauses:
    """Notices when the event loop is held: a clock that should tick and does not."""

    TICK = 0.01

    def __init__(self) -> None:
        self._longest = 0.0
        self._due = 0.0

    async def tick(self) -> None:
        """For ever."""
        while True:
            self._due = time.monotonic() + self.TICK
            await asyncio.sleep(self.TICK)
            self._longest = max(self._longest, time.monotonic() - self._due)

    def longest(self) -> float:
        """Seconds, the present tick's included; from now on others count."""
        longest = max(self._longest, time.monotonic() - self._due)
        self._longest = 0.0
        return longest


async def _measure(settings: Settings) -> None:
    pauses = _Pauses()
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(pauses.tick())
        await _serve(settings, pauses)
        ticking.cancel()


async def _serve(settings: Settings, pauses: _Pauses) -> None:
    began, cpu = time.monotonic(), time.process_time()
    app.settle()
    async with app.serve(settings) as serving:
        async with asyncio.timeout(SYNC_DEADLINE):
            observations = await _synced(serving.fleet)

        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        stores = [one for each in observations for part in each.stores.values() for one in part]
        answer(
            url=serving.metrics,
            seconds=seconds,
            cpu=cpu,
            pause=pauses.longest(),
            objects=sum(store.objects for store in stores),
            series=sum(store.series for store in stores),
        )
        async for _ in commands():
            answer(
                cpu=time.process_time(),
                resident=_status_bytes("VmRSS"),
                peak=_status_bytes("VmHWM"),
                sockets=_sockets(),
                pause=pauses.longest(),
            )


async def _synced(fleet: Fleet) -> Collection[Observation]:
    """Wait until every cluster has its data on the page."""
    while True:
        observations = fleet.observations.values()
        if fleet.discovered and all(one.stores for one in observations):
            return observations

        await asyncio.sleep(_POLL)


def _status_bytes(name: str) -> int:
    """A line of proc(5)'s status file; the kernel writes kB and means 1024 bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024

    raise LookupError(f"/proc/self/status has no {name}")


def _sockets() -> int:
    """Open connections and listeners."""
    with os.scandir("/proc/self/fd") as descriptors:
        numbers = [int(one.name) for one in descriptors]

    return sum(_is_socket(number) for number in numbers)


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False  # the one that the folder was read with


if __name__ == "__main__":
    main()
