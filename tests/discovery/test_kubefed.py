from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import trustme

from exporter.discovery.declared import Allowed
from exporter.discovery.kubefed import KubeFed
from tests.discovery.cluster_objects import KUBEFED, KUBEFED_CLUSTER, put_kubefed_cluster
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, authorization, heard, only


def declared(hub: SimulatedHub, **fields: Any) -> KubeFed:
    return KubeFed(kubeconfig=str(hub.file), **fields)


@pytest.fixture(autouse=True)
def _kind(hub: SimulatedHub) -> None:
    hub.server.add_kind(KUBEFED_CLUSTER)


async def test_each_cluster_is_there_though_kubefed_thinks_it_is_offline(
    hub: SimulatedHub,
) -> None:
    pem = trustme.CA().cert_pem.bytes()
    put_kubefed_cluster(hub, "eu-1", caBundle=b64encode(pem).decode())
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.source) == ("eu-1", f"kubefed kubefedcluster {KUBEFED}/eu-1")
    assert cluster.server is not None and cluster.server.url == "https://eu-1:6443"
    assert cluster.server.tls.ca_data == pem and not cluster.server.tls.insecure
    assert await authorization(cluster) == f"Bearer {TOKEN}"


@pytest.mark.parametrize("endpoint", ["10.0.0.5", "10.0.0.5:6443", "eu-1.example.com"])
async def test_an_endpoint_may_be_a_host(hub: SimulatedHub, endpoint: str) -> None:
    put_kubefed_cluster(hub, "eu-1", apiEndpoint=endpoint)
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and cluster.server.url == f"https://{endpoint}"


async def test_a_token_that_is_rotated_is_taken(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        hub.put_secret("eu-1-k7x2p", {"token": "rotated"}, namespace=KUBEFED)
        after = only(await provider.next())

    assert before.digest != after.digest
    assert await authorization(after) == "Bearer rotated"


async def test_a_cluster_without_its_secret_is_listed_with_the_reason(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1", secretRef={"name": "absent"})
    put_kubefed_cluster(hub, "us-1")
    hub.put_secret("us-1-k7x2p", {"token": ""}, namespace=KUBEFED)
    async with heard(declared(hub)) as provider:
        missing, empty = await provider.next()

    assert missing.refusal is not None and missing.refusal.message == (
        f"kubefedcluster {KUBEFED}/eu-1: spec.secretRef: there is no Secret 'absent'"
    )
    assert empty.refusal is not None and "has nothing under 'token'" in empty.refusal.message


async def test_a_cluster_that_leaves_is_gone(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1")
    put_kubefed_cluster(hub, "us-1")
    async with heard(declared(hub)) as provider:
        assert await provider.names() == ["eu-1", "us-1"]
        hub.server.delete(KUBEFED_CLUSTER.path_resource, KUBEFED, "eu-1")
        assert await provider.names() == ["us-1"]


async def test_unchecked_certificates_have_to_be_allowed(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1", disabledTLSValidations=["*"], caBundle="bm9uc2Vuc2U=")
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(insecure_tls=True))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.server is not None and allowed.server.tls.insecure


async def test_other_checks_that_were_switched_off_are_made(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1", disabledTLSValidations=["SubjectName"])
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and not cluster.server.tls.insecure


async def test_a_proxy_and_local_addresses_have_to_be_allowed(hub: SimulatedHub) -> None:
    put_kubefed_cluster(hub, "eu-1", proxyURL="https://proxy:3128")
    put_kubefed_cluster(hub, "us-1", apiEndpoint="127.0.0.1:6443")
    async with heard(declared(hub)) as provider:
        refused = await provider.next()
    async with heard(declared(hub, allow=Allowed(proxy=True, local_addresses=True))) as provider:
        allowed = await provider.next()

    conditions = [one.refusal.condition for one in refused if one.refusal]
    assert conditions == ["refused-by-policy", "refused-by-policy"]
    assert [one.refusal for one in allowed] == [None, None]
    assert allowed[0].server is not None and allowed[0].server.proxy == "https://proxy:3128"


async def test_labels_and_maintenance_are_the_cluster_s(hub: SimulatedHub) -> None:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x"]}
    put_kubefed_cluster(hub, "eu-1", metadata={"labels": {"env": "prod"}, **deleted})
    async with heard(declared(hub, labels={"environment": "env"})) as provider:
        cluster = only(await provider.next())

    assert (cluster.labels, cluster.maintenance) == ({"environment": "prod"}, True)


@pytest.mark.parametrize("kind", [KUBEFED_CLUSTER.path_resource, "secrets"])
async def test_a_kind_that_may_not_be_read_is_waited_for(hub: SimulatedHub, kind: str) -> None:
    hub.server.forbidden = {kind}
    put_kubefed_cluster(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "kubefed") == 0)
        hub.server.forbidden = set()
        assert await provider.names() == ["eu-1"]
