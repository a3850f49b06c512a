import asyncio

import pytest

from tests.controlplane.deadline import eventually


@pytest.mark.looptime
async def test_the_first_answer_that_holds_is_returned() -> None:
    attempts = []

    async def attempt() -> int:
        attempts.append("again")
        assert len(attempts) == 3
        return len(attempts)

    assert await eventually(attempt, within=10) == 3


@pytest.mark.looptime
async def test_the_last_failure_is_raised_at_the_deadline() -> None:
    clock = asyncio.get_running_loop().time
    began = clock()

    async def attempt() -> None:
        raise AssertionError(f"after {clock() - began:.0f} seconds")

    with pytest.raises(AssertionError, match="after 10 seconds"):
        await eventually(attempt, within=10)


@pytest.mark.looptime
async def test_a_fault_of_the_test_is_raised_at_once() -> None:
    attempts = []

    async def attempt() -> None:
        attempts.append("once")
        raise KeyError("status")

    with pytest.raises(KeyError):
        await eventually(attempt, within=10)
    assert attempts == ["once"]
