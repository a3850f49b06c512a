"""What holds for every test."""

import asyncio
import inspect
from collections.abc import AsyncIterator

import pytest


def pytest_configure() -> None:
    """
    looptime asks for the current event loop before every test. Until one was set, be it to none,
    asyncio (before Python 3.14) makes a loop for whoever asks, and nobody closes that one.
    """
    asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _nothing_is_left_running(request: pytest.FixtureRequest) -> None:
    """Only for coroutines: a loop of its own for every other test would cost more than it."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_no_task_is_left")


@pytest.fixture
async def _no_task_is_left() -> AsyncIterator[None]:
    """Set up first and ended last, so that what other fixtures leave is seen as well."""
    yield
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert not left, f"the test leaves tasks: {left}"
