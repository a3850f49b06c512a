from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
import pytest
import yaml

from exporter.discovery.declared import Allowed
from exporter.discovery.kubesphere import KubeSphere, Member
from tests.discovery.cluster_objects import (
    KUBESPHERE_CLUSTER,
    kubesphere_cluster,
    put_kubesphere_cluster,
)
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)


def declared(hub: SimulatedHub, **fields: Any) -> KubeSphere:
    return KubeSphere(kubeconfig=str(hub.file), **fields)


@pytest.fixture(autouse=True)
def _kind(hub: SimulatedHub) -> None:
    hub.server.add_kind(KUBESPHERE_CLUSTER)


async def test_each_cluster_is_there_though_kubesphere_thinks_it_is_not_ready(
    hub: SimulatedHub,
) -> None:
    put_kubesphere_cluster(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.source) == ("eu-1", "kubesphere cluster eu-1")
    assert cluster.server is not None and cluster.server.url == "https://eu-1:6443"
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_a_cluster_behind_a_tunnel_is_read_through_it(hub: SimulatedHub) -> None:
    tunnel = "https://mc-eu-1.kubesphere-system.svc:6443"
    put_kubesphere_cluster(hub, "eu-1", connection="proxy", server=tunnel)
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and cluster.server.url == tunnel


async def test_a_cluster_whose_agent_never_connected_says_so(hub: SimulatedHub) -> None:
    put_kubesphere_cluster(hub, "eu-1", connection="proxy", given=b"")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_kubesphere_cluster(hub, "eu-1", connection="proxy")
        after = only(await provider.next())

    assert before.refusal is not None and before.refusal.message == (
        "cluster eu-1: spec.connection.kubeconfig: is empty until its agent connects"
    )
    assert after.refusal is None


async def test_the_host_cluster_is_the_hub(hub: SimulatedHub) -> None:
    put_kubesphere_cluster(hub, "host", labels={"cluster-role.kubesphere.io/host": ""}, given=b"")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and cluster.server.url == hub.url


async def test_a_kubeconfig_that_is_renewed_is_taken(hub: SimulatedHub) -> None:
    put_kubesphere_cluster(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        renewed = yaml.safe_dump(kubeconfig("https://eu-1:6443", token="renewed")).encode()
        put_kubesphere_cluster(hub, "eu-1", given=renewed)
        after = only(await provider.next())

    assert before.digest != after.digest
    assert await authorization(after) == "Bearer renewed"


async def test_a_cluster_that_is_being_deleted_is_in_maintenance(hub: SimulatedHub) -> None:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x"]}
    put_kubesphere_cluster(hub, "eu-1", **deleted)
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).maintenance


async def test_labels_are_the_cluster_s(hub: SimulatedHub) -> None:
    put_kubesphere_cluster(hub, "eu-1", labels={"cluster.kubesphere.io/region": "eu"})
    settings = declared(hub, labels={"region": "cluster.kubesphere.io/region"})
    async with heard(settings) as provider:
        assert only(await provider.next()).labels == {"region": "eu"}


@pytest.mark.parametrize("text", [b"]", b"contexts: 5"])
async def test_what_is_no_kubeconfig_is_told_and_not_quoted(hub: SimulatedHub, text: bytes) -> None:
    put_kubesphere_cluster(hub, "eu-1", given=text + f" # {TOKEN}".encode())
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.refusal is not None and cluster.refusal.message.startswith("cluster eu-1: ")
    assert TOKEN not in repr(cluster)


def test_a_cluster_object_is_not_shown_with_its_kubeconfig() -> None:
    document = kubesphere_cluster("eu-1", given=TOKEN.encode())
    member = msgspec.convert(document, Member)

    assert b64encode(TOKEN.encode()).decode() not in f"{member!r} {member.spec!r}"


@pytest.mark.parametrize("fault", ["forbidden", "unserved"])
async def test_a_hub_without_the_kind_has_not_got_no_clusters(
    hub: SimulatedHub, fault: str
) -> None:
    setattr(hub.server, fault, {KUBESPHERE_CLUSTER.path_resource})
    put_kubesphere_cluster(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "kubesphere") == 0)
        setattr(hub.server, fault, set())
        assert await provider.names() == ["eu-1"]


async def test_what_a_kubeconfig_may_do_is_up_to_the_settings(hub: SimulatedHub) -> None:
    put_kubesphere_cluster(hub, "eu-1", server="https://127.0.0.1:6443")
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(local_addresses=True))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None
