"""`python -m exporter.simulation`: a simulated fleet in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from exporter.simulation.fleet import SimulatedFleet
from exporter.simulation.scenarios import SCENARIOS

_MOST_CLUSTERS = 1000


def main() -> int:
    """Run until SIGTERM, SIGINT or the end of standard input; 0, or 2 for unusable arguments."""
    arguments = _parser().parse_args()
    _allow_many_files()
    try:
        asyncio.run(_serve(arguments))
    except OSError as error:
        sys.stderr.write(f"exporter.simulation: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m exporter.simulation", description=__doc__)
    parser.add_argument("--clusters", type=_at_most(_MOST_CLUSTERS), default=3, metavar="N")
    parser.add_argument("--pods-per-cluster", type=_at_most(100_000), default=100, metavar="N")
    parser.add_argument("--scenario", choices=list(SCENARIOS), default="steady")
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="FILE")
    parser.add_argument("--host", default="127.0.0.1")
    return parser


def _at_most(largest: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if not 1 <= value <= largest:
            raise argparse.ArgumentTypeError(f"{value} is not between 1 and {largest}")
        return value

    return number


def _allow_many_files() -> None:
    """A hundred clusters with thirty watches each need more than the usual 1024 descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    fleet = SimulatedFleet(
        arguments.clusters,
        arguments.pods_per_cluster,
        arguments.scenario,
        host=arguments.host,
    )
    async with fleet:
        # The clusters stay for ever: looking through them again and again is wasted time.
        gc.freeze()
        _write(arguments.kubeconfig, fleet.kubeconfig())
        ready = {
            "kubeconfig": str(arguments.kubeconfig),
            "clusters": arguments.clusters,
            "pods": fleet.pods,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await _stop_with_standard_input(stop)
        await stop.wait()


def _write(path: Path, kubeconfig: dict[str, Any]) -> None:
    """All of it or nothing. JSON is YAML."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        json.dump(kubeconfig, file, indent=1)
    Path(temporary).replace(path)


class _StandardInput(asyncio.Protocol):
    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def eof_received(self) -> None:
        self._stop.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._stop.set()


async def _stop_with_standard_input(stop: asyncio.Event) -> None:
    """Stop when the parent closes the pipe, or dies. A file or /dev/null says nothing of it."""
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: _StandardInput(stop), sys.stdin)
    except (ValueError, PermissionError):
        return


if __name__ == "__main__":
    sys.exit(main())
