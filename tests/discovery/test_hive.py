from __future__ import annotations

from typing import Any

import pytest

from exporter.discovery.declared import Allowed
from exporter.discovery.hive import Hive
from tests.discovery.cluster_objects import CLUSTER_DEPLOYMENT, put_deployment
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    only,
)


def declared(hub: SimulatedHub, **fields: Any) -> Hive:
    return Hive(kubeconfig=str(hub.file), **fields)


@pytest.fixture(autouse=True)
def _kind(hub: SimulatedHub) -> None:
    hub.server.add_kind(CLUSTER_DEPLOYMENT)


async def test_each_installed_cluster_is_there_with_its_admin_s_kubeconfig(
    hub: SimulatedHub,
) -> None:
    put_deployment(hub, "eu-1")
    put_deployment(hub, "us-1", installed=False, power_state="")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.source) == ("eu-1", "hive clusterdeployment eu-1/eu-1")
    assert cluster.server is not None and cluster.server.url == "https://api.eu-1:6443"
    assert await authorization(cluster) == f"Bearer {TOKEN}"
    assert not cluster.hibernated


@pytest.mark.parametrize(
    ("wanted", "state", "hibernated"),
    [
        ("Running", "Running", False),
        ("", "", False),
        ("Running", "Unknown", False),
        ("Hibernating", "Running", True),
        ("Hibernating", "Stopping", True),
        ("Hibernating", "WaitingForMachinesToStop", True),
        ("Hibernating", "Hibernating", True),
        ("", "Hibernating", True),
        ("Running", "StartingMachines", True),
        ("Running", "WaitingForMachines", True),
        ("Running", "WaitingForNodes", True),
        ("Running", "WaitingForClusterOperators", False),
    ],
)
async def test_whoever_sleeps_or_is_not_awake_yet_is_no_outage(
    hub: SimulatedHub, wanted: str, state: str, hibernated: bool
) -> None:
    put_deployment(hub, "eu-1", wanted=wanted, power_state=state)
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).hibernated is hibernated


async def test_a_cluster_that_falls_asleep_and_awakes_stays_the_same(hub: SimulatedHub) -> None:
    put_deployment(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_deployment(hub, "eu-1", wanted="Hibernating", power_state="Hibernating")
        asleep = only(await provider.next())
        put_deployment(hub, "eu-1", wanted="Running", power_state="Running")
        awake = only(await provider.next())

    assert [one.hibernated for one in (before, asleep, awake)] == [False, True, False]
    assert before.digest == asleep.digest == awake.digest


async def test_a_cluster_that_is_being_deprovisioned_is_in_maintenance(hub: SimulatedHub) -> None:
    deleted: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x"]}
    put_deployment(hub, "eu-1", **deleted)
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).maintenance


async def test_a_missing_secret_is_told(hub: SimulatedHub) -> None:
    put_deployment(hub, "eu-1")
    hub.delete_secret("eu-1-0-abcde-admin-kubeconfig", "eu-1")
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.refusal is not None and cluster.refusal.message == (
        "clusterdeployment eu-1/eu-1: spec.clusterMetadata.adminKubeconfigSecretRef:"
        " there is no Secret 'eu-1-0-abcde-admin-kubeconfig'"
    )


async def test_labels_are_the_cluster_deployment_s(hub: SimulatedHub) -> None:
    put_deployment(hub, "eu-1", labels={"hive.openshift.io/cluster-region": "eu-west-1"})
    settings = declared(hub, labels={"region": "hive.openshift.io/cluster-region"})
    async with heard(settings) as provider:
        assert only(await provider.next()).labels == {"region": "eu-west-1"}


@pytest.mark.parametrize("fault", ["forbidden", "unserved"])
async def test_a_hub_without_the_kind_has_not_got_no_clusters(
    hub: SimulatedHub, fault: str
) -> None:
    setattr(hub.server, fault, {CLUSTER_DEPLOYMENT.path_resource})
    put_deployment(hub, "eu-1")
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "hive") == 0)
        setattr(hub.server, fault, set())
        assert await provider.names() == ["eu-1"]


async def test_what_a_kubeconfig_may_do_is_up_to_the_settings(hub: SimulatedHub) -> None:
    put_deployment(hub, "eu-1", server="https://169.254.169.254")
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(local_addresses=True))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None
