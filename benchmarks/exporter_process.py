"""A process that is the exporter as users run it, and tells how it is doing."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection
from pathlib import Path

import uvloop

from benchmarks.lines import allow_many_files, answer, commands
from exporter import app, cli, logs  # noqa: F401  what users run has all of it in memory
from exporter.fleet.fleet import Fleet
from exporter.fleet.observation import Observation
from exporter.settings import Settings, read_settings

SYNC_DEADLINE = 600.0
"""Seconds for all clusters to be synced."""

_POLL = 0.05


def main() -> None:
    """Run with the settings file that is named, until the pipe is closed."""
    settings = read_settings(Path(sys.argv[1]))
    logs.configure("auto", "warning")
    allow_many_files()
    app.settle()
    uvloop.run(_measure(settings))


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
            answer(pause=pauses.longest())


async def _synced(fleet: Fleet) -> Collection[Observation]:
    """Wait until every cluster has its data on the page; those that have are not asked again."""
    complete = 0
    while True:
        observations = tuple(fleet.observations.values())
        while complete < len(observations) and observations[complete].stores:
            complete += 1

        if fleet.discovered and complete == len(observations):
            return observations

        await asyncio.sleep(_POLL)


if __name__ == "__main__":
    main()
