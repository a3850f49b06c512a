from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from exporter.fleet.conditions import conditions
from exporter.simulation.api_server import ApiServer
from tests.fleet.conftest import Observed, cluster, observing

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with ApiServer("eu-1").serving() as url:
        yield url


def names(fleet: Observed) -> list[str]:
    observation = fleet.fleet.observations.get("eu-1")
    return [condition for condition, _ in conditions(observation)] if observation else []


async def test_a_cluster_is_syncing_and_then_synced(url: str) -> None:
    async with observing([cluster("eu-1", url)]) as fleet:
        await fleet.until(lambda: names(fleet) == ["syncing"] or names(fleet) == ["synced"])
        await fleet.until(lambda: names(fleet) == ["synced"])


async def test_hibernation_is_a_mark_and_changes_nothing_else(url: str) -> None:
    async with observing([replace(cluster("eu-1", url), hibernated=True)]) as fleet:
        await fleet.until(lambda: names(fleet) == ["synced", "hibernated"])
        assert fleet.series('kube_fleet_cluster_up{cluster="eu-1"}')[0].endswith(" 1")


async def test_a_cluster_whose_name_another_one_wants_says_so(url: str) -> None:
    rival = replace(cluster("eu-1", "http://127.0.0.1:9"), source="somewhere else")
    async with observing([cluster("eu-1", url), rival]) as fleet:
        await fleet.until(lambda: names(fleet) == ["synced", "name-conflict"])
        assert [one.source for one in fleet.fleet.conflicts] == ["somewhere else"]


async def test_maintenance_is_a_fact_of_its_own(url: str) -> None:
    async with observing([replace(cluster("eu-1", url), maintenance=True)]) as fleet:
        await fleet.until(lambda: names(fleet) == ["synced"])
        assert fleet.series("kube_fleet_cluster_maintenance") == [
            'kube_fleet_cluster_maintenance{cluster="eu-1"} 1'
        ]


async def test_labels_of_the_source_are_labels_of_the_cluster(url: str) -> None:
    found = replace(cluster("eu-1", url), labels={"region": "eu", "tenant": "shop"}, virtual=True)
    async with observing([found]) as fleet:
        await fleet.until(lambda: names(fleet) == ["synced"])
        (info,) = fleet.series("kube_fleet_cluster_info")

    assert 'region="eu",tenant="shop",uid="' in info
    assert 'virtual="true"' in info
