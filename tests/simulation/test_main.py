"""`python -m exporter.simulation`: a fleet in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession


@contextlib.asynccontextmanager
async def process(
    kubeconfig: Path, *arguments: str, stdin: int = asyncio.subprocess.PIPE
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m exporter.simulation`, which is killed if it does not end by itself."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "exporter.simulation", "--kubeconfig", str(kubeconfig), *arguments),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def ready(started: asyncio.subprocess.Process) -> dict[str, Any]:
    assert started.stdout is not None
    line: dict[str, Any] = json.loads(await started.stdout.readline())
    return line


async def test_the_process_says_when_it_is_ready_and_ends_with_its_standard_input(
    tmp_path: Path,
) -> None:
    kubeconfig = tmp_path / "fleet.kubeconfig"
    async with process(kubeconfig, "--clusters", "2", "--pods-per-cluster", "10") as started:
        assert await ready(started) == {"kubeconfig": str(kubeconfig), "clusters": 2, "pods": 20}
        contexts = json.loads(kubeconfig.read_text())["clusters"]
        url = f"{contexts[1]['cluster']['server']}/version"
        async with ClientSession() as session, session.get(url) as response:
            assert response.status == 200
        assert started.stdin is not None
        started.stdin.close()
        assert await started.wait() == 0
    assert list(tmp_path.iterdir()) == [kubeconfig]


@pytest.mark.parametrize("stdin", [asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL])
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_well_on_a_signal(
    tmp_path: Path, stdin: int, signal_number: signal.Signals
) -> None:
    size = ("--clusters", "1", "--pods-per-cluster", "1")
    async with process(tmp_path / "config", *size, stdin=stdin) as started:
        await ready(started)
        started.send_signal(signal_number)
        assert await started.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--clusters", "0"), "0 is not between 1 and 1000"),
        (("--clusters", "many"), "invalid"),
        (("--scenario", "doom"), "doom"),
        (("--host", "192.0.2.1"), "192.0.2.1"),
    ],
)
async def test_unusable_arguments_are_told_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    async with process(tmp_path / "config", *arguments) as started:
        _, errors = await started.communicate()
        assert started.returncode == 2
        assert says in errors.decode()
        assert "Traceback" not in errors.decode()


async def test_a_kubeconfig_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "config"
    async with process(missing, "--clusters", "1", "--pods-per-cluster", "1") as started:
        _, errors = await started.communicate()
        assert started.returncode == 2
        assert errors.decode().startswith("exporter.simulation: ")
        assert "Traceback" not in errors.decode()
