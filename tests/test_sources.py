import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.provider import Cluster, Provider, Snapshot
from exporter.discovery.providers import AnyProvider
from exporter.kubernetes.errors import KubeconfigError
from exporter.settings import Settings
from exporter.sources import Source, Sources


def clusters(*names: str) -> Snapshot:
    return tuple(Cluster(name, "static", "tests", None, "") for name in names)


class Scripted:
    """A provider that says what it is told to; `usable` is whether its check is passed."""

    name = "scripted"

    def __init__(self) -> None:
        self.said: asyncio.Queue[Snapshot] = asyncio.Queue()
        self.listeners = 0
        self.usable = True

    def check(self) -> None:
        if not self.usable:
            raise KubeconfigError("it cannot be used")

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        self.listeners += 1
        try:
            while True:
                yield await self.said.get()
        finally:
            self.listeners -= 1


ANY = Kubeconfig(("any",))


@pytest.mark.looptime
async def test_a_source_says_its_last_snapshot_again_and_is_listened_to_once() -> None:
    provider = Scripted()
    source = Source(ANY, provider)
    running = asyncio.create_task(source.run())
    async with aclosing(source.snapshots()) as first:
        provider.said.put_nowait(clusters("a"))
        assert await anext(first) == clusters("a")
        async with aclosing(source.snapshots()) as second:
            assert await anext(second) == clusters("a")
            provider.said.put_nowait(clusters("a", "b"))
            assert await anext(second) == await anext(first) == clusters("a", "b")
            assert provider.listeners == 1

    running.cancel()
    await asyncio.wait([running])
    assert provider.listeners == 0


class Made:
    """Providers that were made, by declaration."""

    def __init__(self) -> None:
        self.all: list[tuple[AnyProvider, Scripted]] = []
        self.usable = True

    def make(self, declaration: AnyProvider) -> Provider:
        provider = Scripted()
        provider.usable = self.usable
        self.all.append((declaration, provider))
        return provider


def settings(*declared: AnyProvider) -> Settings:
    return Settings(discovery=declared)


async def test_a_source_that_is_declared_as_before_goes_on() -> None:
    made = Made()
    sources = Sources(made.make)
    sources.change(await sources.prepared(settings(Kubeconfig(("a",)), Kubeconfig(("b",)))))
    before = sources.all
    running = asyncio.create_task(sources.run())
    await asyncio.sleep(0.01)
    sources.change(await sources.prepared(settings(InCluster(), Kubeconfig(("b",)))))
    await asyncio.sleep(0.01)

    assert sources.all[1] is before[1]
    assert [declaration for declaration, _ in made.all] == [
        Kubeconfig(("a",)),
        Kubeconfig(("b",)),
        InCluster(),
    ]
    assert [provider.listeners for _, provider in made.all] == [0, 1, 1]
    running.cancel()
    await asyncio.wait([running])
    assert [provider.listeners for _, provider in made.all] == [0, 0, 0]


async def test_two_sources_that_are_declared_alike_are_two() -> None:
    sources = Sources(Made().make)
    sources.change(await sources.prepared(settings(ANY, ANY)))
    before = sources.all

    assert before[0] is not before[1]
    assert await sources.prepared(settings(ANY, ANY)) == before


async def test_a_new_source_that_cannot_be_used_is_refused_and_the_others_are_not_asked() -> None:
    made = Made()
    sources = Sources(made.make)
    sources.change(await sources.prepared(settings(ANY)))
    before = sources.all
    made.all[0][1].usable = made.usable = False
    with pytest.raises(KubeconfigError):
        await sources.prepared(settings(ANY, InCluster()))

    assert sources.all == before == await sources.prepared(settings(ANY))
