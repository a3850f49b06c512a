import asyncio

import pytest

from exporter.web.rate import Rate


@pytest.mark.looptime
async def test_a_burst_may_come_at_once_and_then_one_for_each_interval() -> None:
    rate = Rate(2, 3)

    assert [rate.allows() for _ in range(4)] == [True, True, True, False]
    await asyncio.sleep(2)
    assert [rate.allows(), rate.allows()] == [True, False]
    await asyncio.sleep(60)
    assert [rate.allows() for _ in range(4)] == [True, True, True, False]


async def test_without_an_interval_there_is_no_limit() -> None:
    rate = Rate(0, 0)

    assert all(rate.allows() for _ in range(1000))
