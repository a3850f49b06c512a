from __future__ import annotations

from typing import Any

import pytest
import yaml

from exporter.discovery.declared import Allowed
from exporter.discovery.hub import Contents
from exporter.discovery.provider import Cluster, Way
from exporter.discovery.rancher import ManagementCluster, Rancher
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)

MANAGEMENT = "management.cattle.io/v3/clusters"
PROVISIONING = "provisioning.cattle.io/v1/clusters"
NAMESPACE = "fleet-default"
CREDENTIALS = UserCredentials(StoredCredential("Bearer token-abc:xyz"))


def declared(hub: SimulatedHub, **fields: Any) -> Rancher:
    return Rancher(kubeconfig=str(hub.file), access="secrets", **fields)


def serve(hub: SimulatedHub) -> None:
    hub.server.add_kind(
        Kind("management.cattle.io", "v3", "clusters", "Cluster", namespaced=False, custom=True)
    )
    hub.server.add_kind(Kind("provisioning.cattle.io", "v1", "clusters", "Cluster", custom=True))


def put_cluster(
    hub: SimulatedHub, id_: str, display_name: str = "", *, ready: str = "True", **metadata: Any
) -> None:
    """A management Cluster; its conditions have times that are plain strings."""
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "", "lastUpdateTime": ""}
    hub.server.put(
        MANAGEMENT,
        {
            "metadata": {"name": id_, **metadata},
            "spec": {"displayName": display_name, "internal": id_ == "local"},
            "status": {"driver": "rke2", "provider": "rke2", "conditions": [condition]},
        },
    )


def put_provisioned(hub: SimulatedHub, id_: str, name: str, token: str = TOKEN) -> None:
    """A provisioning Cluster and the Secret that Rancher keeps for Fleet."""
    secret = f"{name}-kubeconfig"
    hub.server.put(
        PROVISIONING,
        {
            "metadata": {"name": name, "namespace": NAMESPACE},
            "status": {"clusterName": id_, "clientSecretName": secret, "ready": True},
        },
    )
    text = yaml.safe_dump(kubeconfig(f"https://rancher/k8s/clusters/{id_}", token=token))
    labels = {"cluster.x-k8s.io/cluster-name": name}
    hub.put_secret(secret, {"value": text, "token": token}, namespace=NAMESPACE, labels=labels)


def behind(url: str, **cluster: Any) -> Cluster:
    """The cluster that is found when the hub is reached at this URL."""
    given = ManagementCluster(Metadata(name="c-m-abc"), **cluster)
    way = Way(Server(url, Tls(), CREDENTIALS), "digest")
    (finding,) = Rancher().find(Contents([{("", "c-m-abc"): given}], way))
    return finding.cluster("rancher")


async def first(hub: SimulatedHub, settings: Rancher) -> Cluster:
    async with heard(settings) as provider:
        return only(await provider.next())


async def test_a_cluster_is_read_through_rancher_as_the_user_of_the_hub() -> None:
    cluster = behind("https://rancher.example.com/k8s/clusters/local")

    assert cluster.server is not None
    assert cluster.server.url == "https://rancher.example.com/k8s/clusters/c-m-abc"
    assert await authorization(cluster) == "Bearer token-abc:xyz"


def test_rancher_may_be_below_a_path() -> None:
    cluster = behind("https://example.com/rancher/k8s/clusters/local")

    assert cluster.server is not None
    assert cluster.server.url == "https://example.com/rancher/k8s/clusters/c-m-abc"


def test_a_hub_that_is_not_reached_through_rancher_leads_to_no_other_cluster() -> None:
    refusal = behind("https://10.0.0.1:6443").refusal

    assert refusal is not None and "does not lead through Rancher" in refusal.message


async def test_through_rancher_no_secret_is_read(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", "Europe")
    hub.server.forbidden = {"secrets", PROVISIONING}
    cluster = await first(hub, Rancher(kubeconfig=str(hub.file)))

    assert cluster.name == "Europe"
    assert not [one for one in hub.server.requests if "secrets" in one.path]


@pytest.mark.parametrize(
    ("display_name", "name"),
    [("Europe", "Europe"), ("", "c-m-abc"), ("two\nlines", "c-m-abc"), (" eu", "c-m-abc")],
)
async def test_it_is_named_as_people_know_it(
    hub: SimulatedHub, display_name: str, name: str
) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", display_name)
    put_provisioned(hub, "c-m-abc", "europe")
    cluster = await first(hub, declared(hub))

    assert (cluster.name, cluster.source) == (name, "rancher cluster c-m-abc")


async def test_a_cluster_is_read_with_the_kubeconfig_that_rancher_keeps(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", "Europe")
    put_provisioned(hub, "c-m-abc", "europe")
    cluster = await first(hub, declared(hub))

    assert cluster.server is not None, cluster.refusal
    assert cluster.server.url == "https://rancher/k8s/clusters/c-m-abc"
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_one_without_a_kubeconfig_is_listed(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-legacy", created="2026-01-01T00:00:00Z")
    put_cluster(hub, "c-m-abc")
    put_provisioned(hub, "c-m-abc", "europe")
    hub.delete_secret("europe-kubeconfig", NAMESPACE)
    async with heard(declared(hub)) as provider:
        clusters = await provider.next()

    messages = {one.name: one.refusal.message for one in clusters if one.refusal is not None}
    assert "no provisioning cluster" in messages["c-legacy"]
    assert "secret fleet-default/europe-kubeconfig: is not there" in messages["c-m-abc"]


async def test_kubeconfigs_of_one_namespace_are_used(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc")
    put_provisioned(hub, "c-m-abc", "europe")
    refused = await first(hub, declared(hub, namespace="elsewhere"))
    allowed = await first(hub, declared(hub, namespace=""))

    assert refused.refusal is not None and "no provisioning cluster" in refused.refusal.message
    assert allowed.refusal is None


async def test_what_a_kubeconfig_may_do_is_up_to_the_settings(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc")
    put_provisioned(hub, "c-m-abc", "europe")
    text = yaml.safe_dump(kubeconfig("https://127.0.0.1/k8s/clusters/c-m-abc"))
    labels = {"cluster.x-k8s.io/cluster-name": "europe"}
    hub.put_secret("europe-kubeconfig", {"value": text}, namespace=NAMESPACE, labels=labels)
    refused = await first(hub, declared(hub))
    allowed = await first(hub, declared(hub, allow=Allowed(local_addresses=True)))

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None


async def test_one_that_rancher_does_not_reach_stays(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", ready="False")
    put_provisioned(hub, "c-m-abc", "europe")

    assert (await first(hub, declared(hub))).refusal is None


async def test_one_that_is_being_deleted_is_in_maintenance(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["x"])

    assert (await first(hub, declared(hub))).maintenance


async def test_its_id_and_driver_can_be_labels(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc", "Europe", labels={"env": "prod"})
    keys = {"id": "metadata.name", "driver": "status.driver", "environment": "env"}
    cluster = await first(hub, declared(hub, labels=keys))

    assert cluster.labels == {"id": "c-m-abc", "driver": "rke2", "environment": "prod"}


async def test_a_rotated_token_is_another_way_to_the_same_cluster(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "c-m-abc")
    put_provisioned(hub, "c-m-abc", "europe", "first")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_provisioned(hub, "c-m-abc", "europe", "second")
        after = only(await provider.next())

    assert before.digest != after.digest
    assert await authorization(after) == "Bearer second"
