"""Clusters come and go; those that stay are left in peace."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from exporter.discovery.provider import Cluster
from exporter.fleet import turns
from exporter.kubernetes import connection
from exporter.simulation import faults
from exporter.simulation.answer import Answer
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault
from exporter.simulation.request import Request
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


async def serving(stack: AsyncExitStack, *servers: ApiServer) -> list[Cluster]:
    """The servers as clusters, until the stack ends."""
    return [cluster(api.name, await stack.enter_async_context(api.serving())) for api in servers]


class InProgress:
    """Counts the lists that are being answered, over all servers."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    def fault(self) -> Fault:
        """Not one really: answers are a little late, so that they would overlap."""

        async def count(answer: Answer) -> Answer:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.01)
            self.now -= 1
            return answer

        return Fault(count, on=a_list)


def a_list(request: Request) -> bool:
    return request.is_list


async def test_however_many_clusters_begin_only_a_few_lists_are_in_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LISTS", 4)
    monkeypatch.setattr(turns, "PATIENCE", 60.0)
    in_progress, waiting = InProgress(), set()
    servers = [server(f"c{number}") for number in range(10)]
    for api in servers:
        api.faults.append(in_progress.fault())

    async with AsyncExitStack() as stack:
        clusters = await serving(stack, *servers)
        fleet = await stack.enter_async_context(observing(clusters))
        registry = fleet.fleet.telemetry.registry

        def synced() -> bool:
            waiting.add(registry.get_sample_value("kube_fleet_exporter_lists_waiting") or 0.0)
            return all(fleet.pods(api.name) for api in servers)

        await fleet.until(synced)

    assert in_progress.most == 4
    assert max(waiting) > 4


async def test_clusters_whose_lists_hang_give_their_turns_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "ANSWER_DEADLINE", 3600.0)
    monkeypatch.setattr(turns, "LISTS", 4)
    hanging = [server(f"hanging-{number}") for number in range(10)]
    for api in hanging:
        api.faults.append(Fault(faults.hang_before_headers(), on=a_list))

    async with AsyncExitStack() as stack:
        clusters = await serving(stack, *hanging, server("a"))
        fleet = await stack.enter_async_context(observing(clusters))

        await fleet.until(lambda: fleet.pods("a") == {"pod-of-a"})
        assert all(one.health.up for one in fleet.fleet.observations.values())


async def test_clusters_that_are_silent_keep_no_other_from_being_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "ANSWER_DEADLINE", 3600.0)
    silent = [server(f"silent-{number}") for number in range(2 * turns.MEETINGS)]
    for api in silent:
        api.faults.append(Fault(faults.hang_before_headers()))

    async with AsyncExitStack() as stack:
        clusters = await serving(stack, *silent, server("a"))
        fleet = await stack.enter_async_context(observing(clusters))

        await fleet.until(lambda: fleet.pods("a") == {"pod-of-a"})
