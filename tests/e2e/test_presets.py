"""
Clusters that well-known systems know, found in the shapes of their own objects on a real hub.

The definitions are ours, and hold the names alone: no controller of any system runs here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
import yaml

from tests.controlplane.client import ApiClient, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import namespace
from tests.discovery.cluster_objects import (
    CLUSTER_DEPLOYMENT,
    HELM_RELEASE,
    KUBEFED_CLUSTER,
    KUBESPHERE_CLUSTER,
    KUSTOMIZATION,
    SHOOT,
    kubesphere_cluster,
)
from tests.discovery.garden import Garden
from tests.e2e.discovery import HERE, declared, exporter_with, within_a_while
from tests.e2e.garden import garden_before
from tests.e2e.hub_objects import (
    ISTIO,
    LINKERD,
    LIQO,
    SECRETS,
    WHERE,
    defined,
    encoded,
    of_kind,
    owned,
    path,
    remove_namespace,
    secret,
)
from tests.e2e.member import Member
from tests.e2e.services import Services

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


@pytest_asyncio.fixture(loop_scope="session")
async def hub(clusters: dict[str, Cluster]) -> AsyncIterator[Cluster]:
    """A real hub with a namespace that is gone afterwards."""
    made = clusters["east"]
    await made.api.create("/api/v1/namespaces", namespace(WHERE))
    yield made
    await remove_namespace(made.api, WHERE)


@pytest.fixture
def hub_file(hub: Cluster, tmp_path: Path) -> Path:
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump(hub.kubeconfig_context()))
    return file


@pytest_asyncio.fixture(loop_scope="session")
async def members() -> AsyncIterator[dict[str, Member]]:
    """Three of them, each with a token of its own."""
    async with AsyncExitStack() as stack:
        made = {name: Member(name) for name in ("eu", "us", "ap")}
        for member in made.values():
            member.url = await stack.enter_async_context(member.server.serving())
        yield made


async def test_shoots_are_read_with_kubeconfigs_that_are_renewed_in_time(
    hub: Cluster, members: dict[str, Member], tmp_path: Path
) -> None:
    """Gardener's API server is aggregated: its subresource is answered in front of the hub."""
    kind, garden = SHOOT, Garden()
    garden.validity = 10
    for name, member in members.items():
        member.server.tokens = {f"{name}-{number}" for number in range(1, 100)}

    async with (
        defined(hub.api, kind),
        garden_before(hub.url, hub.ca_pem, garden) as url,
    ):
        for name in members:
            await put_shoot(hub.api, name, members[name].url)

        await hub.api.patch(f"{path(kind)}/ap", {"status": {"hibernated": True}})
        members["ap"].server.tokens = {"none"}
        await hub.api.create(path(kind), of_kind(kind, "new", {}, {"lastOperation": None}))
        file = tmp_path / "garden.yaml"
        context = hub.kubeconfig_context()
        context["clusters"][0]["cluster"] = {"server": url}
        file.write_text(yaml.safe_dump(context))
        async with exporter_with(
            tmp_path / "exporter", declared("gardener", file, namespace=WHERE)
        ) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
            assert (await exporter.listed()).keys() == {"eu", "us", "ap"}
            assert "hibernated" in await exporter.conditions("ap")

            async def is_renewed() -> None:
                assert garden.asked.count("eu") > 1

            await within_a_while(is_renewed)
            latest = f"eu-{garden.asked.count('eu')}"
            members["eu"].server.tokens = {f"eu-{n}" for n in range(int(latest[3:]), 100)}
            members["eu"].server.put("namespaces", {"metadata": {"name": "home-of-still-eu"}})

            async def is_still_read() -> None:
                assert (await exporter.homes())["eu"] == {"eu", "still-eu"}

            await within_a_while(is_still_read)
            await hub.api.delete(f"{path(kind)}/us")

            async def is_gone() -> None:
                assert (await exporter.homes()).keys() == {"eu"}

            await within_a_while(is_gone)


async def put_shoot(api: ApiClient, name: str, url: str) -> None:
    """A Shoot, and the ConfigMap with its authority."""
    labels = {"gardener.cloud/role": "ca-cluster"}
    authority = {"metadata": {"name": f"{name}.ca-cluster", "labels": labels}}
    data = {"ca.crt": trustme.CA().cert_pem.bytes().decode()}
    await api.create(f"/api/v1/namespaces/{WHERE}/configmaps", {**authority, "data": data})
    status = {
        "advertisedAddresses": [{"name": "external", "url": url}],
        "conditions": [{"type": "APIServerAvailable", "status": "Progressing"}],
        "hibernated": False,
        "lastOperation": {"type": "Reconcile", "state": "Succeeded", "progress": 100},
    }
    kind = SHOOT
    await api.create(path(kind), of_kind(kind, name, {"seedName": "aws-eu1"}, status))


async def test_the_clusters_of_kubesphere_are_followed(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    kind = KUBESPHERE_CLUSTER

    def cluster(name: str, text: str, **fields: Any) -> Object:
        made = kubesphere_cluster(name, given=text.encode(), **fields)
        return {"apiVersion": kind.group_version, "kind": kind.kind, **made}

    async with defined(hub.api, kind):
        prod = {"env": "prod"}
        eu = cluster("eu", members["eu"].kubeconfig(), labels=prod)
        host = cluster("host", "", labels={"cluster-role.kubesphere.io/host": "", **prod})
        waiting = cluster("us", "", connection="proxy")
        for one in (eu, host, waiting):
            await hub.api.create(path(kind), one)

        async with exporter_with(tmp_path / "e", declared("kubesphere", hub_file)) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu"))
            told = await exporter.listed()
            assert {name: one["up"] for name, one in told.items()} == {
                "eu": True,
                "host": True,
                "us": False,
            }
            assert told["eu"]["labels"]["environment"] == "prod"

            connected = cluster("us", members["us"].kubeconfig(), connection="proxy")
            await hub.api.patch(f"{path(kind)}/us", connected)
            await within_a_while(lambda: exporter.shows(eu="eu", us="us"))

            await hub.api.delete(f"{path(kind)}/eu")
            await within_a_while(lambda: exporter.shows(us="us"))


async def test_the_clusters_of_kubefed_are_followed(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    kind = KUBEFED_CLUSTER

    def cluster(name: str, token: str) -> Object:
        spec = {"apiEndpoint": members[name].url, "secretRef": {"name": token}}
        offline = {"type": "Offline", "status": "True", "lastProbeTime": "2026-01-01T00:00:00Z"}
        return of_kind(kind, name, spec, {"conditions": [offline]})

    async with defined(hub.api, kind):
        for name in ("eu", "us"):
            await hub.api.create(path(kind), cluster(name, f"{name}-k7x2p"))
            token = {"token": members[name].token}
            await hub.api.create(SECRETS, secret(f"{name}-k7x2p", token, {}))

        await hub.api.create(path(kind), cluster("ap", "absent"))
        async with exporter_with(
            tmp_path / "exporter", declared("kubefed", hub_file, namespace=WHERE)
        ) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
            assert (await exporter.listed())["ap"]["up"] is False

            members["eu"].rotate("rotated")
            await hub.api.patch(f"{SECRETS}/eu-k7x2p", {"data": encoded({"token": "rotated"})})
            members["eu"].server.put("namespaces", {"metadata": {"name": "home-of-eu-2"}})
            await hub.api.delete(f"{path(kind)}/us")

            async def one_is_left() -> None:
                assert await exporter.homes() == {"eu": {"eu", "eu-2"}}

            await within_a_while(one_is_left)


async def test_the_clusters_of_hive_are_followed(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    kind = CLUSTER_DEPLOYMENT

    def deployment(name: str, state: str, *, installed: bool = True) -> Object:
        known = {"adminKubeconfigSecretRef": {"name": f"{name}-admin-kubeconfig"}, "clusterID": "1"}
        spec = {"clusterName": name, "baseDomain": "example.com", "installed": installed}
        return of_kind(kind, name, {**spec, "clusterMetadata": known}, {"powerState": state})

    async with defined(hub.api, kind):
        states = {"eu": "Running", "us": "Hibernating", "ap": "Running"}
        for name, state in states.items():
            await hub.api.create(path(kind), deployment(name, state, installed=name != "ap"))
            labels = {"hive.openshift.io/secret-type": "kubeconfig"}
            values = {"kubeconfig": members[name].kubeconfig()}
            await hub.api.create(SECRETS, secret(f"{name}-admin-kubeconfig", values, labels))

        members["us"].server.tokens = {"asleep"}
        async with exporter_with(
            tmp_path / "exporter", declared("hive", hub_file, namespace=WHERE)
        ) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu"))
            assert (await exporter.listed()).keys() == {"eu", "us"}
            assert "hibernated" in await exporter.conditions("us")

            members["us"].rotate(members["us"].token)
            await hub.api.patch(f"{path(kind)}/us", {"status": {"powerState": "Running"}})
            await hub.api.patch(f"{path(kind)}/ap", {"spec": {"installed": True}})
            await within_a_while(lambda: exporter.shows(eu="eu", us="us", ap="ap"))
            assert "hibernated" not in await exporter.conditions("us")

            await hub.api.delete(f"{path(kind)}/eu")
            await within_a_while(lambda: exporter.shows(us="us", ap="ap"))


async def test_the_clusters_that_flux_applies_to_are_followed(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    kustomization, release = KUSTOMIZATION, HELM_RELEASE

    def spec(**kube_config: Object) -> Object:
        return {"interval": "10m", "kubeConfig": kube_config}

    async with defined(hub.api, kustomization, release):
        await hub.api.create(
            SECRETS, secret("eu-kubeconfig", {"value": members["eu"].kubeconfig()}, {"env": "prod"})
        )
        both = {"value.yaml": members["us"].kubeconfig(), "admin": members["ap"].kubeconfig()}
        await hub.api.create(SECRETS, secret("us", both, {}))
        references = (
            (kustomization, "apps", spec(secretRef={"name": "eu-kubeconfig"})),
            (kustomization, "infra", spec(secretRef={"name": "eu-kubeconfig"})),
            (kustomization, "local", {"interval": "10m"}),
            (kustomization, "cloud", spec(configMapRef={"name": "eks"})),
            (release, "apps", spec(secretRef={"name": "us"})),
        )
        for kind, name, given in references:
            await hub.api.create(path(kind), of_kind(kind, name, given))

        async with exporter_with(
            tmp_path / "exporter", declared("flux", hub_file, namespace=WHERE)
        ) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
            told = await exporter.listed()
            assert told.keys() == {"eu", "us", "eks"}
            assert told["eu"]["labels"]["environment"] == "prod"

            other = spec(secretRef={"name": "us", "key": "admin"})
            await hub.api.patch(f"{path(release)}/apps", {"spec": other})
            await hub.api.delete(f"{path(kustomization)}/apps")
            await within_a_while(lambda: exporter.shows(eu="eu", us="ap"))
            await hub.api.delete(f"{path(kustomization)}/infra")
            await within_a_while(lambda: exporter.shows(us="ap"))


@pytest.mark.parametrize("preset", ["liqo", "linkerd", "istio", "hcp-terraform", "tofu-controller"])
async def test_secrets_are_found_as_their_system_writes_them(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path, preset: str
) -> None:
    eu, us = members["eu"].kubeconfig(), members["us"].kubeconfig()
    for made in {
        "liqo": [
            secret("kubeconfig-controlplane-eu", {"kubeconfig": eu}, LIQO),
            secret("kubeconfig-controlplane-us", {"kubeconfig": us},
                   {**LIQO, "liqo.io/remote-cluster-id": "us"}),
            secret("kubeconfig-resourceslice-eu", {"kubeconfig": eu},
                   {**LIQO, "liqo.io/identity-type": "ResourceSlice"}),
        ],
        "linkerd": [
            secret("cluster-credentials-eu", {"kubeconfig": eu}, {}, LINKERD),
            secret("cluster-credentials-us", {"kubeconfig": us}, {}, LINKERD),
            secret("cluster-credentials-no", {"kubeconfig": us}, {}),
        ],
        "istio": [
            secret("istio-remote-secret-eu", {"eu": eu}, ISTIO),
            secret("istio-remote-secret-us", {"us": us}, ISTIO),
            secret("istio-kubeconfig", {"config": us}, ISTIO),
        ],
        "hcp-terraform": [
            owned(secret("eu-outputs", {"kubeconfig": eu}, {"workspaceID": "ws-1"}), "Workspace"),
            owned(secret("us-outputs", {"kubeconfig": us}, {"workspaceID": "ws-2"}), "Workspace"),
            owned(secret("db-outputs", {"password": "x"}, {"workspaceID": "ws-3"}), "Workspace"),
        ],
        "tofu-controller": [
            owned(secret("eu", {"kubeconfig": eu}, {}), "Terraform"),
            owned(secret("us", {"kubeconfig": us}, {}), "Terraform"),
            owned(secret("db", {"password": "x"}, {}), "Terraform"),
            secret("mine", {"kubeconfig": us}, {}),
        ],
    }[preset]:  # fmt: skip
        await hub.api.create(SECRETS, made)

    given = declared("secrets", hub_file, preset=preset, namespace=WHERE)
    async with exporter_with(tmp_path / "exporter", given) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
        told = await exporter.listed()
        assert told.keys() == {"eu", "us"}

        source = told["us"]["source"].rpartition("/")[2]
        await hub.api.delete(f"{SECRETS}/{source}")
        await within_a_while(lambda: exporter.shows(eu="eu"))


async def test_what_a_pulumi_program_writes_is_found_by_its_label(
    hub: Cluster, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    values = {"kubeconfig": members["eu"].kubeconfig()}
    await hub.api.create(SECRETS, secret("eu", values, {"fleet": "member"}))
    given = declared("secrets", hub_file, namespace=WHERE, label_selector="fleet=member")
    async with exporter_with(tmp_path / "exporter", given) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu"))


async def test_a_vcluster_is_read_at_its_service_with_the_certificate_for_localhost(
    hub: Cluster, hub_file: Path, tmp_path: Path
) -> None:
    member, services = Member("shop"), Services()
    async with services.serving(), services.virtual_cluster(member, WHERE):
        labels = {"app": "vcluster", "vcluster-name": "shop"}
        await hub.api.create(SECRETS, secret("vc-shop", {"config": member.kubeconfig()}, labels))
        await hub.api.create(
            SECRETS, secret("vc-config-shop", {"config.yaml": "{}"}, {"app": "vcluster"})
        )
        given = declared("secrets", hub_file, preset="vcluster", namespace=WHERE)
        given["allow"] = {**HERE, "proxy": True}
        async with exporter_with(tmp_path / "exporter", given) as exporter:
            await within_a_while(lambda: exporter.shows(shop="shop"))
            assert (await exporter.listed()).keys() == {"shop"}
            assert set(services.asked) == {f"shop.{WHERE}.svc:443"}
            assert (await exporter.info())["shop"]["virtual"] == "true"
            await hub.api.delete(f"{SECRETS}/vc-shop")
            await within_a_while(exporter.shows)
