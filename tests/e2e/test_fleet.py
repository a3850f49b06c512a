import pytest

from tests.controlplane.client import Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.e2e.conftest import NODES, PODS, Fleet, start_deployment

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

both_ways = pytest.mark.parametrize("job", ["one-page", "by-cluster"])


@both_ways
async def test_nodes_and_pods_of_both_clusters_stand_under_their_cluster(
    fleet: Fleet, job: str
) -> None:
    async def all_there() -> None:
        nodes = await fleet.by_cluster(f'count by (cluster) (kube_node_info{{job="{job}"}})')
        assert nodes == NODES
        running = f'kube_pod_status_phase{{job="{job}",namespace="shop",phase="Running"}} == 1'
        assert await fleet.by_cluster(f"count by (cluster) ({running})") == PODS

    await eventually(all_there, within=30)


@both_ways
async def test_no_label_of_ours_is_taken_for_the_scrapes(fleet: Fleet, job: str) -> None:
    async def scraped() -> None:
        assert await fleet.prometheus.query(f'kube_node_info{{job="{job}"}}')

    await eventually(scraped, within=30)

    for label in ("exported_cluster", "exported_job", "exported_instance"):
        taken = f'count by (__name__) ({{job="{job}",{label}!=""}})'
        assert await fleet.prometheus.query(taken) == []


@pytest.mark.parametrize(("job", "targets"), [("one-page", 1), ("by-cluster", 2), ("telemetry", 1)])
async def test_every_target_is_up(fleet: Fleet, job: str, targets: int) -> None:
    async def all_up() -> None:
        assert await fleet.prometheus.value(f'sum(up{{job="{job}"}})') == targets
        assert await fleet.prometheus.value(f'count(up{{job="{job}"}})') == targets

    await eventually(all_up, within=30)


async def test_no_page_has_a_series_twice(fleet: Fleet) -> None:
    twice = "prometheus_target_scrapes_sample_duplicate_timestamp_total"

    async def counted_after_all_scrapes() -> None:
        scraped = 'count(count_over_time(kube_node_info{job=~"one-page|by-cluster"}[1h]) > 2)'
        assert await fleet.prometheus.value(scraped) == 2 * sum(NODES.values())
        assert await fleet.prometheus.value(twice) is not None

    await eventually(counted_after_all_scrapes, within=30)

    assert await fleet.prometheus.value(twice) == 0


@pytest.mark.parametrize("name", ["east", "west"])
async def test_nodes_and_pod_phases_equal_what_the_api_server_lists(
    fleet: Fleet, name: str
) -> None:
    cluster = fleet.clusters[name]

    async def equal() -> None:
        selector = f'cluster="{name}",job="one-page"'
        nodes = await fleet.prometheus.query(f"kube_node_info{{{selector}}}")
        seen_nodes = [(node.labels["node"], node.labels["kubelet_version"]) for node in nodes]
        assert sorted(seen_nodes) == await _listed_nodes(cluster)
        phases = await fleet.prometheus.query(f"kube_pod_status_phase{{{selector}}} == 1")
        keys = ("namespace", "pod", "uid", "phase")
        seen_pods = [tuple(pod.labels[key] for key in keys) for pod in phases]
        assert sorted(seen_pods) == await _listed_pods(cluster)

    await eventually(equal, within=30)


async def test_each_cluster_tells_its_own_version(fleet: Fleet) -> None:
    async def told() -> None:
        facts = await fleet.prometheus.query('kube_fleet_cluster_version_info{job="one-page"}')
        versions = {fact.labels["cluster"]: fact.labels["git_version"] for fact in facts}
        assert versions == {name: each.version for name, each in fleet.clusters.items()}

    await eventually(told, within=30)


async def test_each_cluster_tells_the_uid_of_its_kube_system_namespace(fleet: Fleet) -> None:
    uids = {}
    for name, cluster in fleet.clusters.items():
        system = await cluster.api.get("/api/v1/namespaces/kube-system")
        uids[name] = system["metadata"]["uid"]

    async def told() -> None:
        facts = await fleet.prometheus.query('kube_fleet_cluster_info{job="one-page"}')
        assert {fact.labels["cluster"]: fact.labels["uid"] for fact in facts} == uids

    await eventually(told, within=30)


@both_ways
async def test_a_scaled_deployment_is_seen(fleet: Fleet, job: str) -> None:
    where = f"scaled-{job}"
    east = fleet.clusters["east"]
    await start_deployment(east, where, "web", 1)
    running = f'kube_pod_status_phase{{job="{job}",namespace="{where}",phase="Running"}} == 1'

    async def pods_are(count: int) -> None:
        assert await fleet.by_cluster(f"count by (cluster) ({running})") == {"east": count}

    await eventually(lambda: pods_are(1), within=30)
    deployment = f"/apis/apps/v1/namespaces/{where}/deployments/web"
    await east.api.patch(deployment, {"spec": {"replicas": 5}})
    await eventually(lambda: pods_are(5), within=60)
    await east.api.patch(deployment, {"spec": {"replicas": 2}})
    await eventually(lambda: pods_are(2), within=60)


@both_ways
async def test_the_series_of_a_deleted_namespace_go(fleet: Fleet, job: str) -> None:
    where = f"deleted-{job}"
    west = fleet.clusters["west"]
    await start_deployment(west, where, "web", 2)
    series = f'count by (cluster) ({{__name__=~"kube_.+",job="{job}",namespace="{where}"}})'
    phase = f'count(kube_namespace_status_phase{{job="{job}",namespace="{where}"}})'

    async def there() -> None:
        assert set(await fleet.by_cluster(series)) == {"west"}
        assert await fleet.prometheus.value(phase)

    async def gone() -> None:
        objects = f'{{__name__=~"kube_(pod|namespace)_.+",job="{job}",namespace="{where}"}}'
        assert await fleet.prometheus.query(objects) == []

    await eventually(there, within=30)
    await west.api.delete(f"/api/v1/namespaces/{where}")
    await eventually(gone, within=120)


async def _listed_nodes(cluster: Cluster) -> list[tuple[str, str]]:
    nodes = await cluster.api.items("/api/v1/nodes")
    return sorted(
        (node["metadata"]["name"], node["status"]["nodeInfo"]["kubeletVersion"]) for node in nodes
    )


async def _listed_pods(cluster: Cluster) -> list[tuple[str, str, str, str]]:
    pods: list[Object] = await cluster.api.items("/api/v1/pods")
    return sorted(
        (
            pod["metadata"]["namespace"],
            pod["metadata"]["name"],
            pod["metadata"]["uid"],
            pod["status"]["phase"],
        )
        for pod in pods
    )
