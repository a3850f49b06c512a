import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from exporter.discovery.provider import Cluster, Refusal, Snapshot
from exporter.discovery.union import PATIENCE, Union, listen, united
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential

SERVER = Server("https://eu-1", Tls(), UserCredentials(StoredCredential()))
DEADLINE = 10.0


def cluster(name: str, source: str = "here") -> Cluster:
    return Cluster(name, "scripted", source, SERVER, digest="")


def described(union: Union) -> list[tuple[str, str]]:
    return [(one.name, one.source) for one in union.clusters]


def in_conflict(union: Union) -> list[tuple[str, str]]:
    return [(one.name, one.source) for one in union.conflicts]


class Scripted:
    """A source of clusters that says what it is given to say."""

    def __init__(self, name: str = "scripted") -> None:
        self.name = name
        self.says: asyncio.Queue[Snapshot | KubeconfigError] = asyncio.Queue()
        self.closed = False

    def say(self, *clusters: Cluster) -> None:
        self.says.put_nowait(clusters)

    def check(self) -> None:
        """There is nothing to look at."""

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
async def listening(*providers: Scripted) -> AsyncIterator[asyncio.Queue[Union]]:
    """All that `listen` tells of, as it tells it."""
    told: asyncio.Queue[Union] = asyncio.Queue()
    async with asyncio.timeout(PATIENCE + DEADLINE), asyncio.TaskGroup() as group:
        task = group.create_task(listen(providers, told.put))
        yield told
        task.cancel()


async def until_heard(*providers: Scripted) -> None:
    while any(not provider.says.empty() for provider in providers):
        await asyncio.sleep(0)

    for _ in range(10):
        await asyncio.sleep(0)


def test_the_clusters_of_all_providers_are_one_fleet_in_configuration_order() -> None:
    union = united([(cluster("b"),), (cluster("c"), cluster("a"))])

    assert [one.name for one in union.clusters] == ["b", "c", "a"]
    assert union.conflicts == ()


def test_of_several_clusters_with_one_name_the_first_has_it_and_the_others_are_listed() -> None:
    union = united(
        [
            (cluster("eu-1", "first"),),
            (cluster("eu-1", "second"), cluster("us-1", "second"), cluster("us-1", "again")),
        ]
    )

    assert described(union) == [("eu-1", "first"), ("us-1", "second")]
    assert in_conflict(union) == [("eu-1", "second"), ("us-1", "again")]
    for conflict, first in zip(union.conflicts, ("first", "second"), strict=True):
        assert conflict.server is None
        assert conflict.refusal == Refusal(
            "name-conflict", "", f"another cluster has its name: {first}"
        )


def test_a_name_is_not_given_to_another_cluster_because_the_first_cannot_be_read() -> None:
    refused = replace(
        cluster("eu-1", "first"), server=None, refusal=Refusal("unauthorized", "", "")
    )

    assert described(united([(refused,), (cluster("eu-1", "second"),)])) == [("eu-1", "first")]


async def test_each_word_of_a_provider_is_followed_by_all_there_is() -> None:
    first, second = Scripted(), Scripted()
    async with listening(first, second) as told:
        first.say(cluster("a"))
        one = described(await told.get())
        second.say(cluster("b"), cluster("c"))
        three = described(await told.get())
        first.say()
        two = described(await told.get())

    assert one == [("a", "here")]
    assert three == [("a", "here"), ("b", "here"), ("c", "here")]
    assert two == [("b", "here"), ("c", "here")]


async def test_the_first_discovery_is_done_when_all_have_spoken() -> None:
    first, second = Scripted(), Scripted()
    async with listening(first, second) as told:
        first.say()
        begun = await told.get()
        second.say()
        done = await told.get()

    assert (begun.complete, done.complete) == (False, True)


async def test_at_the_start_a_provider_waits_for_those_before_it() -> None:
    """Else its cluster would have a name for a moment that is another one's."""
    first, second = Scripted(), Scripted()
    async with listening(first, second) as told:
        second.say(cluster("a", "second"))
        await until_heard(second)
        assert told.empty()
        first.say(cluster("a", "first"))
        both = await told.get()

    assert (described(both), in_conflict(both)) == ([("a", "first")], [("a", "second")])
    assert both.complete


@pytest.mark.looptime
async def test_a_provider_that_is_silent_is_not_waited_for_without_end() -> None:
    first, second = Scripted("a-hub"), Scripted("a-file")
    began = asyncio.get_running_loop().time()
    async with listening(first, second) as told:
        second.say(cluster("a", "second"))
        with capture_logs() as logs:
            late = await told.get()

        waited = asyncio.get_running_loop().time() - began
        first.say(cluster("a", "first"))
        both = await told.get()

    assert waited == pytest.approx(PATIENCE)
    assert (described(late), late.complete) == ([("a", "second")], True)
    assert [one["providers"] for one in logs] == [["a-hub"]]
    assert (described(both), in_conflict(both)) == ([("a", "first")], [("a", "second")])


@pytest.mark.looptime
async def test_providers_that_are_all_silent_are_an_empty_fleet_after_a_while() -> None:
    async with listening(Scripted()) as told:
        assert await told.get() == Union((), (), complete=True)


@pytest.mark.looptime
async def test_once_all_have_spoken_nothing_more_is_told_without_a_change() -> None:
    first = Scripted()
    async with listening(first) as told:
        first.say(cluster("a"))
        await told.get()
        await asyncio.sleep(PATIENCE * 1.1)
        assert told.empty()


async def test_a_name_is_free_when_its_cluster_has_gone_from_its_source() -> None:
    first, second = Scripted(), Scripted()
    async with listening(first, second) as told:
        first.say(cluster("a", "first"))
        await told.get()
        second.say(cluster("a", "second"))
        await told.get()
        first.say()
        freed = await told.get()

    assert (described(freed), in_conflict(freed)) == ([("a", "second")], [])


async def test_a_provider_that_cannot_begin_ends_the_discovery() -> None:
    good, bad = Scripted(), Scripted()
    bad.says.put_nowait(KubeconfigError("a file that cannot be used"))

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(DEADLINE):
            await listen([good, bad], lambda _: asyncio.sleep(0))

    assert caught.group_contains(KubeconfigError, match="a file that cannot be used")
    assert good.closed


async def test_providers_are_closed_when_nobody_listens_any_more() -> None:
    providers = (Scripted(), Scripted())
    async with listening(*providers) as told:
        for provider in providers:
            provider.say()
            await told.get()

    assert all(provider.closed for provider in providers)


async def test_two_changes_are_never_made_at_once() -> None:
    first, second = Scripted(), Scripted()
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def change(union: Union) -> None:
        order.append("begin")
        begun.set()
        await go_on.wait()
        order.append("end")
        if len(order) == 4:
            ended.set()

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        task = group.create_task(listen([first, second], change))
        first.say()
        second.say()
        await begun.wait()
        await until_heard(first, second)
        go_on.set()
        await ended.wait()
        task.cancel()

    assert order == ["begin", "end", "begin", "end"]
