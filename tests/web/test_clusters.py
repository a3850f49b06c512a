"""The clusters of a process that reads them itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from exporter.exposition.negotiation import TEXT
from exporter.planning import Planning
from exporter.settings import Collect, Settings
from exporter.web.clusters import ObservedClusters, Page
from exporter.web.page import Choice, Pages
from tests.exposition.whole import page_of
from tests.fleet.conftest import RESOURCES, Observed, cluster, observing
from tests.web.exporter import NOBODY, small_cluster

SETTINGS = Settings(collect=Collect(resources=RESOURCES))
PAGES = Pages(Planning().plans(SETTINGS).kinds, "cluster")


@asynccontextmanager
async def two_clusters() -> AsyncIterator[tuple[Observed, ObservedClusters]]:
    """Of which one is away."""
    async with (
        small_cluster("eu-1", "web-0").serving() as url,
        observing([cluster("eu-1", url), cluster("away", NOBODY)], SETTINGS) as observed,
    ):
        await observed.until(lambda: bool(observed.pods("eu-1")))
        yield observed, ObservedClusters(observed.fleet, PAGES)


async def text(page: Page) -> str:
    async with page as columns:
        found = [column async for column in columns]

    return page_of(found, TEXT)


async def test_a_page_is_of_the_moment_it_is_asked_for() -> None:
    async with two_clusters() as (observed, clusters):
        page = clusters.page(Choice(collected=frozenset({"pods"})), TEXT)
        observed.declared.say()
        await observed.until(lambda: not observed.fleet.observations)

        assert 'kube_pod_info{cluster="eu-1"' in await text(page)


async def test_the_page_of_a_cluster_is_of_the_chosen_resources_whatever_clusters_are() -> None:
    choice = Choice(frozenset({"away"}), frozenset({"nodes"}))
    async with two_clusters() as (_, clusters):
        page = await text(clusters.page_of("eu-1", choice, TEXT))

    assert 'kube_node_info{cluster="eu-1"' in page
    assert "kube_pod_" not in page


async def test_there_is_no_page_of_a_cluster_that_nobody_knows_or_that_has_no_data() -> None:
    async with two_clusters() as (_, clusters):
        with pytest.raises(web.HTTPNotFound):
            await text(clusters.page_of("us-1", Choice(), TEXT))

        with pytest.raises(web.HTTPServiceUnavailable):
            await text(clusters.page_of("away", Choice(), TEXT))


async def test_the_list_is_in_the_order_of_discovery_and_whole_once_there_was_one() -> None:
    async with two_clusters() as (observed, clusters):
        listing = await clusters.listing()
        discovered = await clusters.discovered()
        observed.fleet.discovered = False
        before = (await clusters.listing()).whole, await clusters.discovered()

    assert [one.name for one in listing.clusters] == ["eu-1", "away"]
    assert (listing.whole, discovered) == (True, True)
    assert before == (False, False)
