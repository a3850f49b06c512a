from __future__ import annotations

from typing import Any

import pytest
import yaml

from exporter.discovery.cluster_api import ClusterApi
from exporter.discovery.declared import Allowed, Marks
from exporter.discovery.provider import Snapshot
from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, authorization, heard, kubeconfig

TYPE = "cluster.x-k8s.io/secret"
NAME = "cluster.x-k8s.io/cluster-name"


def declared(hub: SimulatedHub, **fields: Any) -> ClusterApi:
    return ClusterApi(kubeconfig=str(hub.file), **fields)


def serve_clusters(hub: SimulatedHub, version: str = "v1beta2") -> None:
    hub.server.add_kind(Kind("cluster.x-k8s.io", version, "clusters", "Cluster", custom=True))


def put_kubeconfig(hub: SimulatedHub, cluster: str, *, token: str = TOKEN, **fields: Any) -> None:
    """As Cluster API's control plane providers write it."""
    text = yaml.safe_dump(kubeconfig(f"https://{cluster}:6443", token=token))
    labels = {NAME: cluster, **fields.pop("labels", {})}
    hub.put_secret(f"{cluster}-kubeconfig", {"value": text}, labels=labels, type=TYPE, **fields)


def put_cluster(
    hub: SimulatedHub,
    name: str,
    *,
    version: str = "v1beta2",
    initialized: str | None = "True",
    paused: bool = False,
    **metadata: Any,
) -> None:
    conditions = [{"type": "Available", "status": "False", "lastTransitionTime": None}]
    if initialized is not None:
        conditions.append({"type": "ControlPlaneInitialized", "status": initialized})

    hub.server.put(
        f"cluster.x-k8s.io/{version}/clusters",
        {
            "metadata": {"name": name, "namespace": "fleet", **metadata},
            "spec": {"paused": paused, "controlPlaneEndpoint": {"host": name, "port": 6443}},
            "status": {"phase": "Provisioned", "conditions": conditions},
        },
    )


def names(snapshot: Snapshot) -> list[str]:
    return [cluster.name for cluster in snapshot]


async def test_each_kubeconfig_secret_is_a_cluster(hub: SimulatedHub) -> None:
    serve_clusters(hub)
    put_cluster(hub, "eu-1")
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        (cluster,) = await provider.next()

    assert (cluster.name, cluster.source) == ("eu-1", "cluster-api secret fleet/eu-1-kubeconfig")
    assert cluster.server is not None and cluster.server.url == "https://eu-1:6443"
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_other_secrets_of_a_cluster_are_none(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1")
    text = {"value": yaml.safe_dump(kubeconfig("https://eu-1:6443"))}
    for name in ("eu-1-ca", "eu-1-etcd", "eu-1-proxy", "eu-1-sa", "eu-1-user-kubeconfig"):
        hub.put_secret(name, text, labels={NAME: "eu-1"}, type=TYPE)

    hub.put_secret("-kubeconfig", text, type=TYPE)
    hub.put_secret("old-user-kubeconfig", text, type=TYPE)
    hub.put_secret("opaque-kubeconfig", text, labels={NAME: "opaque"})
    async with heard(declared(hub)) as provider:
        assert names(await provider.next()) == ["eu-1"]


async def test_a_cluster_may_be_called_user(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-user")
    async with heard(declared(hub)) as provider:
        assert names(await provider.next()) == ["eu-user"]


async def test_a_secret_without_the_label_counts_too(hub: SimulatedHub) -> None:
    text = {"value": yaml.safe_dump(kubeconfig("https://eu-1:6443"))}
    hub.put_secret("eu-1-kubeconfig", text, type=TYPE)
    async with heard(declared(hub)) as provider:
        assert names(await provider.next()) == ["eu-1"]


async def test_one_namespace_can_be_chosen(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1")
    put_kubeconfig(hub, "us-1", namespace="elsewhere")
    async with heard(declared(hub, namespace="elsewhere")) as provider:
        assert names(await provider.next()) == ["us-1"]


@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
async def test_a_cluster_is_there_when_its_control_plane_is_initialized(
    hub: SimulatedHub, version: str
) -> None:
    serve_clusters(hub, version)
    put_cluster(hub, "eu-1", version=version, initialized="False")
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        before = await provider.next()
        put_cluster(hub, "eu-1", version=version, initialized="True")
        after = await provider.next()

    assert (names(before), names(after)) == ([], ["eu-1"])


async def test_where_nothing_is_said_about_it_it_is_initialized(hub: SimulatedHub) -> None:
    serve_clusters(hub)
    put_cluster(hub, "eu-1", initialized=None)
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        assert names(await provider.next()) == ["eu-1"]


async def test_a_paused_cluster_is_read_as_always(hub: SimulatedHub) -> None:
    """Pausing stops those who manage the cluster, not the cluster."""
    serve_clusters(hub)
    put_cluster(hub, "eu-1", paused=True)
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        (cluster,) = await provider.next()

    assert (cluster.refusal, cluster.maintenance) == (None, False)


async def test_a_cluster_that_is_being_deleted_is_in_maintenance(hub: SimulatedHub) -> None:
    serve_clusters(hub)
    put_cluster(hub, "eu-1")
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        (before,) = await provider.next()
        put_cluster(hub, "eu-1", deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["x"])
        (during,) = await provider.next()
        hub.delete_secret("eu-1-kubeconfig")
        after = await provider.next()

    assert (before.maintenance, during.maintenance, after) == (False, True, ())


async def test_labels_are_the_cluster_s_and_then_the_secret_s(hub: SimulatedHub) -> None:
    serve_clusters(hub)
    put_cluster(hub, "eu-1", labels={"env": "prod", "down": "true"}, annotations={"owner": "me"})
    put_kubeconfig(hub, "eu-1", labels={"env": "other", "tier": "1"})
    settings = declared(
        hub,
        labels={"environment": "env", "tier": "tier", "owner": "owner"},
        marks=Marks(maintenance="down"),
    )
    async with heard(settings) as provider:
        (cluster,) = await provider.next()

    assert cluster.labels == {"environment": "prod", "tier": "1", "owner": "me"}
    assert cluster.maintenance


@pytest.mark.parametrize("fault", ["forbidden", "unserved"])
async def test_where_cluster_objects_cannot_be_read_the_secrets_alone_count(
    hub: SimulatedHub, fault: str
) -> None:
    serve_clusters(hub)
    setattr(hub.server, fault, {"cluster.x-k8s.io/v1beta2/clusters"})
    put_cluster(hub, "eu-1", initialized="False")
    put_kubeconfig(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        assert names(await provider.next()) == ["eu-1"]
        assert provider.metric("up", "cluster-api") == 1


async def test_a_token_that_is_rewritten_is_another_way_to_the_same_cluster(
    hub: SimulatedHub,
) -> None:
    """Cluster API Provider AWS does so every few minutes, for tokens that last 15."""
    put_kubeconfig(hub, "eu-1", token="first")
    async with heard(declared(hub)) as provider:
        digests = [(await provider.next())[0].digest]
        for token in ("second", "third"):
            put_kubeconfig(hub, "eu-1", token=token)
            (cluster,) = await provider.next()
            assert await authorization(cluster) == f"Bearer {token}"
            digests.append(cluster.digest)

    assert len(set(digests)) == 3


async def test_what_a_kubeconfig_may_do_is_up_to_the_settings(hub: SimulatedHub) -> None:
    text = yaml.safe_dump(kubeconfig("https://127.0.0.1:6443"))
    hub.put_secret("eu-1-kubeconfig", {"value": text}, labels={NAME: "eu-1"}, type=TYPE)
    async with heard(declared(hub)) as provider:
        (refused,) = await provider.next()
    async with heard(declared(hub, allow=Allowed(local_addresses=True))) as provider:
        (allowed,) = await provider.next()

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None
