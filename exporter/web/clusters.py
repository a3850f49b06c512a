"""Where pages and lists of clusters come from: this process, or workers that share the clusters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from aiohttp import web

from exporter.exposition.negotiation import Format
from exporter.fleet.fleet import Fleet
from exporter.fleet.observation import Observation
from exporter.store.section import Column
from exporter.web.description import Description, conflicting, described
from exporter.web.federation import with_series
from exporter.web.page import Choice, Pages

Page = AbstractAsyncContextManager[AsyncIterator[Column]]
"""Columns in the order of their places, for as long as the block lasts; a place may come several
times in a row, and only the first has a header. An empty column says that more is looked for."""


class BrokenPage(Exception):
    """What is left of a page that is being sent cannot be had any more."""


@dataclass(frozen=True)
class Listing:
    """Not `whole` while clusters may be missing that are known to somebody."""

    clusters: Sequence[Description]
    whole: bool


class Clusters(Protocol):
    """All clusters of the exporter. Iterating over a page may raise `BrokenPage`."""

    async def discovered(self) -> bool:
        """
        Whether there was a first snapshot: what readiness means, since a fleet with a dead cluster
        is never synced as a whole.
        """
        ...

    def page(self, choice: Choice, format_: Format) -> Page:
        """
        The series of the chosen clusters, each of one moment.

        Raises:
            web.HTTPServiceUnavailable: nobody has any of them now.
        """
        ...

    def page_of(self, cluster: str, choice: Choice, format_: Format) -> Page:
        """
        The series of one cluster; `choice` says of which resources.

        Raises:
            web.HTTPNotFound: there is none of that name.
            web.HTTPServiceUnavailable: it has no complete data now.
        """
        ...

    async def listing(self) -> Listing:
        """What is known of each cluster."""
        ...


class ObservedClusters:
    """The clusters that this process reads; `pages` write what the plans of the fleet have."""

    def __init__(self, fleet: Fleet, pages: Pages) -> None:
        self._fleet = fleet
        self.pages = pages

    async def discovered(self) -> bool:
        """Whether the fleet has had its first snapshot."""
        return self._fleet.discovered

    def page(self, choice: Choice, format_: Format) -> Page:
        """All of them, of the moment of the call."""
        return self._page(tuple(self._fleet.observations.values()), choice, format_)

    def _page(self, observations: Sequence[Observation], choice: Choice, format_: Format) -> Page:
        columns = self.pages.everything(observations, choice, format_)
        return _lasting(_each(columns) if choice.selectors is None else with_series(columns))

    @asynccontextmanager
    async def page_of(
        self, cluster: str, choice: Choice, format_: Format
    ) -> AsyncGenerator[AsyncIterator[Column], None]:
        """One of them."""
        observation = self._fleet.observations.get(cluster)
        if observation is None:
            raise web.HTTPNotFound(text="no such cluster; /sd and /api/v1/clusters list them\n")

        if not observation.stores:
            raise web.HTTPServiceUnavailable(text="the cluster has no complete data now\n")

        choice = replace(choice, clusters=None)
        async with self._page([observation], choice, format_) as columns:
            yield columns

    async def listing(self) -> Listing:
        """In the order of discovery; those whose name another one has come last."""
        clusters = []
        for observation in tuple(self._fleet.observations.values()):
            clusters.append(described(observation))
            await asyncio.sleep(0)  # a thousand of them take a tenth of a second

        clusters += map(conflicting, self._fleet.conflicts)
        return Listing(clusters, self._fleet.discovered)


async def _each(columns: Iterable[Column]) -> AsyncGenerator[Column, None]:
    for column in columns:
        yield column


@asynccontextmanager
async def _lasting(
    columns: AsyncGenerator[Column, None],
) -> AsyncGenerator[AsyncIterator[Column], None]:
    async with aclosing(columns) as iterator:
        yield iterator
