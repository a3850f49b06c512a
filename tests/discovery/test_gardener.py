from __future__ import annotations

from typing import Any

import pytest
import trustme
import yaml

from exporter.discovery.declared import Allowed
from exporter.discovery.gardener import Gardener
from exporter.discovery.provider import Cluster
from exporter.kubernetes.errors import CredentialsError
from tests.discovery.cluster_objects import PEM, PROJECT, SHOOT, put_shoot
from tests.discovery.garden import Garden
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)


def declared(hub: SimulatedHub, **fields: Any) -> Gardener:
    return Gardener(kubeconfig=str(hub.file), namespace=PROJECT, **fields)


@pytest.fixture
def garden(hub: SimulatedHub) -> Garden:
    hub.server.add_kind(SHOOT)
    return Garden(hub.server)


async def present(cluster: Cluster) -> str | None:
    """What is presented to a Shoot; raises when its garden gives nothing."""
    return await authorization(cluster)


async def test_each_shoot_is_there_with_a_credential_that_its_garden_gives(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())
        assert garden.asked == []
        presented = await present(cluster)

    assert (cluster.name, cluster.source) == ("eu-1", f"gardener shoot {PROJECT}/eu-1")
    assert cluster.server is not None
    assert cluster.server.url == "https://api.eu-1.shop.example.com"
    assert cluster.server.tls.ca_data == PEM.encode()
    assert presented == "Bearer eu-1-1"
    assert garden.asked == ["eu-1"]


async def test_the_first_address_of_an_api_server_counts(hub: SimulatedHub, garden: Garden) -> None:
    issuer = {"name": "service-account-issuer", "url": "https://discovery.example.com"}
    internal = {"name": "internal", "url": "https://internal.example.com"}
    put_shoot(hub, "eu-1", addresses=[issuer, internal])
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and cluster.server.url == "https://internal.example.com"


async def test_at_a_public_address_the_public_authorities_are_trusted(
    hub: SimulatedHub, garden: Garden
) -> None:
    public = {"name": "wildcard-tls-seed-bound", "url": "https://api-shop--eu-1.seed.example.com"}
    put_shoot(hub, "eu-1", addresses=[public])
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None
    assert (cluster.server.tls.ca_data, cluster.server.tls.insecure) == (None, False)


@pytest.mark.parametrize(
    ("hibernation", "hibernated"),
    [((False, False), False), ((True, False), True), ((True, True), True), ((False, True), True)],
)
async def test_a_shoot_that_sleeps_or_is_to_sleep_is_no_outage(
    hub: SimulatedHub, garden: Garden, hibernation: tuple[bool, bool], hibernated: bool
) -> None:
    put_shoot(hub, "eu-1", hibernation=hibernation)
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).hibernated is hibernated


async def test_a_shoot_is_there_when_it_has_an_api_server(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1", addresses=[], operation="Create")
    async with heard(declared(hub)) as provider:
        assert await provider.names() == []
        put_shoot(hub, "eu-1", operation="Create")
        assert await provider.names() == ["eu-1"]


async def test_a_shoot_that_lost_its_address_is_still_there(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1", addresses=[], operation="Migrate")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.refusal is not None and cluster.refusal.message == (
        f"shoot {PROJECT}/eu-1: status.advertisedAddresses: none is of an API server"
    )


async def test_a_shoot_that_is_being_deleted_is_in_maintenance(
    hub: SimulatedHub, garden: Garden
) -> None:
    deleted: dict[str, Any] = {
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["gardener"],
    }
    put_shoot(hub, "eu-1", operation="Delete", **deleted)
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).maintenance


async def test_what_happens_in_a_shoot_s_status_changes_nothing(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1", operation="Reconcile")
    async with heard(declared(hub)) as provider:
        await provider.next()
        for operation in ("Migrate", "Restore", "Reconcile"):
            put_shoot(hub, "eu-1", operation=operation)
        put_shoot(hub, "us-1")
        assert await provider.names() == ["eu-1", "us-1"]


async def test_another_authority_is_another_way_to_the_same_shoot(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1")
    rotated = trustme.CA().cert_pem.bytes().decode()
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_shoot(hub, "eu-1", authority=PEM + rotated)
        after = only(await provider.next())

    assert before.digest != after.digest


async def test_another_credential_for_the_garden_is_used_for_its_shoots_as_well(
    hub: SimulatedHub, garden: Garden
) -> None:
    hub.server.tokens = {TOKEN}
    put_shoot(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, token="rotated")))
        hub.server.tokens = {"rotated"}
        hub.server.disconnect()
        after = only(await provider.next())

        assert before.digest != after.digest
        assert await present(after) == "Bearer eu-1-1"


@pytest.mark.parametrize(("authority", "says"), [("", "has no ca.crt"), ("nonsense", "PEM")])
async def test_a_shoot_whose_authority_is_not_known_is_listed_with_the_reason(
    hub: SimulatedHub, garden: Garden, authority: str, says: str
) -> None:
    put_shoot(hub, "eu-1", authority=authority)
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is None
    assert cluster.refusal is not None and says in cluster.refusal.message


async def test_who_may_see_a_shoot_and_not_enter_it_is_told_so(
    hub: SimulatedHub, garden: Garden
) -> None:
    garden.refuses = True
    put_shoot(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())
        with pytest.raises(CredentialsError, match="shoot garden-shop/eu-1: viewerkubeconfig: 403"):
            await present(cluster)


async def test_labels_are_the_shoot_s(hub: SimulatedHub, garden: Garden) -> None:
    put_shoot(hub, "eu-1", labels={"shoot.gardener.cloud/status": "healthy", "env": "prod"})
    async with heard(declared(hub, labels={"environment": "env"})) as provider:
        assert only(await provider.next()).labels == {"environment": "prod"}


@pytest.mark.parametrize("fault", ["forbidden", "unserved"])
@pytest.mark.parametrize("kind", [SHOOT.path_resource, "configmaps"])
async def test_a_kind_that_cannot_be_read_is_waited_for(
    hub: SimulatedHub, garden: Garden, kind: str, fault: str
) -> None:
    setattr(hub.server, fault, {kind})
    put_shoot(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "gardener") == 0)
        setattr(hub.server, fault, set())
        assert await provider.names() == ["eu-1"]


async def test_where_a_shoot_may_be_is_up_to_the_settings(
    hub: SimulatedHub, garden: Garden
) -> None:
    put_shoot(hub, "eu-1", url="https://127.0.0.1:6443")
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(local_addresses=True))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None
