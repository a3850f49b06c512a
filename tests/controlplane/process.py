"""A program that a test runs: its log in a file, and its end certain."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.controlplane.deadline import eventually

# PR_SET_PDEATHSIG outlives exec: the program dies with the test run even if that was killed.
# Asked for in a small program of its own, since code between fork and exec is unsafe with threads.
_DIE_WITH_PARENT = (
    "import ctypes, os, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, 9)\n"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class ProgramEnded(Exception):
    """A program ended that should have gone on."""


class Process:
    """A started program, the leader of a process group of its own."""

    def __init__(self, command: Sequence[str | Path], log: Path, env: Mapping[str, str]) -> None:
        """Start the command; what it says, on both streams, is appended to the file `log`."""
        self.log = log
        self.name = log.stem
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env},
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise ProgramEnded, with the end of the log, if the program is not running."""
        status = self._popen.poll()
        if status is not None:
            raise ProgramEnded(f"{self.name} ended with status {status}:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last 20 lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    async def stop(self, *, within: float) -> int:
        """
        Ask the program to end (SIGTERM); return its exit status, negative for a signal.

        Raises AssertionError if it goes on. Nothing of it is left in any case.
        """
        self._popen.terminate()
        try:
            return await eventually(self._ended, within=within)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the whole process group at once and reap the program."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    async def _ended(self) -> int:
        status = self._popen.poll()
        assert status is not None, f"{self.name} goes on after SIGTERM:\n{self.log_tail()}"
        return status


@asynccontextmanager
async def running(
    name: str, command: Sequence[str | Path], logs: Path, env: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """Run a program while the context is open, its log in `logs/NAME.log`; then kill it."""
    process = Process(command, logs / f"{name}.log", env or {})
    try:
        yield process
    finally:
        process.kill()
