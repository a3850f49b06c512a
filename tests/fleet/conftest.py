"""A fleet whose waits are short, over scripted API servers, and its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from aiohttp.resolver import ThreadedResolver

from exporter.discovery.provider import Cluster, Snapshot
from exporter.exposition.negotiation import TEXT
from exporter.fleet import contact, observation, turns
from exporter.fleet.fleet import Fleet
from exporter.kubernetes import connection, follow, resource
from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.credentials import Credential
from exporter.kubernetes.patience import Patience
from exporter.kubernetes.server import Server, Tls
from exporter.planning import Planning
from exporter.settings import Collect, Settings
from exporter.telemetry import Telemetry
from exporter.web.page import Choice, Pages
from tests.exposition.whole import page_of


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait of the list/watch path is shorter; their order stays what it is."""
    monkeypatch.setattr(connection, "ANSWER_DEADLINE", 0.4)
    monkeypatch.setattr(connection, "BODY_DEADLINE", 0.6)
    monkeypatch.setattr(resource, "LINE_DEADLINE", 0.4)
    monkeypatch.setattr(follow, "SHORT", 0.1)
    monkeypatch.setattr(follow, "SETTLED", 0.5)
    monkeypatch.setattr(follow, "REFUSED_PAUSE", 0.6)
    monkeypatch.setattr(follow, "UNAUTHORIZED_PAUSE", 0.3)
    monkeypatch.setattr(follow, "Backoff", partial(Backoff, longest=0.3))
    monkeypatch.setattr(Patience, "PLAIN", (1, 1, 1.3))
    monkeypatch.setattr(Patience, "BOOKMARKED", (6, 6, 1.3))
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    monkeypatch.setattr(contact, "PROBE", 0.2)
    monkeypatch.setattr(observation, "PROBE", 0.2)
    monkeypatch.setattr(contact, "PROBE_DEADLINE", 0.4)
    monkeypatch.setattr(contact, "REDISCOVER", 0.4)
    monkeypatch.setattr(contact, "SETTLE", 0.02)


RESOURCES = ("namespaces", "nodes", "pods")
"""Enough kinds for what is the same for all."""


class Anonymous:
    """Presents nothing."""

    async def current(self) -> Credential:
        return Credential()

    def rejected(self, credential: Credential) -> None:
        """There is nothing else to present."""


def cluster(name: str, url: str, digest: str = "") -> Cluster:
    return Cluster(name, "static", "tests", Server(url, Tls(), Anonymous()), digest or url)


class Declared:
    """A provider that says what it is told to say."""

    name = "static"

    def __init__(self, *clusters: Cluster) -> None:
        self._said: asyncio.Queue[Snapshot] = asyncio.Queue()
        self._said.put_nowait(clusters)

    def say(self, *clusters: Cluster) -> None:
        self._said.put_nowait(clusters)

    def check(self) -> None:
        """There is nothing that could be wrong."""

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        while True:
            yield await self._said.get()


class Observed:
    """A fleet that is being read, and its page."""

    def __init__(self, fleet: Fleet, pages: Pages, declared: Declared) -> None:
        self.fleet = fleet
        self.declared = declared
        self._pages = pages

    def page(self) -> str:
        """All that /metrics would say now."""
        observations = tuple(self.fleet.observations.values())
        columns = self._pages.everything(observations, Choice(), TEXT)
        return page_of(columns, TEXT)

    def series(self, *beginnings: str) -> list[str]:
        """The lines that begin with one of `beginnings`."""
        return [line for line in self.page().splitlines() if line.startswith(beginnings)]

    def pods(self, name: str = "eu-1") -> set[str]:
        """The names of the pods of one cluster on the page."""
        begin = f'kube_pod_created{{cluster="{name}"'
        return {line.split('pod="')[1].split('"')[0] for line in self.series(begin)}

    async def until(self, condition: Callable[[], bool], within: float = 25) -> None:
        """Wait until the condition holds; the page is shown if it never does."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            facts = "\n".join(self.series("kube_fleet_cluster_", "kube_fleet_resource_up"))
            raise AssertionError(f"it did not come to hold; the facts are\n{facts}") from None


@asynccontextmanager
async def observing(
    clusters: Sequence[Cluster],
    settings: Settings | None = None,
    planning: Planning | None = None,
    reads: Callable[[str], bool] = lambda _: True,
) -> AsyncIterator[Observed]:
    """Read `clusters` while the block lasts, as far as they are this process'."""
    settings = settings or Settings(collect=Collect(resources=RESOURCES))
    chosen = (planning or Planning()).plans(settings)
    fleet = Fleet(chosen, Telemetry(), ThreadedResolver(), reads)
    declared = Declared(*clusters)
    task = asyncio.create_task(fleet.run([declared]))
    try:
        yield Observed(fleet, Pages(chosen.kinds, settings.cluster_label), declared)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
