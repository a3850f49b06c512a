"""One cluster being read, as it appears on the page, whatever its API server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from exporter.fleet import conditions as of_cluster
from exporter.fleet.kubelets import Kubelets
from exporter.kinds import KINDS
from exporter.kubernetes import follow
from exporter.kubernetes.backoff import Backoff
from exporter.settings import Collect, Duration, Events, Poll, Settings, Staleness
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, Predicate, lists, watches
from exporter.simulation.request import Request
from tests.fleet.conftest import RESOURCES, Observed, cluster, observing

pytestmark = pytest.mark.usefixtures("hurried")

HELD_BRIEFLY = Settings(
    collect=Collect(resources=RESOURCES),
    staleness=Staleness(hold=Duration(1), first_sync=Duration(1)),
)


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {}, "status": {}, **more}


def node(name: str, kubelet: str) -> dict[str, Any]:
    info = {"kubeletVersion": kubelet}
    return {"metadata": {"name": name}, "spec": {}, "status": {"nodeInfo": info}}


@pytest.fixture
async def api() -> ApiServer:
    server = ApiServer("eu-1", version="v1.36.3")
    server.bookmark_interval = 0.2
    server.put("pods", pod("a"))
    server.put("pods", pod("b"))
    server.put("nodes", node("n1", "v1.35.1"))
    server.put("nodes", node("n2", "v1.34.2"))
    return server


@pytest.fixture
async def url(api: ApiServer) -> AsyncIterator[str]:
    async with api.serving() as served:
        yield served


@pytest.fixture
async def observed(url: str) -> AsyncIterator[Observed]:
    async with observing([cluster("eu-1", url)]) as fleet:
        yield fleet


@pytest.fixture
async def brief(url: str) -> AsyncIterator[Observed]:
    """Like `observed`; data is held for a second, as is a kind that fails at first."""
    async with observing([cluster("eu-1", url)], HELD_BRIEFLY) as fleet:
        yield fleet


def up(fleet: Observed) -> str:
    (line,) = fleet.series("kube_fleet_cluster_up{")
    return line.rsplit(" ", 1)[1]


def conditions(fleet: Observed) -> set[tuple[str, str]]:
    return {
        (observed_condition, reason)
        for one in fleet.fleet.observations.values()
        for observed_condition, reason in of_cluster.conditions(one)
    }


async def synced(fleet: Observed) -> None:
    await fleet.until(lambda: conditions(fleet) == {("synced", "")})


async def test_a_cluster_appears_with_its_name_on_every_series(observed: Observed) -> None:
    await synced(observed)

    assert observed.pods() == {"a", "b"}
    assert all('{cluster="eu-1"' in line for line in observed.series("kube_node", "kube_pod"))


async def test_the_facts_are_there_before_the_first_answer(observed: Observed) -> None:
    while not observed.fleet.observations:
        await asyncio.sleep(0)  # any longer, and the cluster would have answered

    assert observed.series("kube_fleet_cluster_info") == [
        'kube_fleet_cluster_info{cluster="eu-1",platform="",provider="static",region="",uid=""} 1'
    ]
    assert up(observed) == "0"
    assert conditions(observed) == {("syncing", "")}


async def test_identity_and_versions_are_facts(api: ApiServer, observed: Observed) -> None:
    await synced(observed)

    assert f'uid="{api.uid}"' in observed.series("kube_fleet_cluster_info")[0]
    assert observed.series("kube_fleet_cluster_version_", "kube_fleet_cluster_kubelet_") == [
        (
            'kube_fleet_cluster_version_info{cluster="eu-1",git_version="v1.36.3",'
            'platform="linux/amd64"} 1'
        ),
        'kube_fleet_cluster_version_minor{cluster="eu-1"} 36',
        'kube_fleet_cluster_version_patch{cluster="eu-1"} 3',
        'kube_fleet_cluster_kubelet_minor_min{cluster="eu-1"} 34',
        'kube_fleet_cluster_kubelet_minor_max{cluster="eu-1"} 35',
    ]


async def test_kubelets_that_are_upgraded_or_gone_count_no_longer(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    api.put("nodes", node("n1", "v1.36.0"))
    api.delete("nodes", "", "n2")

    await observed.until(
        lambda: (
            observed.series("kube_fleet_cluster_kubelet_minor_min")
            == ['kube_fleet_cluster_kubelet_minor_min{cluster="eu-1"} 36']
        )
    )


async def test_changes_reach_the_page(api: ApiServer, observed: Observed) -> None:
    await synced(observed)
    api.put("pods", pod("c", status={"phase": "Running"}))
    api.delete("pods", "shop", "a")

    await observed.until(lambda: observed.pods() == {"b", "c"})
    running = [line for line in observed.series("kube_pod_status_phase") if line.endswith(" 1")]
    assert len(running) == 1 and 'pod="c"' in running[0] and 'phase="Running"' in running[0]


async def test_objects_and_series_are_counted(observed: Observed) -> None:
    await synced(observed)

    assert 'kube_fleet_objects{cluster="eu-1",resource="pods"} 2' in observed.page()
    assert (
        f'kube_fleet_series{{cluster="eu-1",resource="pods"}} {len(observed.series("kube_pod_"))}'
        in observed.page()
    )


async def test_nothing_appears_until_every_kind_is_listed(api: ApiServer, url: str) -> None:
    fault = Fault(faults.hang_before_headers(), on=lists("nodes"))
    api.faults.append(fault)
    async with observing([cluster("eu-1", url)]) as fleet:
        await fleet.until(lambda: fault.hits > 0)
        listed = fleet.fleet.observations["eu-1"].health.kinds["pods"]
        await fleet.until(lambda: listed.listed)

        assert fleet.series("kube_pod", "kube_namespace") == []
        assert ("syncing", "") in conditions(fleet)

        api.faults.clear()
        await synced(fleet)
        assert fleet.pods() == {"a", "b"}


async def test_a_kind_that_keeps_failing_is_left_out_after_a_while(
    api: ApiServer, brief: Observed
) -> None:
    api.faults.append(Fault(faults.html_error(503), on=lists("nodes")))

    await brief.until(lambda: conditions(brief) == {("incomplete", "")})

    assert brief.pods() == {"a", "b"}
    assert brief.series("kube_node") == []
    assert (
        'kube_fleet_resource_up{cluster="eu-1",resource="nodes",reason="failing"} 0' in brief.page()
    )

    api.faults.clear()
    await synced(brief)
    assert brief.series("kube_node_created")


async def test_a_forbidden_kind_keeps_nothing_else_back(api: ApiServer, observed: Observed) -> None:
    api.forbidden = {"nodes"}

    await observed.until(lambda: conditions(observed) == {("forbidden", "")})

    assert observed.pods() == {"a", "b"}
    assert (
        'kube_fleet_resource_up{cluster="eu-1",resource="nodes",reason="forbidden"} 0'
        in observed.page()
    )
    api.forbidden = set()
    await synced(observed)


async def test_a_cluster_that_allows_nothing_is_up_and_says_why_it_is_empty(
    api: ApiServer, observed: Observed
) -> None:
    api.forbidden = {"nodes", "pods", "namespaces", "events", "events.k8s.io/v1/events"}

    await observed.until(lambda: ("forbidden", "") in conditions(observed))

    assert up(observed) == "1"
    assert observed.series("kube_pod", "kube_node", "kube_namespace") == []


async def test_a_cluster_that_never_answered_has_a_fact_for_each_kind(
    api: ApiServer, observed: Observed
) -> None:
    await api.go_down()
    async with observing([cluster("away", "http://127.0.0.1:1")]) as fleet:
        await fleet.until(lambda: ("unreachable", "refused") in conditions(fleet))

        assert fleet.series("kube_fleet_resource_up") == [
            f'kube_fleet_resource_up{{cluster="away",resource="{resource}",reason="failing"}} 0'
            for resource in (*RESOURCES, "events")
        ]


async def test_a_kind_that_becomes_forbidden_is_held_and_then_dropped_alone(
    api: ApiServer, brief: Observed
) -> None:
    await synced(brief)
    api.forbidden = {"pods"}
    api.disconnect()

    await brief.until(lambda: ("forbidden", "") in conditions(brief))
    assert brief.pods() == {"a", "b"}

    await brief.until(lambda: not brief.pods())
    assert brief.series("kube_node_created")
    assert up(brief) == "1"


async def test_a_kind_that_is_not_served_is_not_asked_for_and_found_when_it_is(
    api: ApiServer, url: str
) -> None:
    api.unserved = {"nodes"}
    async with observing([cluster("eu-1", url)]) as fleet:
        await synced_without_nodes(fleet)
        assert conditions(fleet) == {("synced", ""), ("incomplete", "not-served")}
        assert not any(lists("nodes")(request) for request in api.requests)

        api.unserved = set()
        await fleet.until(lambda: bool(fleet.series("kube_node_created")))


async def synced_without_nodes(fleet: Observed) -> None:
    await fleet.until(
        lambda: (
            fleet.pods() == {"a", "b"}
            and any(
                'resource="nodes",reason="not-served"' in line for line in fleet.page().splitlines()
            )
        )
    )


async def test_a_kind_that_cannot_be_watched_is_listed_now_and_then(
    api: ApiServer, url: str
) -> None:
    api.faults.append(Fault(faults.status(405, "MethodNotAllowed"), on=watches("pods")))
    async with observing([cluster("eu-1", url)]) as fleet:
        await synced(fleet)
        api.put("pods", pod("c"))
        api.delete("pods", "shop", "a")

        await fleet.until(lambda: fleet.pods() == {"b", "c"})
        assert conditions(fleet) == {("synced", "")}


async def test_events_are_read_from_the_newer_api_where_it_is_served(
    api: ApiServer, observed: Observed
) -> None:
    await observed.until(
        lambda: any(lists("events.k8s.io/v1/events")(request) for request in api.requests)
    )

    assert not any(lists("events")(request) for request in api.requests)


async def test_events_are_read_from_the_older_api_where_only_that_is_served(
    api: ApiServer, url: str
) -> None:
    api.unserved = {"events.k8s.io/v1/events"}
    async with observing([cluster("eu-1", url)]) as fleet:
        await synced(fleet)
        await counting_a_backoff(api, fleet)


async def test_events_are_counted_from_when_we_began_to_look(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    await counting_a_backoff(api, observed)


async def counting_a_backoff(api: ApiServer, fleet: Observed) -> None:
    event = {
        "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "a"},
        "type": "Warning",
        "reason": "BackOff",
        "source": {"component": "kubelet"},
        "count": 1,
    }
    watched = fleet.fleet.observations["eu-1"].health.kinds["events"]
    await fleet.until(lambda: watched.watches["success"] > 0)
    api.put("events", event)
    api.put("events", {**event, "count": 4})

    await fleet.until(
        lambda: (
            fleet.series("kube_fleet_events_total")
            == [
                (
                    'kube_fleet_events_total{cluster="eu-1",namespace="shop",kind="Pod",'
                    'type="Warning",reason="BackOff",reporting_component="kubelet"} 4'
                )
            ]
        )
    )


EVERYTHING: Predicate = faults.anything


def ANY_WATCH(request: Request) -> bool:
    return request.is_watch


def ANY_LIST(request: Request) -> bool:
    return request.is_list


FAULTS = {
    "hang after connect": (faults.hang_before_headers(), EVERYTHING),
    "watches hang after connect": (faults.hang_before_headers(), ANY_WATCH),
    "watches hang after headers": (faults.hang_after_headers(), ANY_WATCH),
    "watches hang mid-stream": (faults.hang_after(lines=1), ANY_WATCH),
    "watches trickle": (faults.trickle(0.02), ANY_WATCH),
    "watches are cut inside a chunk": (faults.truncated_chunk(), ANY_WATCH),
    "watches end in half a line": (faults.half_a_line(), ANY_WATCH),
    "watches end at once": (faults.instant_end(), ANY_WATCH),
    "watches answer 410": (faults.gone(), ANY_WATCH),
    "watches say 410 in the stream": (faults.gone_in_stream(), ANY_WATCH),
    "watches are throttled": (faults.too_many_requests(0), ANY_WATCH),
    "watches bring null": (faults.null(), ANY_WATCH),
    "watches bring garbage": (faults.garbage(), ANY_WATCH),
    "everything is throttled": (faults.too_many_requests(None), EVERYTHING),
    "everything is reset": (faults.reset_before_headers(), EVERYTHING),
    "everything is html": (faults.html_error(502), EVERYTHING),
    "everything is redirected": (faults.redirect("http://127.0.0.1:1/"), EVERYTHING),
    "everything is null": (faults.null(), EVERYTHING),
    "lists fail while watches expire": (faults.hang_after_bytes(90), ANY_LIST),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_after_any_fault_every_kind_is_current_and_nothing_removed_stays(
    api: ApiServer, observed: Observed, name: str
) -> None:
    await synced(observed)
    bend, predicate = FAULTS[name]
    fault = Fault(bend, on=predicate)
    api.faults.append(fault)
    if "expire" in name:
        api.compact()

    api.disconnect()
    api.put("pods", pod("c"))
    api.delete("pods", "shop", "a")
    if "watches expire" not in name:
        await observed.until(lambda: fault.hits > 2)
    assert observed.pods() in ({"a", "b"}, {"b", "c"}, {"b"}, {"a", "b", "c"})

    api.faults.clear()
    api.put("nodes", node("n3", "v1.36.1"))

    await observed.until(lambda: observed.pods() == {"b", "c"})
    await observed.until(lambda: any('node="n3"' in one for one in observed.series("kube_node_")))
    await synced(observed)
    assert up(observed) == "1"


async def test_an_api_server_that_is_away_is_told_at_once_and_its_data_held(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    await api.go_down()

    await observed.until(lambda: up(observed) == "0")

    assert conditions(observed) == {("unreachable", "refused"), ("stale", "")}
    assert observed.pods() == {"a", "b"}

    api.put("pods", pod("c"))
    await api.come_back()
    await observed.until(lambda: observed.pods() == {"a", "b", "c"})
    await synced(observed)


async def test_kinds_do_not_wait_out_their_pauses_when_the_cluster_is_back(
    api: ApiServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "Backoff", partial(Backoff, first=3600.0, longest=3600.0))
    async with observing([cluster("eu-1", url)]) as fleet:
        await synced(fleet)
        await api.go_down()
        kinds = fleet.fleet.observations["eu-1"].health.kinds.values()
        await fleet.until(lambda: all(kind.lost_since is not None for kind in kinds))
        await fleet.until(lambda: up(fleet) == "0")
        api.put("pods", pod("c"))

        await api.come_back()

        await fleet.until(lambda: fleet.pods() == {"a", "b", "c"})


async def test_a_cluster_that_stays_away_is_dropped_as_one_unit_but_for_its_facts(
    api: ApiServer, brief: Observed
) -> None:
    await synced(brief)
    await api.go_down()

    await brief.until(lambda: not brief.series("kube_pod", "kube_node", "kube_namespace"))

    assert up(brief) == "0"
    assert f'uid="{api.uid}"' in brief.series("kube_fleet_cluster_info")[0]

    api.delete("pods", "shop", "a")
    await api.come_back()
    await brief.until(lambda: brief.pods() == {"b"})
    await synced(brief)


async def test_another_cluster_at_the_same_address_is_synced_anew(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    before = api.uid
    api.replace_identity()
    api.disconnect()
    api.put("pods", pod("other"))

    await observed.until(lambda: observed.pods() == {"other"})
    await synced(observed)
    assert api.uid != before
    assert f'uid="{api.uid}"' in observed.series("kube_fleet_cluster_info")[0]


async def test_another_cluster_is_noticed_although_the_old_watches_stay_open(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    silent = Fault(faults.hang_after_headers(), on=ANY_WATCH)
    api.faults.append(silent)
    api.disconnect()
    await observed.until(lambda: silent.hits >= 4)
    api.replace_identity()
    api.put("pods", pod("other"))
    api.faults.clear()

    await observed.until(lambda: observed.pods() == {"other"})


async def test_rejected_credentials_are_a_condition_of_their_own(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    api.tokens = {"another"}
    api.disconnect()

    await observed.until(lambda: ("unauthorized", "") in conditions(observed))

    assert up(observed) == "0"
    api.tokens = set()
    await synced(observed)


async def test_an_undecodable_object_is_skipped_counted_and_nothing_else_is_lost(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    api.put("pods", pod("a", status={"phase": {"not": "text"}}))
    api.put("pods", pod("c"))

    await observed.until(lambda: observed.pods() == {"b", "c"})

    assert (
        'kube_fleet_undecodable_objects_total{cluster="eu-1",resource="pods"} 1' in observed.page()
    )
    assert conditions(observed) == {("synced", "")}


async def test_restarts_of_watches_are_counted_by_reason(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    api.faults.append(Fault(faults.gone_in_stream(), on=watches("pods")))
    api.disconnect()

    gone = 'kube_fleet_watch_restarts_total{cluster="eu-1",resource="pods",reason="gone"} '
    await observed.until(lambda: len(observed.series(gone)) == 1)


async def test_requests_are_counted_with_their_outcome_and_latency(observed: Observed) -> None:
    kinds = len(RESOURCES) + 1
    listed = f'kube_fleet_api_requests_total{{cluster="eu-1",verb="LIST",code="200"}} {kinds}'
    await observed.until(lambda: listed in observed.page())

    page = observed.page()
    counted = 'kube_fleet_api_request_duration_seconds_count{cluster="eu-1",verb="LIST"}'
    assert f"{counted} {kinds}" in page
    assert (
        'kube_state_metrics_list_total{cluster="eu-1",resource="pods",result="success"} 1' in page
    )


async def test_a_quiet_kind_is_proved_current_without_a_change_of_its_own(
    api: ApiServer, observed: Observed
) -> None:
    await synced(observed)
    health = observed.fleet.observations["eu-1"].health.kinds["namespaces"]
    before = health.last_success
    assert before is not None

    api.put("pods", pod("moves-the-version"))
    await observed.until(lambda: (health.last_success or 0) > before)


async def test_a_fault_of_our_own_costs_one_cluster_a_moment_and_is_counted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = iter([True])

    def put(self: Kubelets, obj: Any) -> None:
        if next(broken, False):
            raise RuntimeError("a bug")

    monkeypatch.setattr(Kubelets, "list_object", put)
    async with observing([cluster("eu-1", url)]) as fleet:
        await synced(fleet)
        await asyncio.sleep(0)

        crashes = fleet.fleet.telemetry.observation_crashes.labels("eu-1")
        assert crashes._value.get() == 1


def chosen(**more: Any) -> Settings:
    return Settings(collect=Collect(resources=RESOURCES, **more))


async def test_namespaces_that_are_named_are_listed_one_by_one_and_shown_together(
    api: ApiServer, url: str
) -> None:
    api.put("pods", {"metadata": {"name": "d", "namespace": "data"}})
    api.put("pods", {"metadata": {"name": "x", "namespace": "other"}})
    settings = chosen(namespaces=("shop", "data"))
    async with observing([cluster("eu-1", url)], settings) as fleet:
        await synced(fleet)

        assert fleet.pods() == {"a", "b", "d"}
        assert "/api/v1/pods" not in {request.path for request in api.requests}
        assert 'kube_fleet_objects{cluster="eu-1",resource="pods"} 3' in fleet.page()
        assert len(fleet.series('kube_fleet_resource_up{cluster="eu-1",resource="pods"')) == 1

        api.delete("pods", "data", "d")
        api.put("pods", pod("c"))
        await fleet.until(lambda: fleet.pods() == {"a", "b", "c"})


async def test_denied_namespaces_are_not_shown(api: ApiServer, url: str) -> None:
    api.put("pods", {"metadata": {"name": "d", "namespace": "data"}})
    async with observing([cluster("eu-1", url)], chosen(namespaces_denylist=("shop",))) as fleet:
        await synced(fleet)

        assert fleet.pods() == {"d"}
        assert len(fleet.series("kube_node_created")) == 2


async def test_pods_of_one_node_or_of_none_can_be_chosen(api: ApiServer, url: str) -> None:
    api.put("pods", pod("c", spec={"nodeName": "n1"}))
    async with observing([cluster("eu-1", url)], chosen(node="n1")) as fleet:
        await fleet.until(lambda: fleet.pods() == {"c"})

    async with observing([cluster("eu-1", url)], chosen(track_unscheduled_pods=True)) as fleet:
        await fleet.until(lambda: fleet.pods() == {"a", "b"})


async def test_shards_divide_a_cluster_without_rest(api: ApiServer, url: str) -> None:
    for number in range(20):
        api.put("pods", pod(f"web-{number}"))

    found = []
    for shard in range(3):
        settings = chosen(total_shards=3, shard=shard)
        async with observing([cluster("eu-1", url)], settings) as fleet:
            await synced(fleet)
            found += sorted(fleet.pods())

    assert len(found) == 22
    assert set(found) == {"a", "b", *(f"web-{number}" for number in range(20))}


async def test_lists_of_metrics_do_not_concern_the_facts(url: str) -> None:
    async with observing(
        [cluster("eu-1", url)], chosen(metric_allowlist=("^kube_pod_info$",))
    ) as fleet:
        await synced(fleet)

        assert len(fleet.series("kube_pod")) == 2
        assert fleet.series("kube_fleet_cluster_up{")


async def test_kinds_that_are_shown_by_their_metadata_are_asked_for_no_more(
    api: ApiServer, url: str
) -> None:
    told = [kind.resource for kind in KINDS if kind.metadata_only]
    assert set(told) >= {"configmaps", "secrets"}
    paths = {f"/api/v1/{name}" for name in told} | {
        f"/apis/rbac.authorization.k8s.io/v1/{name}" for name in told
    }
    settings = Settings(collect=Collect(resources=tuple(told)), events=Events(enabled=False))
    async with observing([cluster("eu-1", url)], settings) as fleet:
        await synced(fleet)
        await fleet.until(lambda: all(api.open_watches[one] for one in watched_paths(told)))

        asked = [one.headers["Accept"] for one in api.requests if one.path in paths]
        assert len(asked) >= 2 * len(told)
        for accept in asked:
            first = accept.split(",")[0]
            assert "as=PartialObjectMetadata" in first or "as=Table" in first


def watched_paths(resources: list[str]) -> list[str]:
    """As the simulation calls the kinds."""
    return [
        kind.resource if kind.api_version == "v1" else f"{kind.api_version}/{kind.resource}"
        for kind in KINDS
        if kind.resource in resources
    ]


def polling(*resources: str, interval: float = 1) -> Settings:
    return chosen(poll=Poll(resources, Duration(interval)))


async def test_a_polled_kind_shows_a_change_after_its_interval_and_is_never_watched(
    api: ApiServer, url: str
) -> None:
    async with observing([cluster("eu-1", url)], polling("pods")) as fleet:
        await synced(fleet)
        api.put("pods", pod("c"))
        api.delete("pods", "shop", "a")

        await fleet.until(lambda: fleet.pods() == {"b", "c"})

        assert not any(watches("pods")(request) for request in api.requests)
        assert any(watches("nodes")(request) for request in api.requests)
        assert conditions(fleet) == {("synced", "")}


async def test_a_polled_kind_is_not_stale_because_nothing_is_heard_of_it(
    api: ApiServer, url: str
) -> None:
    settings = Settings(
        collect=Collect(resources=RESOURCES, poll=Poll(("pods",), Duration(3600))),
        staleness=Staleness(hold=Duration(1), first_sync=Duration(1)),
    )
    async with observing([cluster("eu-1", url)], settings) as fleet:
        await synced(fleet)
        before = last_success(fleet, "nodes")
        api.put("nodes", node("n3", "v1.36.0"))
        await fleet.until(lambda: last_success(fleet, "nodes") > before + 1.5)

        assert fleet.pods() == {"a", "b"}
        assert 'resource="pods",reason=""} 1' in "".join(fleet.series("kube_fleet_resource_up"))


def last_success(fleet: Observed, resource: str) -> float:
    name = "kube_fleet_sync_last_success_timestamp_seconds"
    (line,) = fleet.series(f'{name}{{cluster="eu-1",resource="{resource}"')
    return float(line.rsplit(" ", 1)[1])


async def test_a_poll_proves_a_kind_current(api: ApiServer, url: str) -> None:
    async with observing([cluster("eu-1", url)], polling("pods")) as fleet:
        await synced(fleet)
        before = last_success(fleet, "pods")

        await fleet.until(lambda: last_success(fleet, "pods") > before)


async def test_a_polled_kind_whose_polls_fail_is_held_and_dropped_and_comes_back(
    api: ApiServer, url: str
) -> None:
    settings = Settings(
        collect=Collect(resources=RESOURCES, poll=Poll(("pods",), Duration(1))),
        staleness=Staleness(hold=Duration(1), first_sync=Duration(1)),
    )
    async with observing([cluster("eu-1", url)], settings) as fleet:
        await synced(fleet)
        api.faults.append(Fault(faults.html_error(503), on=lists("pods")))

        await fleet.until(lambda: ("stale", "") in conditions(fleet))
        assert fleet.pods() == {"a", "b"}

        await fleet.until(lambda: not fleet.pods())
        assert fleet.series("kube_node_created")

        api.put("pods", pod("c"))
        api.faults.clear()
        await fleet.until(lambda: fleet.pods() == {"a", "b", "c"})
        await synced(fleet)


async def test_a_polled_kind_that_failed_is_listed_when_the_cluster_is_back(
    api: ApiServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "Backoff", partial(Backoff, first=3600.0, longest=3600.0))
    async with observing([cluster("eu-1", url)], polling("pods")) as fleet:
        await synced(fleet)
        await api.go_down()
        health = fleet.fleet.observations["eu-1"].health.kinds["pods"]
        await fleet.until(lambda: health.lost_since is not None and up(fleet) == "0")
        api.put("pods", pod("c"))

        await api.come_back()

        await fleet.until(lambda: fleet.pods() == {"a", "b", "c"})


async def test_a_cluster_that_is_only_polled_is_synced_anew_when_it_was_rebuilt(
    api: ApiServer, url: str
) -> None:
    settings = Settings(
        collect=Collect(resources=RESOURCES, poll=Poll(RESOURCES, Duration(3600))),
        events=Events(enabled=False),
    )
    async with observing([cluster("eu-1", url)], settings) as fleet:
        await synced(fleet)
        assert api.open_watches.total() == 0
        api.replace_identity()
        api.put("pods", pod("other"))

        await fleet.until(lambda: fleet.pods() == {"other"})
