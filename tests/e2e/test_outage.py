import time

import pytest

from tests.controlplane.deadline import eventually
from tests.e2e.conftest import NODES, PODS, Fleet

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(400),
]

UP = 'kube_fleet_cluster_up{job="one-page"}'
PODS_BY_CLUSTER = 'count by (cluster) (kube_pod_info{job="one-page",namespace="shop"})'
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"


async def test_a_cluster_that_stops_is_told_and_recovers_while_the_other_is_untouched(
    fleet: Fleet,
) -> None:
    west = fleet.clusters["west"]
    await eventually(lambda: _all_well(fleet), within=60)

    west.stop_api_server()
    began = time.monotonic()
    try:
        await eventually(lambda: _only_west_is_down(fleet), within=60)
        # Its objects are held, and the other cluster goes on being watched.
        assert await fleet.by_cluster(PODS_BY_CLUSTER) == PODS
        await fleet.clusters["east"].api.patch(WEB, {"spec": {"replicas": PODS["east"] + 1}})
        await eventually(lambda: _pods_are(fleet, PODS | {"east": PODS["east"] + 1}), within=60)
        outage = f"[{int(time.monotonic() - began)}s]"
        east_up = UP.replace("}", ',cluster="east"}')
        assert await fleet.prometheus.value(f"min_over_time({east_up}{outage})") == 1
        assert await fleet.prometheus.value(f'min_over_time(up{{job="one-page"}}{outage})') == 1
    finally:
        await west.start_api_server()

    await west.api.patch(WEB, {"spec": {"replicas": PODS["west"] - 1}})
    await fleet.clusters["east"].api.patch(WEB, {"spec": {"replicas": PODS["east"]}})
    await eventually(lambda: _all_up(fleet), within=120)
    await eventually(lambda: _pods_are(fleet, PODS | {"west": PODS["west"] - 1}), within=120)
    fleet.exporter.process.check()

    await west.api.patch(WEB, {"spec": {"replicas": PODS["west"]}})
    await eventually(lambda: _all_well(fleet), within=60)


async def _only_west_is_down(fleet: Fleet) -> None:
    assert await fleet.by_cluster(UP) == {"east": 1, "west": 0}
    unreachable = 'kube_fleet_cluster_condition{job="one-page",condition="unreachable"} == 1'
    told = await fleet.prometheus.query(unreachable)
    reasons = [(fact.labels["cluster"], fact.labels["reason"]) for fact in told]
    assert reasons == [("west", "refused")]


async def _all_well(fleet: Fleet) -> None:
    await _all_up(fleet)
    await _pods_are(fleet, PODS)
    nodes = 'count by (cluster) (kube_node_info{job="one-page"})'
    assert await fleet.by_cluster(nodes) == NODES


async def _all_up(fleet: Fleet) -> None:
    assert await fleet.by_cluster(UP) == {"east": 1, "west": 1}


async def _pods_are(fleet: Fleet, expected: dict[str, int]) -> None:
    assert await fleet.by_cluster(PODS_BY_CLUSTER) == expected
