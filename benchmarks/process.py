"""The processes that take part, as the one that asks the questions sees them."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import settings, usage

ROOT = Path(__file__).parent.parent

ANSWER_DEADLINE = 900.0
"""Seconds for a line; a first sync of a fleet takes longest."""

REST = 0.25
"""Seconds between two looks at whether a process has come to rest."""

AT_REST = 0.005
"""Seconds of CPU in `REST` that a process with nothing to do may still use."""

REST_DEADLINE = 60.0
"""Seconds until a process that never rests is given up."""

END_DEADLINE = 10.0
"""Seconds that a process is given to end."""


class ProcessFailed(Exception):
    """A process has ended too soon, or hangs; its own message is on stderr."""


class Process:
    """A Python module that runs as a process and answers lines of JSON; it ends with the block."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    @property
    def number(self) -> int:
        """The process ID."""
        return self._process.pid

    def hear(self) -> dict[str, Any]:
        """The next line; there is never more than one."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_DEADLINE)
        if not ready:
            raise ProcessFailed(f"{self._module} says nothing for {ANSWER_DEADLINE:.0f} s")

        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait(END_DEADLINE)
            raise ProcessFailed(f"{self._module} ended with status {status}")

        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, **command: Any) -> dict[str, Any]:
        """
        Send a command, wait for its answer.

        Raises:
            ProcessFailed: there is none.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return self.hear()

    def end(self) -> None:
        """Close the pipe, which tells the process to end."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(END_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True)
class Simulation:
    """Simulated API servers. `urls` are theirs, by the name of the cluster."""

    process: Process
    kubeconfig: Path
    urls: dict[str, str]

    def change_pods(
        self, count: int, per_second: float, restarts: int, *, same: bool = False
    ) -> float:
        """
        Change `count` pods of the first cluster so that their first containers were restarted
        `restarts` times; the moment (of `time.monotonic`) before the last was written.

        All pods have their turn before one changes again, unless the `same` are to change that
        changed when this was called first.
        """
        changed = self.process.ask(count=count, per_second=per_second, restarts=restarts, same=same)
        moment: float = changed["at"]
        return moment


@contextmanager
def simulation(
    clusters: int, pods: int, *, pod_bytes: int = 0, pods_alone: bool = False, tls: bool = False
) -> Iterator[Simulation]:
    """
    Simulated clusters of `pods` pods each, of at least `pod_bytes` bytes of JSON.

    With `pods_alone` it is one cluster, with nothing else in it and nothing happening.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        arguments = [str(kubeconfig), str(clusters), str(pods), f"--pod-bytes={pod_bytes}"]
        arguments += ["--pods-alone"] if pods_alone else []
        arguments += ["--tls"] if tls else []
        process = Process("benchmarks.simulation_process", arguments)
        try:
            yield Simulation(process, kubeconfig, process.hear()["urls"])
        finally:
            process.end()


@dataclass(frozen=True)
class Usage:
    """What a process has used: CPU seconds, bytes resident now and at most, open sockets."""

    cpu: float
    resident: int
    peak: int
    sockets: int


@dataclass(frozen=True)
class Synced:
    """
    How a first sync went, from configuration to data: seconds on the clock, of CPU, and of the
    longest time that the event loop was held.
    """

    seconds: float
    cpu: float
    pause: float
    objects: int
    series: int


@dataclass(frozen=True)
class Exporter:
    """An exporter that has synced with all its clusters; `url` is its main port's."""

    process: Process
    url: str
    synced: Synced

    def cpu(self) -> float:
        """Seconds of CPU until now."""
        return usage.cpu_seconds(self.process.number)

    def pause(self) -> float:
        """The longest time, in seconds, that the event loop was held since this was asked."""
        longest: float = self.process.ask()["pause"]
        return longest

    def usage(self) -> Usage:
        """As the kernel sees the process."""
        number = self.process.number
        return Usage(
            usage.cpu_seconds(number),
            usage.resident(number),
            usage.peak(number),
            usage.sockets(number),
        )

    def at_rest(self) -> Usage:
        """The usage, once everything that was begun is done."""
        before = self.cpu()
        deadline = time.monotonic() + REST_DEADLINE
        while time.monotonic() < deadline:
            time.sleep(REST)
            now = self.cpu()
            if now - before < AT_REST:
                return self.usage()

            before = now

        raise ProcessFailed(f"the exporter does not come to rest within {REST_DEADLINE:.0f} s")


@contextmanager
def exporter(
    kubeconfig: Path, document: settings.Document = settings.DEFAULT
) -> Iterator[Exporter]:
    """The exporter on all contexts of `kubeconfig`, with a settings `document`."""
    file = kubeconfig.with_name("settings")
    settings.write(file, kubeconfig, document)
    process = Process("benchmarks.exporter_process", [str(file)])
    try:
        ready = process.hear()
        yield Exporter(process, ready.pop("url"), Synced(**ready))
    finally:
        process.end()


@dataclass(frozen=True)
class Loads:
    """`json.loads`: of all pages of a cluster's pods, and of a watch line for each of them."""

    pods: int
    pages_bytes: int
    pages_cpu: float
    lines_cpu: float


def json_loads(url: str) -> Loads:
    """Measure `json.loads` on the pods of the API server at `url`, in a fresh process."""
    process = Process("benchmarks.json_loads", [url])
    try:
        return Loads(**process.hear())
    finally:
        process.end()
