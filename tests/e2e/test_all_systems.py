"""
A real hub that many systems use at once: nobody takes another one's objects for its own, and the
rights on the page of each system are enough for it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
import yaml

from exporter.simulation.kinds import Kind
from tests.controlplane.client import ApiClient, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace
from tests.discovery import test_flux, test_gardener, test_hive, test_kubefed, test_kubesphere
from tests.discovery.garden import Garden
from tests.e2e.garden import garden_before
from tests.e2e.test_discovery import (
    ARGO_LABEL,
    HERE,
    Member,
    capi_secret,
    exporter_with,
    remove_namespace,
    secret,
)
from tests.e2e.test_presets import (
    ISTIO,
    LINKERD,
    LIQO,
    SECRETS,
    WHERE,
    declared,
    defined,
    of_kind,
    owned,
    path,
)

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROOT = Path(__file__).parents[2]

Written = list[tuple[str, Object]]
"""Paths of collections, and what is to be created there; the first is what its system lists."""


@dataclass(frozen=True)
class System:
    """How it is declared, on which page, and how it writes a member down."""

    provider: str
    page: str
    written: Callable[[str, Member], Written]
    kinds: tuple[Kind, ...] = ()
    fields: Object = field(default_factory=dict)


def in_secret(made: Object) -> Written:
    return [(SECRETS, made)]


def by_gardener(name: str, member: Member) -> Written:
    pem = trustme.CA().cert_pem.bytes().decode()
    labels = {"gardener.cloud/role": "ca-cluster"}
    authority = {"metadata": {"name": f"{name}.ca-cluster", "labels": labels}}
    status = {"advertisedAddresses": [{"name": "external", "url": member.url}]}
    kind = test_gardener.SHOOT
    configmaps = f"/api/v1/namespaces/{WHERE}/configmaps"
    return [
        (path(kind), of_kind(kind, name, {}, status)),
        (configmaps, {**authority, "data": {"ca.crt": pem}}),
    ]


def by_kubesphere(name: str, member: Member) -> Written:
    kind = test_kubesphere.CLUSTER
    text = b64encode(member.kubeconfig().encode()).decode()
    spec = {"connection": {"type": "direct", "kubeconfig": text}}
    return [(path(kind), of_kind(kind, name, spec))]


def by_kubefed(name: str, member: Member) -> Written:
    kind = test_kubefed.CLUSTER
    spec = {"apiEndpoint": member.url, "secretRef": {"name": f"{name}-token"}}
    token = secret(f"{name}-token", {"token": member.token}, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, token)]


def by_hive(name: str, member: Member) -> Written:
    kind = test_hive.CLUSTER_DEPLOYMENT
    known = {"adminKubeconfigSecretRef": {"name": f"{name}-admin-kubeconfig"}}
    spec = {"installed": True, "clusterMetadata": known}
    values = {"kubeconfig": member.kubeconfig(), "raw-kubeconfig": member.kubeconfig()}
    kubeconfig = secret(f"{name}-admin-kubeconfig", values, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, kubeconfig)]


def by_flux(name: str, member: Member) -> Written:
    kind = test_flux.KUSTOMIZATION
    spec = {"kubeConfig": {"secretRef": {"name": f"{name}-kubeconfig"}}}
    kubeconfig = secret(f"{name}-kubeconfig", {"value": member.kubeconfig()}, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, kubeconfig)]


def by_argocd(name: str, member: Member) -> Written:
    values = {"name": name, "server": member.url, "config": {"bearerToken": member.token}}
    return in_secret(secret(f"argo-{name}", values, ARGO_LABEL))


def by_cluster_api(name: str, member: Member) -> Written:
    return in_secret(capi_secret(name, member))


def by_liqo(name: str, member: Member) -> Written:
    labels = {**LIQO, "liqo.io/remote-cluster-id": name}
    return in_secret(secret(f"liqo-{name}", {"kubeconfig": member.kubeconfig()}, labels))


def by_linkerd(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    return in_secret(secret(f"cluster-credentials-{name}", values, {}, LINKERD))


def by_istio(name: str, member: Member) -> Written:
    values = {name: member.kubeconfig()}
    return in_secret(secret(f"istio-remote-secret-{name}", values, ISTIO))


def by_hcp_terraform(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    made = secret(f"{name}-outputs", values, {"workspaceID": f"ws-{name}"})
    return in_secret(owned(made, "Workspace"))


def by_tofu_controller(name: str, member: Member) -> Written:
    return in_secret(owned(secret(name, {"kubeconfig": member.kubeconfig()}, {}), "Terraform"))


def by_hand(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    return in_secret(secret(name, values, {"fleet": "member"}))


def preset(name: str) -> Object:
    return {"preset": name, "namespace": WHERE}


IN_NAMESPACE = {"namespace": WHERE}
SHOOT, FLUX = test_gardener.SHOOT, (test_flux.KUSTOMIZATION, test_flux.HELM_RELEASE)
DEPLOYMENT, MEMBER = test_hive.CLUSTER_DEPLOYMENT, test_kubesphere.CLUSTER

SYSTEMS = {
    "gardener": System("gardener", "gardener", by_gardener, (SHOOT,), IN_NAMESPACE),
    "kubesphere": System("kubesphere", "kubesphere", by_kubesphere, (MEMBER,)),
    "kubefed": System("kubefed", "kubefed", by_kubefed, (test_kubefed.CLUSTER,), IN_NAMESPACE),
    "hive": System("hive", "hive", by_hive, (DEPLOYMENT,)),
    "flux": System("flux", "flux", by_flux, FLUX),
    "argocd": System("argocd", "argocd", by_argocd, fields=IN_NAMESPACE),
    "capi": System("cluster-api", "cluster-api", by_cluster_api),
    "liqo": System("secrets", "liqo", by_liqo, fields=preset("liqo")),
    "linkerd": System("secrets", "linkerd", by_linkerd, fields=preset("linkerd")),
    "istio": System("secrets", "istio", by_istio, fields=preset("istio")),
    "hcp": System("secrets", "hcp-terraform", by_hcp_terraform, fields=preset("hcp-terraform")),
    "tofu": System(
        "secrets", "tofu-controller", by_tofu_controller, fields=preset("tofu-controller")
    ),
    "hand": System(
        "secrets", "secrets", by_hand, fields={**IN_NAMESPACE, "label_selector": "fleet=member"}
    ),
}
STATES = ("well", "broken", "leaving")


@pytest_asyncio.fixture(loop_scope="session")
async def members() -> AsyncIterator[dict[str, Member]]:
    """Three for each system: one that stays well, one that rejects us, and one that will leave."""
    async with AsyncExitStack() as stack:
        made = {f"{system}-{state}": Member(f"{system}-{state}")
                for system in SYSTEMS for state in STATES}  # fmt: skip
        for name, member in made.items():
            member.url = await stack.enter_async_context(member.server.serving())
            if name.startswith("gardener-"):
                member.token = f"{name}-1"
                member.server.tokens = {member.token}
            if name.endswith("-broken"):
                member.server.tokens = {"another"}
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def hub(clusters: dict[str, Cluster]) -> AsyncIterator[Cluster]:
    made = clusters["east"]
    await made.api.create("/api/v1/namespaces", namespace(WHERE))
    yield made
    await remove_namespace(made.api, WHERE)


async def test_all_systems_in_one_hub_give_exactly_the_right_fleet(
    hub: Cluster, members: dict[str, Member], tmp_path: Path
) -> None:
    kinds = [kind for system in SYSTEMS.values() for kind in system.kinds]
    async with (
        defined(hub.api, *kinds),
        garden_before(hub.url, hub.ca_pem, Garden()) as url,
        readers(hub.api) as tokens,
    ):
        listed_at: dict[str, str] = {}
        for name, member in members.items():
            written = SYSTEMS[name.partition("-")[0]].written(name, member)
            listed_at[name] = f"{written[0][0]}/{written[0][1]['metadata']['name']}"
            for where, made in written:
                await hub.api.create(where, made)

        discovery = declarations(hub, url, tokens, tmp_path)
        async with exporter_with(tmp_path / "exporter", *discovery) as exporter:
            there = {name: {name} for name in members if not name.endswith("-broken")}

            async def all_are_shown() -> None:
                assert await exporter.homes() == there
                assert (await exporter.listed()).keys() == members.keys()

            await eventually(all_are_shown, within=60)
            told = await exporter.listed()
            assert {name for name, one in told.items() if one["up"]} == there.keys()
            assert {one["provider"] for one in told.values()} == {
                system.provider for system in SYSTEMS.values()
            }

            for name in (name for name in members if name.endswith("-leaving")):
                await hub.api.delete(listed_at[name])
                del there[name]

            async def they_have_left() -> None:
                assert await exporter.homes() == there
                names = (await exporter.listed()).keys()
                assert names == {one for one in members if not one.endswith("-leaving")}

            await eventually(they_have_left, within=60)


@asynccontextmanager
async def readers(api: ApiClient) -> AsyncIterator[dict[str, str]]:
    """For each system a token of a ServiceAccount with the rights that its page gives, no more."""
    tokens = {}
    try:
        for name, system in SYSTEMS.items():
            within = f"/api/v1/namespaces/{WHERE}/serviceaccounts"
            reader = {"metadata": {"name": f"reader-of-{name}"}}
            await api.create(within, reader)
            await api.create(*granted(system.page, reader))
            await api.create(*bound(system.page, reader))
            answer = await api.create(f"{within}/reader-of-{name}/token", {"spec": {}})
            tokens[name] = answer["status"]["token"]
        yield tokens
    finally:
        for name, system in SYSTEMS.items():
            if name in tokens and role_on(system.page)["kind"] == "ClusterRole":
                await api.delete(f"{RBAC}/clusterrolebindings/reader-of-{name}")
                await api.delete(f"{RBAC}/clusterroles/reader-of-{name}")


def role_on(page: str) -> Object:
    """The role that a page says to create in the hub."""
    text = (ROOT / f"docs/sources/{page}.md").read_text()
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    (role,) = (block for block in blocks if "rules" in block)
    return dict(role)


def granted(page: str, reader: Object) -> tuple[str, Object]:
    role = role_on(page)
    if role["kind"] == "ClusterRole":
        return f"{RBAC}/clusterroles", {**reader, "rules": role["rules"]}

    return f"{RBAC}/namespaces/{WHERE}/roles", {**reader, "rules": role["rules"]}


def bound(page: str, reader: Object) -> tuple[str, Object]:
    kind, name = role_on(page)["kind"], reader["metadata"]["name"]
    subject = {"kind": "ServiceAccount", "name": name, "namespace": WHERE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    binding = {**reader, "subjects": [subject], "roleRef": role}
    if kind == "ClusterRole":
        return f"{RBAC}/clusterrolebindings", binding

    return f"{RBAC}/namespaces/{WHERE}/rolebindings", binding


def declarations(
    hub: Cluster, garden: str, tokens: dict[str, str], directory: Path
) -> list[Object]:
    """One source for each system; Gardener's subresource is answered before the hub."""
    sources = []
    for name, system in SYSTEMS.items():
        kubeconfig: dict[str, Any] = hub.kubeconfig_context()
        kubeconfig["users"][0]["user"] = {"token": tokens[name]}
        if name == "gardener":
            kubeconfig["clusters"][0]["cluster"] = {"server": garden}

        file = directory / f"{name}.yaml"
        file.write_text(yaml.safe_dump(kubeconfig))
        sources.append(declared(system.provider, file, **{"allow": HERE, **system.fields}))

    return sources
