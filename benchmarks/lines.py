"""How a process that measures itself is spoken to: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator
from typing import Any


async def commands() -> AsyncIterator[dict[str, Any]]:
    """What the parent asks for, until it closes the pipe or dies."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        async for line in reader:
            yield json.loads(line)
    finally:
        transport.close()


def answer(**fields: Any) -> None:
    """Tell the parent."""
    print(json.dumps(fields), flush=True)


def allow_many_files() -> None:
    """A hundred clusters with a few connections each need more descriptors than usual."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
