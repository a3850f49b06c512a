"""Waiting for what becomes true: asked again and again, until a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp

T = TypeVar("T")


async def eventually(attempt: Callable[[], Awaitable[T]], *, within: float) -> T:
    """
    Return the first result of `attempt` that is not an error; ask five times a second.

    A failed assertion or request means not yet. After `within` seconds the last of them is raised;
    any other exception is raised at once.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            return await attempt()
        except (AssertionError, aiohttp.ClientError, TimeoutError):
            if loop.time() > deadline:
                raise
        await asyncio.sleep(0.2)
