"""Workers as processes: started, started again, and ended with the front."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import structlog

from exporter.kubernetes.backoff import Backoff
from exporter.telemetry import Telemetry

LASTING = 60.0
"""Seconds after which a worker that ends is started again without having to wait for longer."""

STOP_DEADLINE = 3.5
"""Seconds that a worker is given to end; scrapes under way have most of them."""

log = structlog.get_logger()


class Assignment(msgspec.Struct, frozen=True):
    """
    What a worker is told, as one line of JSON on its stdin. That stays open: when it ends, the
    front has gone, however that happened, and the worker goes too.
    """

    worker: int
    workers: int
    socket: str
    settings: msgspec.Raw
    """As `exporter.app` hands them over."""


LONGEST_PATH = 103
"""Bytes of a socket's path; kernels have room for 104 (macOS) or 108 (Linux), with a zero."""


class SocketError(Exception):
    """There is no place for the sockets of workers; one line that says why."""


@contextmanager
def sockets(workers: int) -> Iterator[Sequence[Path]]:
    """
    Paths of sockets, in a directory that only we can enter.

    Raises:
        SocketError: no directory can be made, or its name is too long.
    """
    try:
        directory = tempfile.TemporaryDirectory(prefix="kube-fleet-exporter-")
    except OSError as error:
        raise SocketError(f"{error}; workers have their sockets there, or in TMPDIR") from error

    with directory as name:
        paths = [Path(name, f"{worker}.socket") for worker in range(workers)]
        if len(os.fsencode(paths[-1])) > LONGEST_PATH:
            raise SocketError(f"{paths[-1]}: too long for a socket; a shorter TMPDIR is needed")

        yield paths


async def keep_running(
    command: Sequence[str], assignments: Sequence[Assignment], telemetry: Telemetry
) -> None:
    """
    Run `command` once for each assignment, and again whenever it ends, for ever; by the assignment
    that stands in its place then.
    """
    async with asyncio.TaskGroup() as group:
        for place, assignment in enumerate(assignments):
            name = f"worker {assignment.worker}"
            running = _keep_running(command, assignments, place, telemetry)
            group.create_task(running, name=name)


async def _keep_running(
    command: Sequence[str], assignments: Sequence[Assignment], place: int, telemetry: Telemetry
) -> None:
    assignment = assignments[place]
    restarts = telemetry.worker_restarts.labels(str(assignment.worker))
    clock = asyncio.get_running_loop().time
    backoff = Backoff()
    while True:
        began = clock()
        assignment = assignments[place]
        try:
            status = await _run(command, assignment)
        except OSError as error:
            log.error("worker cannot be started", worker=assignment.worker, error=str(error))
        else:
            log.error("worker ended", worker=assignment.worker, status=status)

        if clock() - began > LASTING:
            backoff.succeeded()

        await asyncio.sleep(backoff.failed())
        restarts.inc()


async def _run(command: Sequence[str], assignment: Assignment) -> int:
    """
    A worker from its start to its end; its exit status.

    Raises:
        OSError: it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE)
    log.info("worker started", worker=assignment.worker, pid=process.pid)
    try:
        assert process.stdin is not None  # noqa: S101  a pipe was asked for
        process.stdin.write(msgspec.json.encode(assignment) + b"\n")
        return await process.wait()
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """Let the worker know that nobody needs it, and see that it ends."""
    assert process.stdin is not None  # noqa: S101  a pipe was asked for
    process.stdin.close()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_DEADLINE):
                await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()

        await process.wait()


def assignment() -> Assignment | None:
    """What the front has told this process on its stdin; nothing if the front has gone."""
    line = sys.stdin.buffer.readline()
    return msgspec.json.decode(line, type=Assignment) if line else None


async def front_gone(socket: Path) -> None:
    """Until stdin ends. Nobody but workers is left then to remove their sockets."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        await reader.read()
    finally:
        transport.close()

    _remove(socket)


def _remove(socket: Path) -> None:
    with suppress(OSError):  # the directory is the last worker's to remove
        socket.unlink(missing_ok=True)
        socket.parent.rmdir()
