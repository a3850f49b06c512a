from __future__ import annotations

from typing import Any

import msgspec
import pytest
import yaml

from exporter.discovery.declared import Allowed, Marks
from exporter.discovery.flux import Flux
from exporter.simulation.kinds import Kind
from tests.discovery.cluster_objects import HELM_RELEASE, KUSTOMIZATION, put_applied, put_kubeconfig
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)


def declared(hub: SimulatedHub, **fields: Any) -> Flux:
    return Flux(kubeconfig=str(hub.file), **fields)


@pytest.fixture(autouse=True)
def _kinds(hub: SimulatedHub) -> None:
    hub.server.add_kind(KUSTOMIZATION)
    hub.server.add_kind(HELM_RELEASE)


async def test_each_secret_that_is_referred_to_is_a_cluster(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1-kubeconfig", "value")
    put_kubeconfig(hub, "us-1", "value")
    put_kubeconfig(hub, "nobodys", "value")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1-kubeconfig"}})
    put_applied(hub, KUSTOMIZATION, "infra", {"secretRef": {"name": "eu-1-kubeconfig"}})
    put_applied(hub, HELM_RELEASE, "apps", {"secretRef": {"name": "us-1"}})
    put_applied(hub, KUSTOMIZATION, "local", None)
    async with heard(declared(hub)) as provider:
        snapshot = await provider.next()

    assert [(cluster.name, cluster.source) for cluster in snapshot] == [
        ("eu-1", "flux secret fleet/eu-1-kubeconfig"),
        ("us-1", "flux secret fleet/us-1"),
    ]
    assert await authorization(snapshot[0]) == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("keys", "key", "host"),
    [
        (("value", "value.yaml"), None, "value"),
        (("value.yaml",), None, "value.yaml"),
        (("value", "other"), "other", "other"),
    ],
)
async def test_the_key_is_the_one_that_flux_takes(
    hub: SimulatedHub, keys: tuple[str, ...], key: str | None, host: str
) -> None:
    put_kubeconfig(hub, "eu-1", *keys)
    reference = {"name": "eu-1"} if key is None else {"name": "eu-1", "key": key}
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": reference})
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert cluster.server is not None and cluster.server.url == f"https://{host}:6443"


async def test_a_secret_of_another_namespace_is_not_meant(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1", "value", namespace="elsewhere")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub)) as provider:
        missing = only(await provider.next())
        put_kubeconfig(hub, "eu-1", "value")
        there = only(await provider.next())

    assert missing.refusal is not None
    assert missing.refusal.message == "secret fleet/eu-1: has nothing under 'value'"
    assert (there.name, there.refusal) == ("eu-1", None)


async def test_a_cluster_is_gone_with_the_last_that_refers_to_it(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1", "value")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    put_applied(hub, HELM_RELEASE, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub)) as provider:
        assert await provider.names() == ["eu-1"]
        hub.server.delete(KUSTOMIZATION.path_resource, "fleet", "apps")
        put_kubeconfig(hub, "us-1", "value")
        put_applied(hub, KUSTOMIZATION, "other", {"secretRef": {"name": "us-1"}})
        assert await provider.names() == ["us-1", "eu-1"]
        hub.server.delete(HELM_RELEASE.path_resource, "fleet", "apps")
        assert await provider.names() == ["us-1"]


async def test_a_suspended_or_failing_one_counts_as_always(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1", "value")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}}, suspend=True)
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.refusal, cluster.maintenance) == (None, False)


async def test_the_identity_of_a_cloud_s_workload_is_listed_with_the_reason(
    hub: SimulatedHub,
) -> None:
    put_applied(hub, KUSTOMIZATION, "apps", {"configMapRef": {"name": "eks-1"}})
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.source) == ("eks-1", "flux configmap fleet/eks-1")
    assert cluster.refusal is not None and "configMapRef: is not supported" in str(cluster.refusal)


@pytest.mark.parametrize(
    "kube_config", [{}, {"secretRef": {"name": "a\nb"}}, {"secretRef": {"name": "x" * 300}}]
)
async def test_a_reference_to_what_cannot_be_is_listed_under_the_name_of_who_has_it(
    hub: SimulatedHub, kube_config: dict[str, Any]
) -> None:
    put_applied(hub, KUSTOMIZATION, "apps", kube_config)
    async with heard(declared(hub)) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.source) == ("apps", "flux reference of fleet/apps")
    assert cluster.refusal is not None and "names no Secret" in cluster.refusal.message


async def test_helm_s_releases_are_not_even_asked_for(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1", "value", type="helm.sh/release.v1")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub)) as provider:
        assert only(await provider.next()).refusal is not None


@pytest.mark.parametrize("kind", [KUSTOMIZATION, HELM_RELEASE])
@pytest.mark.parametrize("fault", ["forbidden", "unserved"])
async def test_a_kind_that_cannot_be_read_is_waited_for(
    hub: SimulatedHub, kind: Kind, fault: str
) -> None:
    setattr(hub.server, fault, {kind.path_resource})
    put_kubeconfig(hub, "eu-1", "value")
    other = HELM_RELEASE if kind is KUSTOMIZATION else KUSTOMIZATION
    put_applied(hub, other, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub)) as provider:
        await provider.silent_until(lambda: provider.metric("up", "flux") == 0)
        setattr(hub.server, fault, set())
        assert await provider.names() == ["eu-1"]


async def test_where_there_is_no_helm_controller_kinds_says_so(hub: SimulatedHub) -> None:
    hub.server.unserved = {HELM_RELEASE.path_resource}
    put_kubeconfig(hub, "eu-1", "value")
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub, kinds=("Kustomization",))) as provider:
        assert await provider.names() == ["eu-1"]


def test_no_kind_at_all_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="name Kustomization, HelmRelease or both"):
        msgspec.convert({"provider": "flux", "kinds": []}, Flux)


async def test_labels_and_marks_are_the_secret_s(hub: SimulatedHub) -> None:
    put_kubeconfig(hub, "eu-1", "value", labels={"env": "prod", "down": "true"})
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    settings = declared(hub, labels={"environment": "env"}, marks=Marks(maintenance="down"))
    async with heard(settings) as provider:
        cluster = only(await provider.next())

    assert (cluster.labels, cluster.maintenance) == ({"environment": "prod"}, True)


async def test_what_a_kubeconfig_may_do_is_up_to_the_settings(hub: SimulatedHub) -> None:
    hub.put_secret("eu-1", {"value": yaml.safe_dump(kubeconfig("https://127.0.0.1:6443"))})
    put_applied(hub, KUSTOMIZATION, "apps", {"secretRef": {"name": "eu-1"}})
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(local_addresses=True))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.refusal.condition == "refused-by-policy"
    assert allowed.refusal is None
