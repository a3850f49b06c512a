"""
Clusters that are found in a real API server with the objects of cluster managers, whose own
programs do not run. The exporter has the rights that docs/sources gives it, and no other.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
import yaml

from exporter.simulation.api_server import ApiServer
from exporter.simulation.kinds import Kind
from tests.controlplane.client import ApiClient, ApiError, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace
from tests.e2e.discovery import HERE, Exporter, exporter_with, within_a_while
from tests.e2e.forwarding import Forwarding, Upstream
from tests.e2e.hub_objects import DEFINITIONS, encoded, remove_namespace, secret
from tests.e2e.member import Member
from tests.e2e.rights import RBAC, roles

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

ACCOUNT = {"kind": "ServiceAccount", "name": "reader", "namespace": "reader"}


class Hub:
    """The API server that stands for a manager's. What is made in it goes with the test."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api: ApiClient = cluster.api
        self._namespaces: list[str] = []
        self._made: list[str] = []

    async def create(self, path: str, body: Object) -> None:
        """Create an object, of a kind that may just have been defined."""
        await eventually(lambda: self.api.create(path, body), within=30)
        self._made.append(f"{path}/{body['metadata']['name']}")

    async def create_namespaces(self, *names: str) -> None:
        for name in names:
            await self.api.create("/api/v1/namespaces", namespace(name))
            self._namespaces.append(name)

    async def define(self, api_version: str, plural: str, kind: str, *, namespaced: bool) -> None:
        """A kind with any fields: what discovery reads of a manager's own definition."""
        group, _, version = api_version.partition("/")
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        spec = {
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        }
        name = f"{plural}.{group}"
        await self.create(DEFINITIONS, {"metadata": {"name": name}, "spec": spec})

    async def reader(self, page: str) -> dict[str, Any]:
        """A kubeconfig of a ServiceAccount that has the rights of a page, and no others."""
        await self.create_namespaces("reader")
        accounts = "/api/v1/namespaces/reader/serviceaccounts"
        await self.api.create(accounts, {"metadata": {"name": "reader"}})
        for role in roles(page):
            where = role["metadata"].pop("namespace", "")
            place = f"{RBAC}/namespaces/{where}" if where else RBAC
            kind = role["kind"].lower()
            name = role["metadata"]["name"]
            reference = {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": role["kind"],
                "name": name,
            }
            binding = {"metadata": {"name": name}, "subjects": [ACCOUNT], "roleRef": reference}
            await self.create(f"{place}/{kind}s", role)
            await self.create(f"{place}/{kind}bindings", binding)

        answer = await self.api.create(f"{accounts}/reader/token", {"spec": {}})
        kubeconfig = self.cluster.kubeconfig_context()
        kubeconfig["users"][0]["user"] = {"token": answer["status"]["token"]}
        return kubeconfig

    async def clean_up(self) -> None:
        for path in reversed(self._made):
            with suppress(ApiError):  # the test removed it, or its definition has gone before
                await self.api.delete(path)

        async with asyncio.TaskGroup() as removing:
            for name in self._namespaces:
                removing.create_task(remove_namespace(self.api, name))


def written(directory: Path, kubeconfig: Object) -> str:
    file = directory / "hub.yaml"
    file.write_text(yaml.safe_dump(kubeconfig))
    return str(file)


def token_secret(name: str, member: Member, **more: str) -> Object:
    return secret(name, {"token": member.token, **more}, {})


async def is_refused(exporter: Exporter, name: str) -> None:
    """Raise AssertionError unless a cluster is listed, and there is no way to it."""
    listed = await exporter.listed()
    assert name in listed
    told = listed[name]
    assert (told["up"], told["conditions"][0]["reason"]) == (False, "credentials")


async def is_down(exporter: Exporter, provider: str) -> None:
    """Raise AssertionError while a source of clusters can be read."""
    assert not await exporter.up(provider)


@pytest_asyncio.fixture(loop_scope="session")
async def hub(clusters: dict[str, Cluster]) -> AsyncIterator[Hub]:
    made = Hub(clusters["east"])
    try:
        yield made
    finally:
        await made.clean_up()


@pytest_asyncio.fixture(loop_scope="session")
async def members() -> AsyncIterator[dict[str, Member]]:
    async with AsyncExitStack() as stack:
        made = {name: Member(name) for name in ("eu", "us", "ap")}
        for member in made.values():
            member.url = await stack.enter_async_context(member.server.serving())
        yield made


# ------------------------------------------------------------------ ClusterProfile


PROFILES = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/fleet/clusterprofiles"


def profile(name: str, access: str, configuration: Object, server: str, **status: Any) -> Object:
    extension = {"name": "client.authentication.k8s.io/exec", "extension": configuration}
    cluster = {"server": server, "extensions": [extension]}
    location = {
        "name": "location",
        "value": f"{name}-1",
        "lastObservedTime": "2026-01-01T00:00:00Z",
    }
    condition = {"type": "ControlPlaneHealthy", "status": "False", "reason": "x", "message": ""}
    return {
        "apiVersion": "multicluster.x-k8s.io/v1alpha1",
        "kind": "ClusterProfile",
        "metadata": {"name": name, "labels": {"x-k8s.io/cluster-manager": "some-manager"}},
        "spec": {"clusterManager": {"name": "some-manager"}},
        "status": {
            "version": {"kubernetes": "v1.36.0"},
            "conditions": [condition],
            "properties": [location],
            "accessProviders": [{"name": access, "cluster": cluster}],
            **status,
        },
    }


async def test_cluster_profiles_are_followed(
    hub: Hub, members: dict[str, Member], tmp_path: Path
) -> None:
    eu, us, ap = members["eu"], members["us"], members["ap"]
    secrets = "/api/v1/namespaces/fleet-credentials/secrets"
    await hub.create_namespaces("fleet", "fleet-credentials")
    await hub.define(
        "multicluster.x-k8s.io/v1alpha1", "clusterprofiles", "ClusterProfile", namespaced=True
    )
    await hub.create(PROFILES, profile("eu", "secretreader", {"clusterName": "eu"}, eu.url))
    await hub.create(secrets, token_secret("eu", eu))
    of_us = {"name": "us-kubeconfig", "key": "value"}
    await hub.create(PROFILES, profile("us", "kubeconfig-secretreader", of_us, us.url))
    await hub.create(secrets, secret("us-kubeconfig", {"value": us.kubeconfig()}, {}))
    await hub.create(PROFILES, profile("broken", "google", {}, ap.url))
    declared = {
        "provider": "cluster-profile",
        "namespace": "fleet",
        "consumer_namespace": "fleet-credentials",
        "kubeconfig": written(tmp_path, await hub.reader("cluster-profile")),
        "labels": {"location": "location"},
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
        assert (await exporter.listed())["eu"]["labels"]["location"] == "eu-1"
        await is_refused(exporter, "broken")

        old = profile("ap", "secretreader", {"clusterName": "ap"}, ap.url)
        old["status"]["credentialProviders"] = old["status"].pop("accessProviders")
        await hub.create(PROFILES, old)
        await within_a_while(lambda: is_refused(exporter, "ap"))
        await hub.create(secrets, token_secret("ap", ap))
        await within_a_while(lambda: exporter.shows(eu="eu", us="us", ap="ap"))

        eu.rotate("rotated")
        await hub.api.patch(f"{secrets}/eu", {"data": encoded({"token": "rotated"})})
        eu.server.delete("namespaces", "", "home-of-eu")
        eu.server.put("namespaces", {"metadata": {"name": "home-of-new-eu"}})
        await within_a_while(lambda: exporter.shows(eu="new-eu", us="us", ap="ap"))

        await hub.api.delete(f"{PROFILES}/us")
        await within_a_while(lambda: exporter.shows(eu="new-eu", ap="ap"))
        assert (await exporter.listed()).keys() == {"eu", "ap", "broken"}


# ------------------------------------------------------------------ Open Cluster Management


MANAGED = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
ACCOUNT_NAME = "kube-fleet-exporter"


def managed_cluster(name: str, url: str, available: str = "True") -> Object:
    condition = {
        "type": "ManagedClusterConditionAvailable",
        "status": available,
        "reason": "x",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    return {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": {
            "name": name,
            "labels": {"cluster.open-cluster-management.io/clusterset": "default"},
        },
        "spec": {"hubAcceptsClient": True, "managedClusterClientConfigs": [{"url": url}]},
        "status": {
            "conditions": [condition],
            "clusterClaims": [{"name": "platform.open-cluster-management.io", "value": "AWS"}],
        },
    }


async def managed_clusters(hub: Hub, members: dict[str, Member]) -> None:
    """A ManagedCluster for each member, and `ap` without a token."""
    await hub.define(
        "cluster.open-cluster-management.io/v1",
        "managedclusters",
        "ManagedCluster",
        namespaced=False,
    )
    await hub.create_namespaces(*members)
    for name, member in members.items():
        await hub.create(MANAGED, managed_cluster(name, member.url))
        if name != "ap":
            made = token_secret(ACCOUNT_NAME, member, **{"ca.crt": "PEM"})
            await hub.create(f"/api/v1/namespaces/{name}/secrets", made)


async def test_managed_clusters_are_followed_with_the_right_to_one_name_of_secrets(
    hub: Hub, members: dict[str, Member], tmp_path: Path
) -> None:
    await managed_clusters(hub, members)
    declared = {
        "provider": "open-cluster-management",
        "kubeconfig": written(tmp_path, await hub.reader("open-cluster-management")),
        "labels": {"cloud": "platform.open-cluster-management.io"},
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
        assert (await exporter.listed())["eu"]["labels"]["cloud"] == "AWS"
        await is_refused(exporter, "ap")

        unavailable = managed_cluster("eu", members["eu"].url, "Unknown")["status"]
        await hub.api.patch(f"{MANAGED}/eu", {"status": unavailable})
        await hub.create("/api/v1/namespaces/ap/secrets", token_secret(ACCOUNT_NAME, members["ap"]))
        await within_a_while(lambda: exporter.shows(eu="eu", us="us", ap="ap"))

        members["us"].rotate("renewed")
        renewed = {"data": encoded({"token": "renewed"})}
        await hub.api.patch(f"/api/v1/namespaces/us/secrets/{ACCOUNT_NAME}", renewed)
        members["us"].server.delete("namespaces", "", "home-of-us")
        members["us"].server.put("namespaces", {"metadata": {"name": "home-of-new-us"}})
        await within_a_while(lambda: exporter.shows(eu="eu", us="new-us", ap="ap"))

        await hub.api.delete(f"{MANAGED}/ap")
        await within_a_while(lambda: exporter.shows(eu="eu", us="new-us"))
        assert (await exporter.listed()).keys() == {"eu", "us"}


async def test_managed_clusters_are_read_through_cluster_proxy_as_the_hub_s_user(
    hub: Hub, members: dict[str, Member], tmp_path: Path
) -> None:
    await managed_clusters(hub, members)
    kubeconfig = await hub.reader("open-cluster-management")
    proxy = Forwarding({kubeconfig["users"][0]["user"]["token"]})
    proxy.routes = {f"/{one.name}": Upstream(one.url, one.token) for one in members.values()}
    async with proxy.serving():
        declared = {
            "provider": "open-cluster-management",
            "kubeconfig": written(tmp_path, kubeconfig),
            "managed_service_account": "",
            "cluster_proxy": proxy.url,
        }
        async with exporter_with(tmp_path / "exporter", declared) as exporter:
            await within_a_while(lambda: exporter.shows(eu="eu", us="us", ap="ap"))
            await hub.api.delete(f"{MANAGED}/us")
            await within_a_while(lambda: exporter.shows(eu="eu", ap="ap"))


# ------------------------------------------------------------------ Karmada


KARMADA = "cluster.karmada.io/v1alpha1"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


def karmada_cluster(name: str, url: str, mode: str) -> Object:
    condition = {"type": "Ready", "status": "False", "reason": "ClusterNotReady", "message": ""}
    return {
        "metadata": {"name": name},
        "spec": {
            "syncMode": mode,
            "apiEndpoint": url,
            "secretRef": {"namespace": "karmada-cluster", "name": name},
            "region": f"{name}-1",
        },
        "status": {"conditions": [condition]},
    }


def aggregated_api_server() -> ApiServer:
    """What karmada-aggregated-apiserver serves, but the proxy."""
    server = ApiServer("karmada")
    group, version = KARMADA.split("/")
    kind = Kind(group, version, "clusters", "Cluster", namespaced=False, custom=True)
    server.add_kind(kind)
    return server


def api_service(port: int) -> Object:
    """Of an aggregated API server on this machine, by the Service `aggregated`."""
    group, version = KARMADA.split("/")
    return {
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 2000,
            "versionPriority": 10,
            "insecureSkipTLSVerify": True,
            "service": {"namespace": "karmada-cluster", "name": "aggregated", "port": port},
        },
    }


def certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return context


async def test_karmada_s_members_are_followed_through_a_real_aggregation_layer(
    hub: Hub, members: dict[str, Member], tmp_path: Path
) -> None:
    eu, us = members["eu"], members["us"]
    clusters = f"{KARMADA}/clusters"
    karmada = aggregated_api_server()
    karmada.put(clusters, karmada_cluster("eu", eu.url, "Push"))
    karmada.put(clusters, karmada_cluster("us", "https://not-reachable-from-here", "Pull"))
    aggregated = Forwarding()
    async with karmada.serving() as url, aggregated.serving(certificate()):
        whole = {
            "/": Upstream(f"{url}/"),
            f"/apis/{clusters}/us/proxy": Upstream(us.url, us.token),
        }
        await hub.create_namespaces("karmada-cluster")
        service = {"type": "ExternalName", "externalName": "localhost"}
        services = "/api/v1/namespaces/karmada-cluster/services"
        await hub.create(services, {"metadata": {"name": "aggregated"}, "spec": service})
        await hub.create(API_SERVICES, api_service(aggregated.port))
        secrets = "/api/v1/namespaces/karmada-cluster/secrets"
        await hub.create(secrets, token_secret("eu", eu))
        declared = {
            "provider": "karmada",
            "kubeconfig": written(tmp_path, await hub.reader("karmada")),
            "labels": {"region": "spec.region"},
            "allow": HERE,
        }
        async with exporter_with(tmp_path / "exporter", declared) as exporter:
            await within_a_while(lambda: is_down(exporter, "karmada"))
            aggregated.routes = whole
            await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
            assert (await exporter.listed())["us"]["labels"]["region"] == "us-1"

            us.server.delete("namespaces", "", "home-of-us")
            us.server.put("namespaces", {"metadata": {"name": "home-of-new-us"}})
            await within_a_while(lambda: exporter.shows(eu="eu", us="new-us"))
            assert sum(us.server.open_watches.values()) > 0

            karmada.put(clusters, karmada_cluster("ap", members["ap"].url, "Push"))
            await hub.create(secrets, token_secret("ap", members["ap"]))
            await within_a_while(lambda: exporter.shows(eu="eu", us="new-us", ap="ap"))

            aggregated.routes = {}  # it answers 503 to everything
            karmada.disconnect()
            await within_a_while(lambda: is_down(exporter, "karmada"))
            assert (await exporter.listed()).keys() == {"eu", "us", "ap"}
            karmada.delete(clusters, "", "ap")
            aggregated.routes = whole
            await within_a_while(lambda: exporter.shows(eu="eu", us="new-us"))
            assert await exporter.up("karmada")


# ------------------------------------------------------------------ Rancher


MANAGEMENT = "/apis/management.cattle.io/v3/clusters"
PROVISIONING = "/apis/provisioning.cattle.io/v1/namespaces/fleet-default/clusters"
RANCHER_TOKEN = "token-abcde:of-rancher"


def management_cluster(id_: str, name: str) -> Object:
    return {
        "apiVersion": "management.cattle.io/v3",
        "kind": "Cluster",
        "metadata": {"name": id_},
        "spec": {"displayName": name, "internal": id_ == "local"},
        "status": {
            "driver": "rke2",
            "provider": "rke2",
            "conditions": [{"type": "Ready", "status": "False", "lastUpdateTime": "now"}],
        },
    }


def provisioning_cluster(id_: str, name: str) -> Object:
    return {
        "apiVersion": "provisioning.cattle.io/v1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "status": {"clusterName": id_, "clientSecretName": f"{name}-kubeconfig", "ready": True},
    }


def through_rancher(url: str, id_: str, token: str = RANCHER_TOKEN) -> Object:
    """A kubeconfig as Rancher gives it out."""
    return {
        "clusters": [{"name": "c", "cluster": {"server": f"{url}/k8s/clusters/{id_}"}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


@pytest_asyncio.fixture(loop_scope="session")
async def rancher(hub: Hub, members: dict[str, Member]) -> AsyncIterator[Forwarding]:
    """A Rancher with `eu` and `us`, and a way to `ap` of which it does not know yet."""
    await hub.define("management.cattle.io/v3", "clusters", "Cluster", namespaced=False)
    await hub.define("provisioning.cattle.io/v1", "clusters", "Cluster", namespaced=True)
    await hub.create_namespaces("fleet-default")
    server = Forwarding({RANCHER_TOKEN})
    local = Upstream(
        hub.cluster.url,
        hub.cluster.token,
        ssl.create_default_context(cadata=hub.cluster.ca_pem),
    )
    server.routes = {"/k8s/clusters/local": local}
    for name, member in members.items():
        server.routes[f"/k8s/clusters/c-m-{name}"] = Upstream(member.url, member.token)
        if name != "ap":
            await hub.create(MANAGEMENT, management_cluster(f"c-m-{name}", name))

    async with server.serving():
        yield server


async def test_rancher_s_clusters_are_followed_through_rancher(
    hub: Hub, rancher: Forwarding, tmp_path: Path
) -> None:
    file = written(tmp_path, through_rancher(rancher.url, "local"))
    await hub.create(MANAGEMENT, management_cluster("local", "the-hub"))
    declared = {
        "provider": "rancher",
        "kubeconfig": file,
        "labels": {"id": "metadata.name"},
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))

        async def the_hub_is_up() -> None:
            assert (await exporter.listed())["the-hub"]["up"] is True

        await within_a_while(the_hub_is_up)
        assert (await exporter.listed())["eu"]["labels"]["id"] == "c-m-eu"

        await hub.create(MANAGEMENT, management_cluster("c-m-ap", "ap"))
        await hub.api.patch(f"{MANAGEMENT}/c-m-us", {"spec": {"displayName": "renamed"}})
        await within_a_while(lambda: exporter.shows(eu="eu", renamed="us", ap="ap"))

        rancher.tokens = {"token-abcde:rotated"}
        rancher.disconnect()
        await within_a_while(lambda: is_down(exporter, "rancher"))
        written(tmp_path, through_rancher(rancher.url, "local", "token-abcde:rotated"))
        await hub.api.delete(f"{MANAGEMENT}/c-m-eu")
        # A rejected token is tried again after half a minute.
        await eventually(lambda: exporter.shows(renamed="us", ap="ap"), within=90)
        assert await exporter.up("rancher")


async def test_rancher_s_clusters_are_followed_by_their_kubeconfigs(
    hub: Hub, rancher: Forwarding, tmp_path: Path
) -> None:
    secrets = "/api/v1/namespaces/fleet-default/secrets"
    label = {"cluster.x-k8s.io/cluster-name": "eu"}
    kubeconfig = yaml.safe_dump(through_rancher(rancher.url, "c-m-eu"))
    values = {"value": kubeconfig, "token": RANCHER_TOKEN}
    await hub.create(PROVISIONING, provisioning_cluster("c-m-eu", "eu"))
    await hub.create(secrets, secret("eu-kubeconfig", values, label))
    declared = {
        "provider": "rancher",
        "access": "secrets",
        "kubeconfig": written(tmp_path, await hub.reader("rancher")),
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu"))
        await is_refused(exporter, "us")

        rancher.tokens = {"token-abcde:rotated"}
        rancher.disconnect()
        rotated = yaml.safe_dump(through_rancher(rancher.url, "c-m-eu", "token-abcde:rotated"))
        await hub.api.patch(f"{secrets}/eu-kubeconfig", {"data": encoded({"value": rotated})})
        await hub.create(PROVISIONING, provisioning_cluster("c-m-us", "us"))
        kubeconfig = yaml.safe_dump(through_rancher(rancher.url, "c-m-us", "token-abcde:rotated"))
        label = {"cluster.x-k8s.io/cluster-name": "us"}
        await hub.create(secrets, secret("us-kubeconfig", {"value": kubeconfig}, label))
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))

        await hub.api.delete(f"{MANAGEMENT}/c-m-eu")
        await within_a_while(lambda: exporter.shows(us="us"))
