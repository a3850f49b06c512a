"""Clusters come and go; those that stay are left in peace."""

from __future__ import annotations

import asyncio

import pytest

from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault
from tests.fleet.conftest import RESOURCES, Observed, cluster, observing

pytestmark = pytest.mark.usefixtures("hurried")


def server(name: str) -> ApiServer:
    api = ApiServer(name)
    api.put("pods", {"metadata": {"name": f"pod-of-{name}", "namespace": "shop"}})
    return api


def shown(fleet: Observed) -> set[str]:
    return {name for name in ("a", "b", "c") if fleet.pods(name)}


async def test_only_the_difference_between_two_snapshots_is_started_and_ended() -> None:
    a, b, c = server("a"), server("b"), server("c")
    async with (
        a.serving() as at_a,
        b.serving() as at_b,
        c.serving() as at_c,
        observing([cluster("a", at_a), cluster("b", at_b)]) as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a", "b"})
        observation = fleet.fleet.observations["b"]

        fleet.declared.say(cluster("b", at_b), cluster("c", at_c))

        await fleet.until(lambda: shown(fleet) == {"b", "c"})
        assert fleet.fleet.observations["b"] is observation
        assert fleet.series('kube_fleet_cluster_info{cluster="a"') == []
        await fleet.until(lambda: a.open_watches.total() == 0)


async def test_a_cluster_whose_address_changed_is_read_at_the_new_one() -> None:
    a, b = server("a"), server("b")
    async with (
        a.serving() as at_a,
        b.serving() as at_b,
        observing([cluster("a", at_a)]) as fleet,
    ):
        await fleet.until(lambda: fleet.pods("a") == {"pod-of-a"})

        fleet.declared.say(cluster("a", at_b))

        await fleet.until(lambda: fleet.pods("a") == {"pod-of-b"})


async def test_series_stand_in_the_order_of_discovery() -> None:
    a, b = server("a"), server("b")
    async with (
        a.serving() as at_a,
        b.serving() as at_b,
        observing([cluster("b", at_b), cluster("a", at_a)]) as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a", "b"})

        first, second = fleet.series("kube_pod_created")
        assert 'cluster="b"' in first
        assert 'cluster="a"' in second


async def test_a_cluster_that_hangs_and_one_that_does_not_exist_keep_no_other_waiting() -> None:
    a, hanging = server("a"), server("b")
    hanging.faults.append(Fault(faults.hang_before_headers()))
    async with a.serving() as at_a, hanging.serving() as at_b:
        clusters = [cluster("b", at_b), cluster("c", "http://no-such-cluster.invalid")]
        async with observing([*clusters, cluster("a", at_a)]) as fleet:
            await fleet.until(lambda: shown(fleet) == {"a"}, within=5)

            ups = {line.split('"')[1]: line[-1] for line in fleet.series("kube_fleet_cluster_up{")}
            assert ups == {"a": "1", "b": "0", "c": "0"}
            await fleet.until(
                lambda: (
                    {("unreachable", "timeout"), ("unreachable", "dns")}
                    <= {
                        one
                        for each in fleet.fleet.observations.values()
                        for one in each.conditions()
                    }
                )
            )


async def test_nothing_is_left_open_when_the_fleet_ends() -> None:
    a = server("a")
    async with a.serving() as at_a:
        await observed_until_all_is_watched(a, at_a)

        async with asyncio.timeout(10):
            while a.open_watches.total():
                await asyncio.sleep(0.01)


async def observed_until_all_is_watched(api: ApiServer, url: str) -> None:
    async with observing([cluster("a", url)]) as fleet:
        await fleet.until(lambda: api.open_watches.total() == len(RESOURCES) + 1)


async def test_a_fleet_is_ready_once_it_knows_its_clusters_reachable_or_not() -> None:
    async with observing([cluster("a", "http://127.0.0.1:1")]) as fleet:
        await fleet.until(lambda: fleet.fleet.discovered)

        assert fleet.series("kube_fleet_cluster_up{") == ['kube_fleet_cluster_up{cluster="a"} 0']
