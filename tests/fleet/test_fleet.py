"""Clusters come and go; those that stay are left in peace."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from exporter.discovery.provider import Cluster, Refusal
from exporter.fleet import turns
from exporter.fleet.conditions import conditions
from exporter.kubernetes import connection
from exporter.planning import Planning
from exporter.settings import ClusterOverride, Collect, CollectOverride, Settings
from exporter.simulation import faults
from exporter.simulation.answer import Answer
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault
from exporter.simulation.request import Request
from tests.fleet.conftest import RESOURCES, Declared, Observed, cluster, observing

pytestmark = pytest.mark.usefixtures("hurried")


NOBODY = "http://127.0.0.1:9"

NOT_READ = "a cluster is not read"


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
                        for one in conditions(each)
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


def condition(fleet: Observed, name: str) -> str:
    """The first condition of a cluster, once it is known."""
    observation = fleet.fleet.observations.get(name)
    return conditions(observation)[0][0] if observation else ""


async def test_a_cluster_found_under_two_names_is_read_under_the_first() -> None:
    a = server("a")
    async with a.serving() as url, observing([cluster("a", url), cluster("b", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"a"} and condition(fleet, "b") == "duplicate")
        assert fleet.series('kube_fleet_cluster_up{cluster="b"}') == [
            'kube_fleet_cluster_up{cluster="b"} 0'
        ]

        fleet.declared.say(cluster("b", url))

        await fleet.until(lambda: shown(fleet) == {"b"})


async def test_the_labels_of_all_names_are_shown_under_the_first() -> None:
    a = server("a")
    async with a.serving() as url:
        first = replace(cluster("a", url), labels={"env": "prod"})
        second = replace(cluster("b", url), labels={"env": "test", "tenant": "shop"})
        async with observing([first, second]) as fleet:
            await fleet.until(lambda: condition(fleet, "b") == "duplicate")

            infos = fleet.series("kube_fleet_cluster_info{")

    assert ['env="prod"' in info and 'tenant="shop"' in info for info in infos] == [True, False]


async def test_a_name_that_comes_first_later_takes_the_cluster_over() -> None:
    a = server("a")
    async with a.serving() as url, observing([cluster("b", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"b"})

        fleet.declared.say(cluster("a", url), cluster("b", url))

        await fleet.until(lambda: shown(fleet) == {"a"} and condition(fleet, "b") == "duplicate")


async def until_found(fleet: Observed, count: int) -> None:
    def found() -> int:
        return len(fleet.fleet.observations) + len(fleet.fleet.conflicts)

    await fleet.until(lambda: found() == count)


async def test_a_conflict_of_names_is_logged_once_as_long_as_it_lasts() -> None:
    first, second, b = cluster("a", NOBODY), cluster("a", NOBODY, "another"), cluster("b", NOBODY)
    with capture_logs() as logs:
        async with observing([first]) as fleet:
            for said in ((first, second), (first, second, b), (first,), (first, second)):
                fleet.declared.say(*said)
                await until_found(fleet, len(said))

    told = [(one["cluster"], one["error"]) for one in logs if one["event"] == NOT_READ]
    assert told == [("a", "another cluster has its name: tests")] * 2


async def test_a_name_that_another_source_has_begins_anew_at_once() -> None:
    """Nothing of the old cluster may stay under it until the new one says who it is."""
    a = server("a")
    async with a.serving() as url, observing([cluster("a", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"a"})

        fleet.declared.say(replace(cluster("a", NOBODY), source="another file"))

        await fleet.until(lambda: shown(fleet) == set())
        assert condition(fleet, "a") != "stale"


async def test_a_process_reads_its_share_and_knows_the_order_of_all_names() -> None:
    a = server("a")
    async with (
        a.serving() as url,
        observing([cluster("b", url), cluster("a", url)], reads=lambda name: name == "a") as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a"})
        assert list(fleet.fleet.observations) == ["a"]

        fleet.fleet.claims.hear({"b": fleet.fleet.claims.here["a"]}, {})

        await fleet.until(lambda: shown(fleet) == set() and condition(fleet, "a") == "duplicate")


async def test_a_first_name_that_is_only_away_keeps_its_cluster() -> None:
    a = server("a")
    async with a.serving() as url, observing([cluster("a", url), cluster("b", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"a"} and condition(fleet, "b") == "duplicate")

        fleet.declared.say(cluster("a", NOBODY), cluster("b", url))

        await fleet.until(lambda: condition(fleet, "a") == "unreachable")
        await asyncio.sleep(0.5)
        assert condition(fleet, "b") == "duplicate"
        assert shown(fleet) == {"a"}


async def test_new_credentials_leave_no_gap_in_the_data() -> None:
    a = server("a")
    async with a.serving() as url, observing([cluster("a", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"a"})
        unit = fleet.fleet.observations["a"].unit
        for number in range(5):
            fleet.declared.say(replace(cluster("a", url), digest=f"token {number}"))
            await fleet.until(lambda: a.open_watches.total() > 0)
            assert shown(fleet) == {"a"}

        a.put("pods", {"metadata": {"name": "late", "namespace": "shop"}})
        await fleet.until(lambda: "late" in fleet.pods("a"))
        assert fleet.fleet.observations["a"].unit is unit


async def test_a_cluster_that_discovery_refuses_has_its_facts_and_nothing_else() -> None:
    a = server("a")
    refusal = Refusal("refused-by-policy", "", "exec is refused")
    async with a.serving() as url, observing([cluster("a", url)]) as fleet:
        await fleet.until(lambda: shown(fleet) == {"a"})

        fleet.declared.say(replace(cluster("a", url), server=None, refusal=refusal, digest="x"))

        await fleet.until(lambda: shown(fleet) == set())
        assert condition(fleet, "a") == "refused-by-policy"
        assert fleet.series('kube_fleet_cluster_info{cluster="a"')

        fleet.declared.say(cluster("a", url))

        await fleet.until(lambda: shown(fleet) == {"a"})


async def test_a_cluster_that_is_not_the_expected_one_is_not_read() -> None:
    a = server("a")
    async with (
        a.serving() as url,
        observing([replace(cluster("a", url), uid="another")]) as fleet,
    ):
        await fleet.until(lambda: condition(fleet, "a") == "identity-mismatch")
        assert shown(fleet) == set()


async def test_other_providers_take_over_when_all_of_them_have_spoken() -> None:
    a, b = server("a"), server("b")
    async with (
        a.serving() as at_a,
        b.serving() as at_b,
        observing([cluster("a", at_a), cluster("b", at_b)]) as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a", "b"})
        observation = fleet.fleet.observations["b"]
        silent = Declared()
        await anext(snapshots := silent.snapshots())
        await snapshots.aclose()
        await fleet.fleet.follow([Declared(cluster("b", at_b)), silent])
        await asyncio.sleep(0.1)
        assert shown(fleet) == {"a", "b"}

        silent.say()

        await fleet.until(lambda: shown(fleet) == {"b"})
        assert fleet.fleet.observations["b"] is observation


async def test_a_cluster_with_another_plan_begins_anew_once_it_is_let_go() -> None:
    a, b = server("a"), server("b")
    settings = Settings(collect=Collect(resources=RESOURCES))
    planning = Planning()
    async with (
        a.serving() as at_a,
        b.serving() as at_b,
        observing([cluster("a", at_a), cluster("b", at_b)], settings, planning) as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a", "b"})
        before = dict(fleet.fleet.observations)
        override = ClusterOverride(collect=CollectOverride(namespaces=("elsewhere",)))
        fleet.fleet.change(planning.plans(structs.replace(settings, clusters={"a": override})))

        assert shown(fleet) == {"b"}
        assert list(fleet.fleet.observations) == ["a", "b"]
        assert fleet.fleet.observations["b"] is before["b"]
        assert fleet.fleet.observations["a"] is not before["a"]
        fleet.fleet.change(planning.plans(settings))
        await fleet.until(lambda: shown(fleet) == {"a", "b"})
        assert conditions(fleet.fleet.observations["a"]) == [("synced", "")]


async def test_a_cluster_that_begins_anew_keeps_its_name_and_its_identity() -> None:
    """Another name that it has too is not read meanwhile."""
    settings = Settings(collect=Collect(resources=RESOURCES))
    planning = Planning()
    async with (
        server("a").serving() as url,
        observing([cluster("a", url), cluster("b", url)], settings, planning) as fleet,
    ):
        await fleet.until(lambda: shown(fleet) == {"a"})
        await fleet.until(lambda: ("duplicate", "") in conditions(fleet.fleet.observations["b"]))
        info = fleet.series('kube_fleet_cluster_info{cluster="a"')
        override = ClusterOverride(collect=CollectOverride(namespaces_denylist=("elsewhere",)))
        fleet.fleet.change(planning.plans(structs.replace(settings, clusters={"a": override})))
        assert shown(fleet) == set()
        assert identities(fleet, "a") == identities_in(info) != {""}
        was_shown: set[str] = set()

        def is_back() -> bool:
            was_shown.update(shown(fleet))
            return "a" in was_shown

        await fleet.until(is_back)
        assert was_shown == {"a"}


def identities(fleet: Observed, name: str) -> set[str]:
    return identities_in(fleet.series(f'kube_fleet_cluster_info{{cluster="{name}"'))


def identities_in(infos: list[str]) -> set[str]:
    return {info.split('uid="')[1].split('"')[0] for info in infos}
