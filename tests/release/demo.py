"""`kube-fleet-exporter demo`, as it was installed somewhere."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp

DEADLINE = 60.0


async def demo_answers(command: Path, folder: Path) -> None:
    """Start it away from the repository, wait for a cluster's pods, and end it in good order."""
    process = await asyncio.create_subprocess_exec(
        command,
        *("demo", "--clusters", "2", "--pods-per-cluster", "3", "--listen", "127.0.0.1:0"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE):
            assert process.stdout is not None
            url = None
            while url is None:
                line = (await process.stdout.readline()).decode()
                assert line, "the demo ended"
                url = re.search(r"(http://\S+)/metrics ", line)

            await _shows_pods(url[1])
            process.terminate()
            await process.stdout.read()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _shows_pods(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/metrics") as answer:
                if answer.status == 200 and "kube_pod_info{" in await answer.text():
                    return

            await asyncio.sleep(0.1)
