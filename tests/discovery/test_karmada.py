from __future__ import annotations

from typing import Any

import pytest
import trustme

from exporter.discovery.declared import Allowed
from exporter.discovery.karmada import Karmada
from exporter.discovery.provider import Cluster
from exporter.kubernetes.server import Server, Tls
from exporter.simulation.faults import Fault, status
from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, authorization, heard, only

CLUSTERS = "cluster.karmada.io/v1alpha1/clusters"
SECRETS = "karmada-cluster"


def declared(hub: SimulatedHub, **fields: Any) -> Karmada:
    return Karmada(kubeconfig=str(hub.file), **fields)


def serve(hub: SimulatedHub) -> None:
    group, version, plural = CLUSTERS.split("/")
    hub.server.add_kind(Kind(group, version, plural, "Cluster", namespaced=False, custom=True))


def put_cluster(
    hub: SimulatedHub, name: str, *, ready: str = "True", mode: str = "Push", **spec: Any
) -> None:
    """As `karmadactl join` registers it, with a condition of the status controller."""
    metadata = {"name": name, "labels": spec.pop("labels", {})}
    given = {
        "id": "f2f6c0d9",
        "syncMode": mode,
        "apiEndpoint": f"https://{name}:6443",
        "secretRef": {"namespace": SECRETS, "name": name},
        "impersonatorSecretRef": {"namespace": SECRETS, "name": f"{name}-impersonator"},
        **spec,
    }
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    given_status = {"kubernetesVersion": "v1.34.1", "conditions": [condition]}
    hub.server.put(CLUSTERS, {"metadata": metadata, "spec": given, "status": given_status})


def put_secret(hub: SimulatedHub, name: str, token: str = TOKEN, **data: str) -> None:
    hub.put_secret(name, {"token": token, **data}, namespace=SECRETS)


async def first(hub: SimulatedHub, settings: Karmada) -> Cluster:
    async with heard(settings) as provider:
        return only(await provider.next())


def server_of(cluster: Cluster) -> Server:
    assert cluster.server is not None, cluster.refusal
    return cluster.server


async def test_a_cluster_in_push_mode_is_read_with_its_secret(hub: SimulatedHub) -> None:
    authority = trustme.CA().cert_pem.bytes()
    serve(hub)
    put_cluster(hub, "eu")
    put_secret(hub, "eu", caBundle=authority.decode())
    cluster = await first(hub, declared(hub))

    assert (cluster.name, cluster.source) == ("eu", "karmada cluster eu")
    assert server_of(cluster).url == "https://eu:6443"
    assert server_of(cluster).tls == Tls(ca_data=authority)
    assert await authorization(cluster) == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "spec",
    [
        {"mode": "Pull"},
        {"mode": "Pull", "apiEndpoint": "", "secretRef": None, "impersonatorSecretRef": None},
        {"secretRef": None},
    ],
)
async def test_a_cluster_in_pull_mode_is_read_through_karmada(
    hub: SimulatedHub, spec: dict[str, Any]
) -> None:
    serve(hub)
    put_cluster(hub, "eu", **spec)
    cluster = await first(hub, declared(hub))

    assert server_of(cluster).url == f"{hub.url}/apis/{CLUSTERS}/eu/proxy"
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_through_the_proxy_no_secret_is_read(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "eu")
    hub.server.forbidden = {"secrets"}
    cluster = await first(hub, declared(hub, access="proxy"))

    assert server_of(cluster).url.endswith("/eu/proxy")
    assert not [one for one in hub.server.requests if "secrets" in one.path]


async def test_the_impersonator_s_token_is_used_for_somebody_else(hub: SimulatedHub) -> None:
    authority = trustme.CA().cert_pem.bytes()
    serve(hub)
    put_cluster(hub, "eu")
    put_secret(hub, "eu", "of-karmada", caBundle=authority.decode())
    put_secret(hub, "eu-impersonator")
    cluster = await first(hub, declared(hub, impersonate="reader"))

    assert await authorization(cluster) == f"Bearer {TOKEN}"
    assert server_of(cluster).impersonation == (("Impersonate-User", "reader"),)
    assert server_of(cluster).tls == Tls(ca_data=authority)


async def test_an_endpoint_without_a_scheme_is_https(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "eu", apiEndpoint="eu.example.com:6443")
    put_secret(hub, "eu")

    assert server_of(await first(hub, declared(hub))).url == "https://eu.example.com:6443"


async def test_a_certificate_that_karmada_does_not_check_needs_to_be_allowed(
    hub: SimulatedHub,
) -> None:
    serve(hub)
    put_cluster(hub, "eu", insecureSkipTLSVerification=True)
    put_secret(hub, "eu", caBundle=trustme.CA().cert_pem.bytes().decode())
    refused = await first(hub, declared(hub))
    allowed = await first(hub, declared(hub, allow=Allowed(insecure_tls=True)))

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert server_of(allowed).tls == Tls(insecure=True)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "secret karmada-cluster/eu: is not there"),
        ({"apiEndpoint": None}, "spec.apiEndpoint: is missing"),
        ({"proxyHeader": {"a": "b"}}, "spec.proxyHeader: is not supported"),
        ({"secretRef": {"namespace": "other", "name": "eu"}}, "secret other/eu: is not there"),
    ],
)
async def test_one_that_cannot_be_reached_is_listed(
    hub: SimulatedHub, spec: dict[str, Any], message: str
) -> None:
    serve(hub)
    put_cluster(hub, "eu", **spec)
    refusal = (await first(hub, declared(hub))).refusal

    assert refusal is not None and message in refusal.message


@pytest.mark.parametrize("missing", ["secretRef", "impersonatorSecretRef"])
async def test_one_that_names_no_secret_is_listed(hub: SimulatedHub, missing: str) -> None:
    serve(hub)
    spec: dict[str, Any] = {missing: None}
    put_cluster(hub, "eu", **spec)
    put_secret(hub, "eu")
    refusal = (await first(hub, declared(hub, access="secret", impersonate="reader"))).refusal

    assert refusal is not None and f"cluster eu: spec.{missing}: is missing" in refusal.message


async def test_one_that_karmada_does_not_reach_stays(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "eu", ready="True")
    put_secret(hub, "eu")
    async with heard(declared(hub)) as provider:
        await provider.next()
        put_cluster(hub, "eu", ready="False")
        put_cluster(hub, "us", ready="Unknown")

        assert await provider.names() == ["eu", "us"]


async def test_where_it_runs_can_be_a_label(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(
        hub, "eu", provider="aws", region="eu-west-1", zones=["a", "b"], labels={"env": "prod"}
    )
    keys = ("spec.provider", "spec.region", "spec.zones", "env")
    names = ("cloud", "region", "zones", "environment")
    settings = declared(hub, labels=dict(zip(names, keys, strict=True)))

    assert (await first(hub, settings)).labels == {
        "cloud": "aws",
        "region": "eu-west-1",
        "zones": "a,b",
        "environment": "prod",
    }


async def test_a_rotated_token_is_another_way_to_the_same_cluster(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "eu")
    put_secret(hub, "eu", "first")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_secret(hub, "eu", "second")
        after = only(await provider.next())

    assert before.digest != after.digest
    assert await authorization(after) == "Bearer second"


async def test_without_the_right_to_read_secrets_clusters_in_pull_mode_are_read(
    hub: SimulatedHub,
) -> None:
    serve(hub)
    put_cluster(hub, "eu", mode="Pull")
    hub.server.forbidden = {"secrets"}

    assert (await first(hub, declared(hub))).refusal is None


async def test_an_aggregated_api_server_that_is_absent_is_waited_for(hub: SimulatedHub) -> None:
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "karmada") == 0)
        serve(hub)
        put_cluster(hub, "eu", mode="Pull")

        assert await provider.names() == ["eu"]


async def test_an_aggregated_api_server_that_is_down_takes_nothing_away(hub: SimulatedHub) -> None:
    serve(hub)
    put_cluster(hub, "eu", mode="Pull")
    async with heard(declared(hub)) as provider:
        await provider.next()
        down = Fault(
            status(503, "ServiceUnavailable"), on=lambda request: "karmada" in request.path
        )
        hub.server.faults.append(down)
        hub.server.disconnect()
        await provider.silent_until(lambda: provider.metric("up", "karmada") == 0)
        hub.server.faults.clear()
        put_cluster(hub, "us", mode="Pull")

        assert await provider.names() == ["eu", "us"]
