import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from exporter.discovery.provider import Cluster, Snapshot
from exporter.discovery.union import discover, merged
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential

SERVER = Server("https://eu-1", Tls(), UserCredentials(StoredCredential()))
DEADLINE = 10.0


def cluster(name: str, source: str = "here") -> Cluster:
    return Cluster(name, "scripted", source, SERVER, digest="")


def described(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(one.name, one.source) for one in snapshot]


class Scripted:
    """A source of clusters that says what it is given to say."""

    name = "scripted"

    def __init__(self) -> None:
        self.says: asyncio.Queue[Snapshot | KubeconfigError] = asyncio.Queue()
        self.closed = False

    def first(self) -> Snapshot:
        return ()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        try:
            while True:
                said = await self.says.get()
                if isinstance(said, KubeconfigError):
                    raise said

                yield said
        finally:
            self.closed = True


@asynccontextmanager
async def discovering(*providers: Scripted) -> AsyncIterator[asyncio.Queue[Snapshot]]:
    """All that `discover` tells of, as it tells it."""
    told: asyncio.Queue[Snapshot] = asyncio.Queue()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        task = group.create_task(discover(providers, told.put))
        yield told
        task.cancel()


def test_the_clusters_of_all_providers_are_one_fleet_in_configuration_order() -> None:
    snapshots = {1: (cluster("c"), cluster("a")), 0: (cluster("b"),)}

    assert [one.name for one in merged(snapshots)] == ["b", "c", "a"]


def test_of_two_clusters_with_one_name_the_first_in_configuration_order_is_taken() -> None:
    with capture_logs() as logs:
        fleet = merged(
            {1: (cluster("eu-1", "second"), cluster("us-1", "second")), 0: (cluster("eu-1"),)}
        )

    assert described(fleet) == [("eu-1", "here"), ("us-1", "second")]
    (conflict,) = logs
    assert conflict["log_level"] == "error"
    assert (conflict["cluster"], conflict["first"], conflict["second"]) == (
        "eu-1",
        "here",
        "second",
    )


async def test_each_word_of_a_provider_is_followed_by_all_there_is() -> None:
    first, second = Scripted(), Scripted()
    async with discovering(first, second) as told:
        first.says.put_nowait((cluster("a"),))
        one = described(await told.get())
        second.says.put_nowait((cluster("b"), cluster("c")))
        three = described(await told.get())
        first.says.put_nowait(())
        two = described(await told.get())

    assert one == [("a", "here")]
    assert three == [("a", "here"), ("b", "here"), ("c", "here")]
    assert two == [("b", "here"), ("c", "here")]


async def test_the_first_keeps_its_name_whoever_speaks_first() -> None:
    first, second = Scripted(), Scripted()
    async with discovering(first, second) as told:
        second.says.put_nowait((cluster("a", "second"),))
        await told.get()
        first.says.put_nowait((cluster("a", "first"),))
        both = described(await told.get())
        second.says.put_nowait((cluster("a", "second"), cluster("b", "second")))
        later = described(await told.get())

    assert both == [("a", "first")]
    assert later == [("a", "first"), ("b", "second")]


async def test_a_provider_that_cannot_begin_ends_the_discovery() -> None:
    good, bad = Scripted(), Scripted()
    bad.says.put_nowait(KubeconfigError("a file that cannot be used"))

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(DEADLINE):
            await discover([good, bad], lambda _: asyncio.sleep(0))

    assert caught.group_contains(KubeconfigError, match="a file that cannot be used")
    assert good.closed


async def test_providers_are_closed_when_nobody_listens_any_more() -> None:
    providers = (Scripted(), Scripted())
    async with discovering(*providers) as told:
        for provider in providers:
            provider.says.put_nowait(())
            await told.get()

    assert all(provider.closed for provider in providers)


async def test_two_changes_are_never_made_at_once() -> None:
    first, second = Scripted(), Scripted()
    begun, go_on = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def change(snapshot: Snapshot) -> None:
        order.append("begin")
        begun.set()
        await go_on.wait()
        order.append("end")
        if len(order) == 4:
            ended.set()

    ended = asyncio.Event()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        task = group.create_task(discover([first, second], change))
        first.says.put_nowait(())
        second.says.put_nowait(())
        await begun.wait()
        await until_empty(first, second)
        go_on.set()
        await ended.wait()
        task.cancel()

    assert order == ["begin", "end", "begin", "end"]


async def until_empty(*providers: Scripted) -> None:
    while any(not provider.says.empty() for provider in providers):
        await asyncio.sleep(0)
