import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.provider import Cluster, Provider, Snapshot
from exporter.discovery.providers import AnyProvider
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.settings import Settings
from exporter.sources import Source, Sources, declared, unheard
from exporter.telemetry import Telemetry
from tests.web.exporter import NOBODY, kubeconfig


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
    source = Source(ANY, provider, SourceHealth("kubeconfig", "kubeconfig", Telemetry()))
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

    def make(self, declaration: AnyProvider, health: SourceHealth) -> Provider:
        provider = Scripted()
        provider.usable = self.usable
        self.all.append((declaration, provider))
        return provider


def settings(*sources: AnyProvider) -> Settings:
    return Settings(discovery=sources)


async def test_a_source_that_is_declared_as_before_goes_on() -> None:
    made = Made()
    sources = Sources(made.make, Telemetry())
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
    sources = Sources(Made().make, Telemetry())
    sources.change(await sources.prepared(settings(ANY, ANY)))
    before = sources.all

    assert before[0] is not before[1]
    assert await sources.prepared(settings(ANY, ANY)) == before


async def test_a_new_source_that_cannot_be_used_is_refused_and_the_others_are_not_asked() -> None:
    made = Made()
    sources = Sources(made.make, Telemetry())
    sources.change(await sources.prepared(settings(ANY)))
    before = sources.all
    made.all[0][1].usable = made.usable = False
    with pytest.raises(KubeconfigError):
        await sources.prepared(settings(ANY, InCluster()))

    assert sources.all == before == await sources.prepared(settings(ANY))


async def test_several_sources_of_a_kind_are_told_apart_and_one_that_ends_is_not_shown() -> None:
    telemetry = Telemetry()
    sources = Sources(Made().make, telemetry)
    shown = 'kube_fleet_exporter_discovery_up{provider="kubeconfig",source="%s"}'
    sources.change(await sources.prepared(settings(Kubeconfig(("a",)), Kubeconfig(("b",)))))
    running = asyncio.create_task(sources.run())
    await asyncio.sleep(0.01)
    before = telemetry.page().decode()
    sources.change(await sources.prepared(settings(Kubeconfig(("b",)))))
    after = telemetry.page().decode()
    running.cancel()
    await asyncio.wait([running])

    names = ("kubeconfig", "kubeconfig-2", "kubeconfig-3")
    assert [shown % name in before for name in names] == [True, True, False]
    assert [shown % name in after for name in names] == [False, True, False]


async def names_from(provider: Provider) -> list[str]:
    """The clusters of a provider's first snapshot."""
    async with aclosing(provider.snapshots()) as snapshots:
        return [cluster.name for cluster in await anext(snapshots)]


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if we ran in a pod; the kubeconfig that it could have."""
    (tmp_path / "token").touch()
    monkeypatch.setattr("exporter.kubernetes.in_cluster.TOKEN_FILE", tmp_path / "token")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    return tmp_path / "kubeconfig"


@pytest.mark.usefixtures("pod")
def test_in_a_pod_the_cluster_around_it_is_read() -> None:
    (declaration,) = declared(Settings())

    assert declaration == InCluster()


async def test_in_a_pod_with_a_kubeconfig_that_is_read(pod: Path) -> None:
    pod.write_text(kubeconfig({"eu-1": NOBODY, "us-1": NOBODY}))
    (declaration,) = declared(Settings())

    assert await names_from(unheard(declaration)) == ["eu-1", "us-1"]


async def test_without_settings_every_context_of_the_default_kubeconfig_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    (tmp_path / "kubeconfig").write_text(kubeconfig({"eu-1": NOBODY, "us-1": NOBODY}))
    (declaration,) = declared(Settings())

    assert await names_from(unheard(declaration)) == ["eu-1", "us-1"]
