import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.deadline import eventually
from tests.controlplane.process import Process, ProgramEnded, running

SLEEPER_WITH_CHILD = ["sh", "-c", "sleep 1000 & echo child $!; wait"]


async def test_a_program_that_is_left_takes_its_children_along(tmp_path: Path) -> None:
    async with running("family", SLEEPER_WITH_CHILD, tmp_path) as process:
        child = await eventually(lambda: _child(process.log), within=10)

    await eventually(lambda: _gone(child), within=10)


async def test_a_cancelled_test_leaves_no_program(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def interrupted() -> None:
        async with running("family", SLEEPER_WITH_CHILD, tmp_path):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(interrupted())
    await started.wait()
    child = await eventually(lambda: _child(tmp_path / "family.log"), within=10)
    task.cancel()
    await asyncio.wait([task])

    await eventually(lambda: _gone(child), within=10)


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG of Linux")
async def test_a_killed_test_run_leaves_no_program(tmp_path: Path) -> None:
    test_run = _started_test_run(tmp_path / "one.log")
    try:
        sleeper = await eventually(lambda: _child(tmp_path / "one.log"), within=10)
    finally:
        test_run.kill()
        test_run.wait()

    await eventually(lambda: _gone(sleeper), within=10)


def _started_test_run(log: Path) -> subprocess.Popen[bytes]:
    test_run = (
        "import pathlib, time\n"
        "from tests.controlplane.process import Process\n"
        "command = ['sh', '-c', 'echo child $$; exec sleep 1000']\n"
        f"Process(command, pathlib.Path({str(log)!r}), {{}})\n"
        "time.sleep(1000)\n"
    )
    return subprocess.Popen([sys.executable, "-c", test_run], cwd=Path(__file__).parents[2])


async def test_stopping_tells_the_exit_status(tmp_path: Path) -> None:
    command = ["sh", "-c", "trap 'exit 7' TERM; echo child $$; while :; do sleep 0.05; done"]
    async with running("polite", command, tmp_path) as process:
        await eventually(lambda: _child(process.log), within=10)

        assert await process.stop(within=10) == 7


async def test_a_program_that_ignores_sigterm_is_reported_and_killed(tmp_path: Path) -> None:
    command = ["sh", "-c", "trap '' TERM; echo child $$; while :; do sleep 0.05; done"]
    async with running("deaf", command, tmp_path) as process:
        leader = await eventually(lambda: _child(process.log), within=10)

        with pytest.raises(AssertionError, match="deaf goes on after SIGTERM"):
            await process.stop(within=0)
        await _gone(leader)


async def test_a_program_that_ended_is_reported_with_its_last_words(tmp_path: Path) -> None:
    async with running("short", ["sh", "-c", "echo no such flag >&2; exit 3"], tmp_path) as short:
        message = await eventually(lambda: _end(short), within=10)

    assert message == "short ended with status 3:\nno such flag"


async def _end(process: Process) -> str:
    try:
        process.check()
    except ProgramEnded as ended:
        return str(ended)
    raise AssertionError(f"{process.name} is still running")


async def _child(log: Path) -> int:
    """The process id that a program wrote to its log."""
    said = _read(log)
    assert said.startswith("child ")
    assert said.endswith("\n")
    return int(said.split()[1])


async def _gone(pid: int) -> None:
    """Not there, or dead and not yet reaped by whoever adopted it."""
    assert _state(pid) in ("gone", "Z")


def _read(log: Path) -> str:
    return log.read_text() if log.exists() else ""


def _state(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    shown = Path(f"/proc/{pid}/stat")
    return shown.read_text().rpartition(")")[2].split()[0] if shown.exists() else "running"
