from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from exporter.discovery.declared import Allowed
from exporter.discovery.open_cluster_management import OpenClusterManagement
from exporter.discovery.provider import Cluster
from exporter.kubernetes.server import Server, Tls
from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)

CLUSTERS = "cluster.open-cluster-management.io/v1/managedclusters"
ACCOUNT = "kube-fleet-exporter"
PROXY = "https://cluster-proxy-addon-user.open-cluster-management-addon:9092"


def declared(hub: SimulatedHub, **fields: Any) -> OpenClusterManagement:
    return OpenClusterManagement(kubeconfig=str(hub.file), **fields)


def put_cluster(
    hub: SimulatedHub,
    name: str,
    *,
    urls: tuple[str, ...] | None = None,
    authority: bytes = b"",
    conditions: dict[str, str] | None = None,
    accepted: bool = True,
    **metadata: Any,
) -> None:
    """As klusterlet registers it and the hub's controllers see it."""
    group, version, plural = CLUSTERS.split("/")
    kind = Kind(group, version, plural, "ManagedCluster", namespaced=False, custom=True)
    if kind.path_resource not in hub.server.kinds:
        hub.server.add_kind(kind)

    bundle = {"caBundle": b64encode(authority).decode()} if authority else {}
    configs = [{"url": url, **bundle} for url in urls or ()]
    if urls is None:
        configs = [{"url": f"https://{name}:6443", **bundle}]

    types = conditions or {"ManagedClusterConditionAvailable": "True"}
    claims = {"platform.open-cluster-management.io": "AWS", "id.k8s.io": name}
    hub.server.put(
        CLUSTERS,
        {
            "metadata": {"name": name, **metadata},
            "spec": {
                "hubAcceptsClient": accepted,
                "leaseDurationSeconds": 60,
                "managedClusterClientConfigs": configs,
            },
            "status": {
                "conditions": [{"type": type_, "status": is_} for type_, is_ in types.items()],
                "clusterClaims": [{"name": key, "value": value} for key, value in claims.items()],
            },
        },
    )


def put_token(hub: SimulatedHub, cluster: str, token: str = TOKEN, name: str = ACCOUNT) -> None:
    """As the add-on managed-serviceaccount reports it."""
    hub.put_secret(name, {"token": token, "ca.crt": "PEM"}, namespace=cluster)


async def first(hub: SimulatedHub, settings: OpenClusterManagement) -> Cluster:
    async with heard(settings) as provider:
        return only(await provider.next())


def server_of(cluster: Cluster) -> Server:
    assert cluster.server is not None, cluster.refusal
    return cluster.server


async def test_a_managed_cluster_is_read_as_its_managed_service_account(hub: SimulatedHub) -> None:
    authority = trustme.CA().cert_pem.bytes()
    put_cluster(hub, "eu", authority=authority)
    put_token(hub, "eu")
    cluster = await first(hub, declared(hub))

    assert (cluster.name, cluster.source) == ("eu", "open-cluster-management managedcluster eu")
    assert server_of(cluster).url == "https://eu:6443"
    assert server_of(cluster).tls == Tls(ca_data=authority)
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_without_a_bundle_the_system_s_authorities_are_trusted(hub: SimulatedHub) -> None:
    """As ClientConfig of the API says; `ca.crt` of the Secret is for inside the cluster."""
    put_cluster(hub, "eu")
    put_token(hub, "eu")

    assert server_of(await first(hub, declared(hub))).tls == Tls()


async def test_only_secrets_of_that_name_are_asked_for(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu")
    put_token(hub, "eu", "of-another-account", name="other")
    put_token(hub, "eu", name="reader")
    cluster = await first(hub, declared(hub, managed_service_account="reader"))

    asked = [one.query for one in hub.server.requests if one.path == "/api/v1/secrets"]
    assert await authorization(cluster) == f"Bearer {TOKEN}"
    assert asked
    assert {query["fieldSelector"] for query in asked} == {"metadata.name=reader"}


async def test_through_cluster_proxy_it_is_read_as_the_same_account(
    hub: SimulatedHub, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_bytes(trustme.CA().cert_pem.bytes())
    put_cluster(hub, "eu", urls=())
    put_token(hub, "eu")
    settings = declared(hub, cluster_proxy=f"{PROXY}/", certificate_authority=str(authority))
    cluster = await first(hub, settings)

    assert server_of(cluster).url == f"{PROXY}/eu"
    assert server_of(cluster).tls == Tls(ca_file=authority)
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_through_cluster_proxy_it_can_be_read_as_the_hub_is(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu", urls=())
    hub.server.forbidden = {"secrets"}
    settings = declared(hub, managed_service_account="", cluster_proxy=PROXY)
    cluster = await first(hub, settings)

    assert server_of(cluster).url == f"{PROXY}/eu"
    assert await authorization(cluster) == f"Bearer {TOKEN}"
    assert not [one for one in hub.server.requests if "secrets" in one.path]


async def test_whom_the_hub_s_user_impersonates_is_asked_of_cluster_proxy_too(
    hub: SimulatedHub,
) -> None:
    user = {"token": TOKEN, "as": "reader"}
    hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, **user)))
    put_cluster(hub, "eu", urls=())
    settings = declared(hub, managed_service_account="", cluster_proxy=PROXY)

    impersonation = server_of(await first(hub, settings)).impersonation
    assert impersonation == (("Impersonate-User", "reader"),)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"managed_service_account": ""}, "needs a cluster_proxy"),
        ({"certificate_authority": "/ca.crt"}, "cluster_proxy, which is missing"),
        ({"cluster_proxy": "cluster-proxy:9092"}, "server: is no URL"),
    ],
)
def test_settings_that_lead_nowhere_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OpenClusterManagement(**fields)


@pytest.mark.parametrize(
    ("urls", "token", "message"),
    [
        ((), TOKEN, "spec.managedClusterClientConfigs: has no url"),
        (("https://eu:6443",), "", "secret eu/kube-fleet-exporter: is not there"),
    ],
)
async def test_one_that_cannot_be_reached_is_listed(
    hub: SimulatedHub, urls: tuple[str, ...], token: str, message: str
) -> None:
    put_cluster(hub, "eu", urls=urls)
    if token:
        put_token(hub, "eu")

    refusal = (await first(hub, declared(hub))).refusal
    assert refusal is not None and message in refusal.message


async def test_an_address_that_was_found_may_not_be_local(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu", urls=("https://169.254.169.254",))
    put_token(hub, "eu")
    refused = await first(hub, declared(hub))
    allowed = await first(hub, declared(hub, allow=Allowed(local_addresses=True)))

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None


async def test_one_that_the_hub_denies_or_does_not_reach_stays(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu")
    put_token(hub, "eu")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_cluster(hub, "eu", conditions={"ManagedClusterConditionAvailable": "Unknown"})
        put_cluster(hub, "us", conditions={"HubDeniedManagedCluster": "True"}, accepted=False)
        after = await provider.next()

    assert [one.name for one in after] == ["eu", "us"]
    assert after[0] == before


async def test_one_that_is_being_detached_is_in_maintenance(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu", deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["x"])
    put_token(hub, "eu")

    assert (await first(hub, declared(hub))).maintenance


async def test_labels_and_claims_can_be_labels(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu", labels={"vendor": "OpenShift"})
    put_token(hub, "eu")
    labels = {"vendor": "vendor", "cloud": "platform.open-cluster-management.io"}
    cluster = await first(hub, declared(hub, labels=labels))

    assert cluster.labels == {"vendor": "OpenShift", "cloud": "AWS"}


async def test_a_claim_is_no_identity(hub: SimulatedHub) -> None:
    """On OpenShift id.k8s.io is the ID of the ClusterVersion, not the UID of kube-system."""
    put_cluster(hub, "eu")
    put_token(hub, "eu")

    assert (await first(hub, declared(hub))).uid == ""


async def test_a_rotated_token_is_another_way_to_the_same_cluster(hub: SimulatedHub) -> None:
    put_cluster(hub, "eu")
    put_token(hub, "eu", "first")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_token(hub, "eu", "second")
        after = only(await provider.next())

    assert before.digest != after.digest
    assert await authorization(after) == "Bearer second"
