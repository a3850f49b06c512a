"""Each system's Secrets as it writes them, and what lies beside them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml

from exporter.discovery.presets import PRESETS, PresetName
from exporter.discovery.provider import Cluster
from exporter.discovery.secrets import Secrets
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)


def text(server: str) -> str:
    return yaml.safe_dump(kubeconfig(server))


def put_owned(hub: SimulatedHub, name: str, kind: str, data: dict[str, str], **labels: str) -> None:
    """A Secret that a controller made for an object of a kind."""
    hub.put_secret(name, data, labels=labels)
    secret = hub.server.get("secrets", "fleet", name)
    owner = {"apiVersion": "x/v1", "kind": kind, "name": name, "uid": "1", "controller": True}
    secret["metadata"]["ownerReferences"] = [owner]
    hub.server.put("secrets", secret)


async def found(hub: SimulatedHub, preset: PresetName, **fields: Any) -> dict[str, Cluster]:
    """What a preset finds, by name."""
    declared = Secrets(preset=preset, kubeconfig=str(hub.file), **fields)
    async with heard(declared) as provider:
        snapshot = await provider.next()

    return {cluster.name: cluster for cluster in snapshot}


def url(cluster: Cluster) -> str:
    assert cluster.server is not None, cluster.refusal
    return cluster.server.url


def test_every_preset_can_be_named() -> None:
    assert set(get_args(PresetName)) == PRESETS.keys()


async def test_vcluster_s_localhost_is_its_service_in_the_hub(hub: SimulatedHub) -> None:
    labels = {"app": "vcluster", "vcluster-name": "shop"}
    keys = {"certificate-authority": "x", "client-certificate": "x", "client-key": "x"}
    config = {"config": text("https://localhost:8443"), **keys}
    hub.put_secret("vc-shop", config, namespace="team-shop", labels=labels)
    values = {"config.yaml": "controlPlane: {}"}
    hub.put_secret("vc-config-shop", values, namespace="team-shop", labels={"app": "vcluster"})
    clusters = await found(hub, "vcluster")
    cluster = clusters["shop"]

    assert clusters.keys() == {"shop"}
    assert url(cluster) == "https://shop.team-shop.svc"
    assert cluster.server is not None and not cluster.server.local_addresses
    assert cluster.server.tls.server_name == "localhost"
    assert cluster.virtual
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_a_vcluster_that_is_exported_under_an_address_is_read_there(
    hub: SimulatedHub,
) -> None:
    labels = {"app": "vcluster", "vcluster-name": "shop"}
    hub.put_secret("vc-shop", {"config": text("https://shop.example.com")}, labels=labels)
    cluster = (await found(hub, "vcluster"))["shop"]

    assert url(cluster) == "https://shop.example.com"
    assert cluster.server is not None and cluster.server.tls.server_name is None


async def test_other_local_addresses_of_a_vcluster_are_refused_as_always(
    hub: SimulatedHub,
) -> None:
    labels = {"app": "vcluster", "vcluster-name": "shop"}
    hub.put_secret("vc-shop", {"config": text("https://169.254.169.254")}, labels=labels)
    refusal = (await found(hub, "vcluster"))["shop"].refusal

    assert refusal is not None and refusal.condition == "refused-by-policy"


async def test_a_loopback_address_means_a_service_for_vclusters_alone(hub: SimulatedHub) -> None:
    hub.put_secret(
        "istio-remote-secret-eu",
        {"eu": text("https://127.0.0.1:8443")},
        labels={"istio/multiCluster": "true"},
    )
    refusal = (await found(hub, "istio"))["eu"].refusal

    assert refusal is not None and refusal.condition == "refused-by-policy"


async def test_liqo_s_peers_have_the_names_of_their_cluster_ids(hub: SimulatedHub) -> None:
    for sort in ("ControlPlane", "ResourceSlice"):
        hub.put_secret(
            f"kubeconfig-{sort.lower()}-milan",
            {"kubeconfig": text("https://milan:6443")},
            namespace="liqo-tenant-milan",
            labels={"liqo.io/remote-cluster-id": "milan", "liqo.io/identity-type": sort},
            annotations={"liqo.io/remote-tenant-namespace": "liqo-tenant-rome"},
        )

    clusters = await found(hub, "liqo")
    assert {name: one.source for name, one in clusters.items()} == {
        "milan": "secrets secret liqo-tenant-milan/kubeconfig-controlplane-milan"
    }
    assert url(clusters["milan"]) == "https://milan:6443"


async def test_linkerd_s_links_are_read_in_the_namespace_of_the_extension(
    hub: SimulatedHub,
) -> None:
    """The copy for the destination controller would be a second cluster of that name."""
    secret = {"kubeconfig": text("https://east:6443")}
    kind, name = "mirror.linkerd.io/remote-kubeconfig", "cluster-credentials-east"
    hub.put_secret(name, secret, namespace="linkerd-multicluster", type=kind)
    labels = {"multicluster.linkerd.io/cluster-name": "east"}
    hub.put_secret(name, secret, namespace="linkerd", type=kind, labels=labels)
    hub.put_secret("cluster-credentials-x", secret, namespace="linkerd-multicluster")
    clusters = await found(hub, "linkerd", namespace="linkerd-multicluster")
    copies = await found(hub, "linkerd", namespace="linkerd")

    assert clusters.keys() == copies.keys() == {"east"}
    assert url(clusters["east"]) == "https://east:6443"


async def test_each_key_of_an_istio_remote_secret_is_a_cluster(hub: SimulatedHub) -> None:
    label = {"istio/multiCluster": "true"}
    annotation = {"networking.istio.io/cluster": "eu"}
    for name, data in {
        "istio-remote-secret-eu": {"eu": text("https://eu:6443")},
        "istio-remote-secret-others": {"us": text("https://us:6443"), "ap": "nonsense"},
        "istio-kubeconfig": {"config": text("https://external:6443")},
    }.items():
        where = "istio-system"
        hub.put_secret(name, data, namespace=where, labels=label, annotations=annotation)

    clusters = await found(hub, "istio")

    assert clusters.keys() == {"eu", "us", "ap"}
    assert url(clusters["us"]) == "https://us:6443"
    assert clusters["ap"].refusal is not None
    assert clusters["us"].source == "secrets secret istio-system/istio-remote-secret-others"


async def test_a_key_that_leaves_an_istio_remote_secret_is_a_cluster_less(
    hub: SimulatedHub,
) -> None:
    label = {"istio/multiCluster": "true"}
    data = {"eu": text("https://eu:6443"), "us": text("https://us:6443")}
    hub.put_secret("remote", data, labels=label)
    async with heard(Secrets(preset="istio", kubeconfig=str(hub.file))) as provider:
        assert await provider.names() == ["eu", "us"]
        hub.put_secret("remote", {"us": data["us"]}, labels=label)
        assert await provider.names() == ["us"]


async def test_outputs_of_hcp_terraform_workspaces_are_clusters_if_they_hold_a_kubeconfig(
    hub: SimulatedHub,
) -> None:
    config = {"kubeconfig": text("https://eu:6443")}
    put_owned(hub, "eu-1-outputs", "Workspace", config, workspaceID="ws-1")
    put_owned(hub, "database-outputs", "Workspace", {"password": "x"}, workspaceID="ws-2")
    put_owned(hub, "other-outputs", "Workspace", config)
    hub.put_secret("mine-outputs", config, labels={"workspaceID": "ws-3"})
    clusters = await found(hub, "hcp-terraform")

    assert clusters.keys() == {"eu-1"}
    assert url(clusters["eu-1"]) == "https://eu:6443"


async def test_outputs_of_the_tofu_controller_need_no_label_of_the_user_s(
    hub: SimulatedHub,
) -> None:
    put_owned(hub, "eu-1", "Terraform", {"kubeconfig_raw": text("https://eu:6443")}, env="prod")
    put_owned(hub, "database", "Terraform", {"password": "x"})
    hub.put_secret("mine", {"kubeconfig_raw": text("https://mine:6443")})
    clusters = await found(
        hub, "tofu-controller", key="kubeconfig_raw", labels={"environment": "env"}
    )

    assert clusters.keys() == {"eu-1"}
    assert clusters["eu-1"].labels == {"environment": "prod"}


@pytest.mark.parametrize("preset", PRESETS)
async def test_a_hub_whose_secrets_may_not_be_read_has_not_got_no_clusters(
    hub: SimulatedHub, preset: PresetName
) -> None:
    hub.server.forbidden = {"secrets"}
    async with heard(Secrets(preset=preset, kubeconfig=str(hub.file))) as provider:
        await provider.silent_until(lambda: provider.metric("up", "secrets") == 0)
        hub.server.forbidden = set()
        assert await provider.next() == ()


async def test_a_vcluster_that_is_gone_is_gone(hub: SimulatedHub) -> None:
    labels = {"app": "vcluster", "vcluster-name": "shop"}
    hub.put_secret("vc-shop", {"config": text("https://localhost:8443")}, labels=labels)
    async with heard(Secrets(preset="vcluster", kubeconfig=str(hub.file))) as provider:
        assert only(await provider.next()).name == "shop"
        hub.delete_secret("vc-shop")
        assert await provider.next() == ()
