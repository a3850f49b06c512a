import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from exporter.discovery.provider import Cluster, Refusal
from exporter.fleet.claims import Claims
from exporter.fleet.health import ClusterHealth
from exporter.fleet.standing import Displaced, Standing
from exporter.kubernetes.errors import IdentityChanged, Unreachable
from tests.fleet.conftest import cluster

REFUSED = Refusal("refused-by-policy", "", "exec is refused")


class Sample:
    """A cluster called ``second`` that was met, and a claim that may be put before it."""

    def __init__(self, *, uid: str = "uid", expected: str = "") -> None:
        self.claims = Claims()
        self.claims.order([cluster(name, "http://127.0.0.1:9") for name in ("first", "second")])
        self.health = ClusterHealth("second")
        self.health.uid = uid
        self.health.answered()
        self.cluster: Cluster = replace(cluster("second", "http://127.0.0.1:9"), uid=expected)
        self.standing = Standing(self.cluster, self.claims, self.health)
        self.looks = 0
        self.found: Exception | None = None

    async def verify(self) -> None:
        self.looks += 1
        if self.found is not None:
            raise self.found


async def is_waiting(something: Awaitable[None]) -> asyncio.Task[None]:
    """A task that has begun to wait."""
    task = asyncio.ensure_future(something)
    for _ in range(5):
        await asyncio.sleep(0)

    assert isinstance(task, asyncio.Task)
    assert not task.done()
    return task


async def test_what_discovery_refuses_waits_until_it_does_not() -> None:
    sample = Sample()
    sample.standing.replace(replace(sample.cluster, server=None, refusal=REFUSED))
    waiting = await is_waiting(sample.standing.until_offered())
    assert sample.health.down_condition == ("refused-by-policy", "")

    sample.standing.replace(sample.cluster)
    async with asyncio.timeout(1):
        await waiting


async def test_a_cluster_that_an_earlier_name_has_waits_for_it_to_go() -> None:
    sample = Sample()
    sample.claims.claim("first", "uid")
    waiting = await is_waiting(sample.standing.until_granted(sample.verify))
    assert (sample.health.up, sample.health.down_condition) == (False, ("duplicate", ""))

    sample.claims.order([sample.cluster])
    async with asyncio.timeout(1):
        await waiting

    assert (sample.health.up, sample.health.down_condition) == (True, None)


async def test_a_cluster_that_does_not_answer_when_its_turn_comes_is_unreachable() -> None:
    sample = Sample()
    sample.claims.claim("first", "uid")
    waiting = await is_waiting(sample.standing.until_granted(sample.verify))
    sample.found = Unreachable("refused", "away")

    sample.claims.order([sample.cluster])
    async with asyncio.timeout(1):
        await waiting

    assert (sample.health.up, sample.health.down_condition) == (False, ("unreachable", "refused"))


async def test_a_cluster_that_is_read_is_given_up_to_an_earlier_name() -> None:
    sample = Sample()
    await sample.standing.until_granted(sample.verify)
    waiting = await is_waiting(sample.standing.until_lost())

    sample.claims.claim("first", "uid")
    with pytest.raises(Displaced):
        async with asyncio.timeout(1):
            await waiting


@pytest.mark.parametrize("uid", ["other", ""])
async def test_a_cluster_that_is_not_or_does_not_say_it_is_the_expected_one_is_not_read(
    uid: str,
) -> None:
    sample = Sample(uid=uid, expected="uid")
    waiting = await is_waiting(sample.standing.until_granted(sample.verify))
    assert sample.health.down_condition == ("identity-mismatch", "")

    waiting.cancel()


async def test_the_expected_cluster_is_read() -> None:
    await Sample(uid="uid", expected="uid").standing.until_granted(Sample().verify)


@pytest.mark.looptime
async def test_who_waits_looks_now_and_then_who_is_there() -> None:
    sample = Sample(uid="other", expected="uid")
    waiting = await is_waiting(sample.standing.until_granted(sample.verify))
    await asyncio.sleep(150)
    assert sample.looks == 2

    sample.found = Unreachable("refused", "away")
    await asyncio.sleep(60)
    assert not waiting.done()

    sample.found = IdentityChanged("other", "uid")
    with pytest.raises(IdentityChanged):
        await waiting


async def test_a_cluster_that_discovery_refuses_while_it_is_read_is_given_up() -> None:
    sample = Sample()
    waiting = await is_waiting(sample.standing.until_lost())

    sample.standing.replace(replace(sample.cluster, server=None, refusal=REFUSED))
    with pytest.raises(Displaced):
        async with asyncio.timeout(1):
            await waiting
