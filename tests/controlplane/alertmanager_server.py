"""A real Alertmanager for tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.controlplane.binaries import program
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.process import Process, running


@asynccontextmanager
async def started_alertmanager(
    configuration: Mapping[str, Any], directory: Path
) -> AsyncIterator[str]:
    """Start an Alertmanager that has no peers; gives its address. It writes below `directory`."""
    directory.mkdir(parents=True)
    file = directory / "alertmanager.yml"
    file.write_text(yaml.safe_dump(dict(configuration)))
    with reserved_port() as port:
        address = f"127.0.0.1:{port}"
        command: list[str | Path] = [
            program("alertmanager", "alertmanager"),
            f"--config.file={file}",
            f"--storage.path={directory / 'data'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ]
        async with running("alertmanager", command, directory) as process:
            await eventually(lambda: _check_ready(process, address), within=30)
            yield address


async def _check_ready(process: Process, address: str) -> None:
    process.check()
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(f"http://{address}/-/ready") as response,
    ):
        assert response.ok, await response.text()
