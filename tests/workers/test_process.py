"""Commands that stand for workers: small ones, that live and die as they are told."""

import asyncio
import os
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec
import pytest

from exporter.kubernetes.backoff import Backoff
from exporter.telemetry import Telemetry
from exporter.workers.process import (
    Assignment,
    SocketError,
    assignment,
    front_gone,
    keep_running,
    sockets,
)

DEADLINE = 20.0

NOTES = "import os, sys, time\nline = sys.stdin.readline()\nnotes = open(sys.argv[1], 'a')\n"
"""Reads what it is told, and notes things in a file."""


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.workers.process.Backoff", partial(Backoff, first=0.02))


def assigned(worker: int, workers: int = 1) -> Assignment:
    return Assignment(worker, workers, f"/run/{worker}", msgspec.Raw(b'{"cluster_label":"c"}'))


@asynccontextmanager
async def kept_running(
    program: str, notes: Path, telemetry: Telemetry, *assignments: Assignment
) -> AsyncIterator[None]:
    command = [sys.executable, "-c", NOTES + program, str(notes)]
    task = asyncio.create_task(keep_running(command, assignments, telemetry))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


async def test_each_worker_is_told_its_part_on_its_stdin(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    program = "print(line, end='', file=notes, flush=True)\nsys.stdin.read()\n"
    async with kept_running(program, notes, Telemetry(), assigned(0, 2), assigned(1, 2)):
        await until(lambda: len(lines(notes)) == 2)

    told = [msgspec.json.decode(line, type=Assignment) for line in sorted(lines(notes))]
    assert told == [assigned(0, 2), assigned(1, 2)]


async def test_a_worker_that_ends_is_started_again_and_counted(tmp_path: Path) -> None:
    notes, telemetry = tmp_path / "notes", Telemetry()
    async with kept_running("print('here', file=notes)\n", notes, telemetry, assigned(3)):
        await until(lambda: len(lines(notes)) >= 3)

    count = telemetry.registry.get_sample_value(
        "kube_fleet_exporter_worker_restarts_total", {"worker": "3"}
    )
    assert count is not None
    assert count >= 2


async def test_a_command_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.workers.process.Backoff", partial(Backoff, first=0.01))
    command = tmp_path / "command"
    task = asyncio.create_task(keep_running([str(command)], [assigned(0)], Telemetry()))
    await asyncio.sleep(0.1)
    command.write_text(f"#!{sys.executable}\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    command.chmod(0o700)
    await until((tmp_path / "ran").exists)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_workers_end_when_their_stdin_does(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    program = "print('here', file=notes, flush=True)\nsys.stdin.read()\nprint('gone', file=notes)\n"
    async with kept_running(program, notes, Telemetry(), assigned(0, 2), assigned(1, 2)):
        await until(lambda: len(lines(notes)) == 2)

    assert sorted(lines(notes)) == ["gone", "gone", "here", "here"]


async def test_a_worker_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.workers.process.STOP_DEADLINE", 0.1)
    notes = tmp_path / "notes"
    program = "print(os.getpid(), file=notes, flush=True)\ntime.sleep(1000)\n"
    async with kept_running(program, notes, Telemetry(), assigned(0)):
        await until(lambda: len(lines(notes)) == 1)

    with pytest.raises(ProcessLookupError):
        os.kill(int(lines(notes)[0]), 0)


def test_nobody_else_can_reach_the_sockets_and_nothing_is_left() -> None:
    with sockets(3) as paths:
        (directory,) = {path.parent for path in paths}
        mode = stat.S_IMODE(directory.stat().st_mode)
        paths[0].touch()

    assert len(set(paths)) == 3
    assert mode == 0o700
    assert not directory.exists()


def test_sockets_without_a_place_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))

    with pytest.raises(SocketError, match="or in TMPDIR") as refused, sockets(1):
        pass

    assert "\n" not in str(refused.value)


def test_a_directory_whose_name_is_too_long_for_sockets_is_refused_and_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with pytest.raises(SocketError, match="a shorter TMPDIR is needed"), sockets(1):
        pass

    assert not list(deep.iterdir())


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Says something on our stdin, and closes it."""
    reader, writer = os.pipe()

    def say(text: bytes) -> None:
        os.write(writer, text)
        os.close(writer)

    with os.fdopen(reader) as file:
        monkeypatch.setattr(sys, "stdin", file)
        yield say


def test_a_worker_reads_what_it_is_told(stdin: Callable[[bytes], None]) -> None:
    stdin(msgspec.json.encode(assigned(1, 2)) + b"\n")

    assert assignment() == assigned(1, 2)


def test_a_worker_whose_front_has_gone_before_it_began_is_told_nothing(
    stdin: Callable[[bytes], None],
) -> None:
    stdin(b"")

    assert assignment() is None


async def test_the_last_worker_of_a_front_that_has_gone_removes_the_sockets(
    tmp_path: Path, stdin: Callable[[bytes], None]
) -> None:
    directory = tmp_path / "sockets"
    directory.mkdir()
    (directory / "0").touch()
    gone = asyncio.create_task(front_gone(directory / "0"))
    await asyncio.sleep(0.01)
    before = gone.done()
    stdin(b"")
    async with asyncio.timeout(DEADLINE):
        await gone

    assert not before
    assert not directory.exists()
