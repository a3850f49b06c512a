import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from exporter import app, demo
from exporter.web.server import AddressError
from tests.web.exporter import NOBODY, kubeconfig, until


class Shown:
    """What the demo has written to stdout so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    async def is_complete(self) -> bool:
        self.text += self._capsys.readouterr().out
        return "Ctrl-C ends it.\n" in self.text


@asynccontextmanager
async def demonstrated(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, clusters: int
) -> AsyncIterator[None]:
    """Run the demo until it has told everything, and until the block ends."""
    stop = asyncio.Event()
    monkeypatch.setattr(app, "stop_requested", stop.wait)
    async with asyncio.TaskGroup() as group:
        group.create_task(demo.run(clusters, 10, "steady", "127.0.0.1:0"))
        await until(shown.is_complete)
        yield
        stop.set()


async def test_it_tells_of_each_cluster_as_it_syncs_and_then_what_to_open(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown(capsys)
    async with demonstrated(shown, monkeypatch, clusters=2), aiohttp.ClientSession() as session:
        urls = re.findall(r"^  (http://\S+)", shown.text, re.MULTILINE)
        pages = []
        for url in urls:
            async with session.get(url) as answer:
                pages.append(await answer.text())

    progress = re.findall(r"\[(\d)/2\] (\S+): \d+ objects, \d+ series, v1\.", shown.text)
    assert [number for number, _ in progress] == ["1", "2"]
    assert len(pages) == 5
    assert set(re.findall(r'kube_pod_info{cluster="(.*?)"', pages[1])) == {
        name for _, name in progress
    }


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Run this instead of the simulated fleet; `$last` is its kubeconfig."""
    command = folder / "simulation"
    command.write_text(f"#!/bin/sh\nfor last; do :; done\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))


def serving_nobody(folder: Path) -> str:
    """A script that says that it serves one cluster and does not."""
    (folder / "away").write_text(kubeconfig({"away": NOBODY}))
    return f"cp {folder / 'away'} $last; echo '{{}}'; exec cat"


async def test_a_cluster_that_is_away_is_told_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, serving_nobody(tmp_path))
    shown = Shown(capsys)
    async with demonstrated(shown, monkeypatch, clusters=1):
        pass

    assert "[1/1] away: unreachable\n" in shown.text


async def test_a_fleet_that_ends_at_once_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, "exit 3")

    with pytest.raises(demo.DemoError, match="the simulated fleet ended with status 3"):
        await demo.run(1, 10, "steady", "127.0.0.1:0")


async def test_a_fleet_that_never_starts_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "START_DEADLINE", 0.05)
    pretend(monkeypatch, tmp_path, "exec cat")

    with pytest.raises(demo.DemoError, match="the simulated fleet does not start"):
        await demo.run(1, 10, "steady", "127.0.0.1:0")


async def test_a_port_that_is_taken_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, serving_nobody(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"

        with pytest.raises(AddressError, match=f"cannot listen on {taken}"):
            await demo.run(1, 10, "steady", taken)
        with pytest.raises(AddressError, match=f"cannot listen on {taken}"):
            await demo.run(1, 10, "steady", "127.0.0.1:0", taken)
