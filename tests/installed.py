"""The installed command, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "kube-fleet-exporter"

DEADLINE = 10.0


class Running:
    """An exporter in a process of its own, as a user starts it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def logged(self, event: str) -> dict[str, Any]:
        """The next log line about `event`."""
        assert self.process.stderr is not None
        async with asyncio.timeout(DEADLINE):
            while line := await self.process.stderr.readline():
                entry: dict[str, Any] = json.loads(line)
                if entry["event"] == event:
                    return entry

        raise AssertionError(f"it ended and never logged {event!r}")

    async def stop(self, signal_number: signal.Signals) -> int:
        """Its exit status; `TimeoutError` unless it ends within the 5 seconds of the contract."""
        self.process.send_signal(signal_number)
        async with asyncio.timeout(5):
            return await self.process.wait()


@asynccontextmanager
async def running(*arguments: str | Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        COMMAND, *arguments, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()

        await process.communicate()


ANY_PORTS = ("--listen", "127.0.0.1:0", "--telemetry-listen", "127.0.0.1:0")
