"""Clusters that are found in a real hub, and come, change and go while the exporter runs."""

import asyncio
import random
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from tests.controlplane.client import ApiClient, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace
from tests.e2e.discovery import HERE, Exporter, exporter_with, within_a_while
from tests.e2e.hub_objects import ARGO_LABEL, capi_secret, encoded, remove_namespace, secret
from tests.e2e.member import Member

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]


@pytest_asyncio.fixture(loop_scope="session")
async def members() -> AsyncIterator[dict[str, Member]]:
    """Three of them, each with an identity of its own."""
    async with AsyncExitStack() as stack:
        made = {name: Member(name) for name in ("eu", "us", "ap")}
        for member in made.values():
            member.url = await stack.enter_async_context(member.server.serving())
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def hub(clusters: dict[str, Cluster]) -> Cluster:
    return clusters["east"]


@pytest.fixture
def hub_file(hub: Cluster, tmp_path: Path) -> Path:
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump(hub.kubeconfig_context()))
    return file


@pytest_asyncio.fixture(loop_scope="session")
async def secrets(hub: Cluster) -> AsyncIterator[str]:
    """The path of the Secrets of a namespace, `found`, that is gone afterwards."""
    await hub.api.create("/api/v1/namespaces", namespace("found"))
    yield "/api/v1/namespaces/found/secrets"
    await remove_namespace(hub.api, "found")


async def test_secrets_with_kubeconfigs_are_followed(
    hub: Cluster, hub_file: Path, secrets: str, members: dict[str, Member], tmp_path: Path
) -> None:
    member = {"fleet": "member"}
    await hub.api.create(secrets, secret("a", {"kubeconfig": members["eu"].kubeconfig()}, member))
    await hub.api.create(secrets, secret("bad", {"kubeconfig": "contexts: 5"}, member))
    await hub.api.create(secrets, secret("other", {"kubeconfig": members["ap"].kubeconfig()}, {}))
    declared = {
        "provider": "secrets",
        "namespace": "found",
        "label_selector": "fleet=member",
        "kubeconfig": str(hub_file),
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(a="eu"))
        told = await exporter.listed()
        assert told.keys() == {"a", "bad"}
        assert told["a"]["source"] == "secrets secret found/a"
        assert told["bad"]["up"] is False

        await hub.api.create(
            secrets, secret("b", {"kubeconfig": members["us"].kubeconfig()}, member)
        )
        await within_a_while(lambda: exporter.shows(a="eu", b="us"))

        members["us"].rotate("rotated")
        rotated = {"data": encoded({"kubeconfig": members["us"].kubeconfig()})}
        await hub.api.patch(f"{secrets}/b", rotated)
        members["us"].server.put("namespaces", {"metadata": {"name": "home-of-us-2"}})

        async def both_homes() -> None:
            assert await exporter.homes() == {"a": {"eu"}, "b": {"us", "us-2"}}

        await within_a_while(both_homes)

        moved = {"data": encoded({"kubeconfig": members["ap"].kubeconfig()})}
        await hub.api.patch(f"{secrets}/a", moved)  # another cluster under the name
        await hub.api.delete(f"{secrets}/b")
        await within_a_while(lambda: exporter.shows(a="ap"))

        await hub.api.patch(f"{secrets}/a", {"metadata": {"labels": {"fleet": None}}})
        await within_a_while(exporter.shows)
        assert (await exporter.listed()).keys() == {"bad"}


async def test_the_clusters_of_argo_cd_are_followed(
    clusters: dict[str, Cluster],
    hub: Cluster,
    hub_file: Path,
    secrets: str,
    members: dict[str, Member],
    tmp_path: Path,
) -> None:
    west = clusters["west"]
    authority = b64encode(west.ca_pem.encode()).decode()
    real = {
        "name": "west",
        "server": west.url,
        "config": {"bearerToken": west.token, "tlsClientConfig": {"caData": authority}},
    }
    itself = {"name": "the-hub", "server": "https://kubernetes.default.svc", "config": {}}
    eu = {"name": "eu", "server": members["eu"].url, "config": {"bearerToken": "token-of-eu"}}
    aws = {
        "name": "aws",
        "server": "https://aws",
        "config": {"awsAuthConfig": {"clusterName": "x"}},
    }
    for number, data in enumerate((real, itself, eu, aws)):
        await hub.api.create(
            secrets, secret(f"cluster-{number}", data, ARGO_LABEL | {"env": "prod"})
        )

    await hub.api.create(secrets, secret("repository", {"url": "https://git"}, {}))
    declared = {
        "provider": "argocd",
        "namespace": "found",
        "kubeconfig": str(hub_file),
        "labels": {"environment": "env"},
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:

        async def all_are_up() -> None:
            told = await exporter.listed()
            assert {name: one["up"] for name, one in told.items()} == {
                "west": True,
                "the-hub": True,
                "eu": True,
                "aws": False,
            }
            assert {one["labels"]["environment"] for one in told.values()} == {"prod"}
            assert told["west"]["uid"] != told["the-hub"]["uid"]

        await within_a_while(all_are_up)
        await within_a_while(lambda: exporter.shows(eu="eu"))

        await hub.api.patch(f"{secrets}/cluster-2", {"data": encoded({"name": "eu-renamed"})})
        await within_a_while(lambda: exporter.shows(eu_renamed="eu"))
        await hub.api.delete(f"{secrets}/cluster-2")
        await within_a_while(exporter.shows)


CLUSTERS = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi/clusters"
CAPI_SECRETS = "/api/v1/namespaces/capi/secrets"


def cluster_definition() -> Object:
    """What discovery reads of Cluster API's own definition: two versions with one schema."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "metadata": {"name": "clusters.cluster.x-k8s.io"},
        "spec": {
            "group": "cluster.x-k8s.io",
            "scope": "Namespaced",
            "names": {"plural": "clusters", "singular": "cluster", "kind": "Cluster"},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == "v1beta2",
                    "schema": {"openAPIV3Schema": schema},
                }
                for version in ("v1beta2", "v1beta1")
            ],
        },
    }


def workload_cluster(name: str, *, initialized: bool) -> Object:
    condition = {
        "type": "ControlPlaneInitialized",
        "status": str(initialized),
        "reason": "Initialized",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    return {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "metadata": {"name": name, "labels": {"env": "prod"}},
        "spec": {"controlPlaneEndpoint": {"host": name, "port": 6443}},
        "status": {"conditions": [condition]},
    }


@pytest_asyncio.fixture(loop_scope="session")
async def cluster_api(hub: Cluster, members: dict[str, Member]) -> AsyncIterator[ApiClient]:
    """A hub with Cluster API's Cluster, of which there is one, `eu`, with its Secrets."""
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await hub.api.create(definitions, cluster_definition())
    await hub.api.create("/api/v1/namespaces", namespace("capi"))
    eu = workload_cluster("eu", initialized=True)
    await eventually(lambda: hub.api.create(CLUSTERS, eu), within=30)
    await hub.api.create(CAPI_SECRETS, capi_secret("eu", members["eu"]))
    for other in ("eu-ca", "eu-user-kubeconfig"):
        values = {"value": members["ap"].kubeconfig()}
        labels = {"cluster.x-k8s.io/cluster-name": "eu"}
        await hub.api.create(CAPI_SECRETS, secret(other, values, labels, "cluster.x-k8s.io/secret"))
    yield hub.api
    await hub.api.delete(f"{definitions}/clusters.cluster.x-k8s.io")
    await remove_namespace(hub.api, "capi")


async def test_the_clusters_of_cluster_api_are_followed(
    cluster_api: ApiClient, hub_file: Path, members: dict[str, Member], tmp_path: Path
) -> None:
    declared = {
        "provider": "cluster-api",
        "kubeconfig": str(hub_file),
        "labels": {"environment": "env"},
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu"))
        assert (await exporter.listed())["eu"]["labels"]["environment"] == "prod"

        await cluster_api.create(CLUSTERS, workload_cluster("us", initialized=False))
        await cluster_api.create(CAPI_SECRETS, capi_secret("us", members["us"]))
        await cluster_api.create(
            CAPI_SECRETS, capi_secret("ap", members["ap"])
        )  # without a Cluster
        await within_a_while(lambda: exporter.shows(eu="eu", ap="ap"))
        assert "us" not in await exporter.listed()

        initialized = {"status": workload_cluster("us", initialized=True)["status"]}
        await cluster_api.patch(f"{CLUSTERS}/us", initialized)
        await within_a_while(lambda: exporter.shows(eu="eu", us="us", ap="ap"))

        members["eu"].rotate("15-minutes")
        renewed = {"data": encoded({"value": members["eu"].kubeconfig()})}
        await cluster_api.patch(f"{CAPI_SECRETS}/eu-kubeconfig", renewed)
        members["eu"].server.delete("namespaces", "", "home-of-eu")
        members["eu"].server.put("namespaces", {"metadata": {"name": "home-of-new-eu"}})
        await within_a_while(lambda: exporter.shows(eu="new-eu", us="us", ap="ap"))

        await cluster_api.delete(f"{CAPI_SECRETS}/us-kubeconfig")
        await within_a_while(lambda: exporter.shows(eu="new-eu", ap="ap"))


async def service_account_kubeconfig(hub: Cluster, where: str) -> str:
    """A kubeconfig of a ServiceAccount that may list and watch the Secrets of one namespace."""
    within = f"/api/v1/namespaces/{where}"
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{where}"
    reader = {"metadata": {"name": "reader"}}
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"]}]
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": where}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    await hub.api.create(f"{within}/serviceaccounts", reader)
    await hub.api.create(f"{roles}/roles", {**reader, "rules": rules})
    await hub.api.create(
        f"{roles}/rolebindings", {**reader, "subjects": [subject], "roleRef": role}
    )
    answer = await hub.api.create(f"{within}/serviceaccounts/reader/token", {"spec": {}})
    kubeconfig = hub.kubeconfig_context()
    kubeconfig["users"][0]["user"] = {"token": answer["status"]["token"]}
    return yaml.safe_dump(kubeconfig)


@pytest.mark.usefixtures("cluster_api")
async def test_a_role_on_the_secrets_of_one_namespace_is_enough(
    hub: Cluster, members: dict[str, Member], tmp_path: Path
) -> None:
    file = tmp_path / "reader.yaml"
    file.write_text(await service_account_kubeconfig(hub, "capi"))
    declared = {
        "provider": "cluster-api",
        "namespace": "capi",
        "kubeconfig": str(file),
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(eu="eu"))
        await hub.api.create(CAPI_SECRETS, capi_secret("us", members["us"]))
        await within_a_while(lambda: exporter.shows(eu="eu", us="us"))
        assert await exporter.up("cluster-api")


async def test_a_hub_that_is_away_takes_nothing_away(
    hub: Cluster, hub_file: Path, secrets: str, members: dict[str, Member], tmp_path: Path
) -> None:
    member = {"outage": "member"}
    await hub.api.create(secrets, secret("a", {"kubeconfig": members["eu"].kubeconfig()}, member))
    declared = {
        "provider": "secrets",
        "label_selector": "outage=member",
        "kubeconfig": str(hub_file),
        "allow": HERE,
    }
    async with exporter_with(tmp_path / "exporter", declared) as exporter:
        await within_a_while(lambda: exporter.shows(a="eu"))
        hub.stop_api_server()
        try:

            async def is_seen() -> None:
                assert not await exporter.up("secrets")

            await within_a_while(is_seen)
            await exporter.shows(a="eu")
        finally:
            await hub.start_api_server()

        await hub.api.create(
            secrets, secret("b", {"kubeconfig": members["us"].kubeconfig()}, member)
        )
        await eventually(lambda: exporter.shows(a="eu", b="us"), within=60)


class Truth:
    """Whose series each name has to have, before and after what is happening now."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}

    def begin(self, name: str, home: str | None) -> None:
        """From now on a name has the series of this home, or none."""
        self._after = {other: its for other, its in self._after.items() if other != name}
        if home is not None:
            self._after[name] = home

    def check(self, shown: dict[str, set[str]]) -> None:
        """No series are under another's name, and what does not change is there all the time."""
        assert shown.keys() <= self._before.keys() | self._after.keys()
        for name in shown.keys() | self._before.keys():
            old, new = self._before.get(name), self._after.get(name)
            possible = [{home} for home in (old, new) if home is not None]
            if old != new:
                possible.append(set())

            assert shown.get(name, set()) in possible, f"{name}: {shown} but {vars(self)}"

    async def come_true(self, exporter: Exporter) -> None:
        """Wait until that and nothing else is shown."""

        async def is_shown() -> None:
            expected = {name: {its} for name, its in self._after.items()}
            assert await exporter.everything() == expected

        await within_a_while(is_shown)
        self._before = self._after


@dataclass
class Fleet:
    """Members of one hub: what their names are there, and how their managers write them down."""

    api: ApiClient
    truth: Truth
    names: dict[str, Member] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def _written(self, name: str, member: Member) -> tuple[str, Object]:
        """The path of the member's Secrets, and its own."""
        found = "/api/v1/namespaces/found/secrets"
        match member.name.split("-")[0]:
            case "capi":
                return CAPI_SECRETS, capi_secret(name, member)

            case "argo":
                config = {"bearerToken": member.token}
                values = {"name": name, "server": member.url, "config": config}
                return found, secret(f"of-{name}", values, ARGO_LABEL)

            case _:
                values = {"kubeconfig": member.kubeconfig()}
                return found, secret(name, values, {"fleet": "member"})

    async def add(self, name: str, member: Member) -> None:
        """The hub learns of a cluster."""
        self.truth.begin(name, member.home)
        self.names[name] = member
        self.tokens.add(member.token)
        await self.api.create(*self._written(name, member))

    async def remove(self, name: str) -> Member:
        """The hub forgets it."""
        self.truth.begin(name, None)
        path, existing = self._written(name, member := self.names.pop(name))
        await self.api.delete(f"{path}/{existing['metadata']['name']}")
        return member

    async def rename(self, name: str, other: str) -> None:
        """The hub has another name for it."""
        await self.add(other, await self.remove(name))

    async def rotate(self, name: str, token: str) -> None:
        """Its old token is accepted until the new one was used."""
        member = self.names[name]
        member.server.tokens = {member.token, token}
        member.token = token
        self.tokens.add(token)
        path, changed = self._written(name, member)
        await self.api.patch(f"{path}/{changed['metadata']['name']}", {"data": changed["data"]})

        async def new_one_is_used() -> None:
            used = {request.headers.get("Authorization") for request in member.server.requests}
            assert f"Bearer {token}" in used

        await within_a_while(new_one_is_used)
        member.server.tokens = {token}

    async def recreate(self, name: str, home: str) -> None:
        """Another cluster is built at its address."""
        self.truth.begin(name, home)
        self.names[name].become(home)


@pytest_asyncio.fixture(loop_scope="session")
async def ten() -> AsyncIterator[list[Member]]:
    """Members for three sorts of managers."""
    sorts = ("plain", "argo", "capi")
    async with AsyncExitStack() as stack:
        made = [Member(f"{sorts[number % 3]}-{number}") for number in range(10)]
        for member in made:
            member.url = await stack.enter_async_context(member.server.serving())
        yield made


@pytest.mark.usefixtures("secrets")
async def test_no_series_are_ever_under_another_cluster_s_name(
    hub: Cluster,
    hub_file: Path,
    cluster_api: ApiClient,
    ten: list[Member],
    tmp_path: Path,
) -> None:
    await cluster_api.delete(f"{CAPI_SECRETS}/eu-kubeconfig")
    given = {"kubeconfig": str(hub_file), "allow": HERE}
    discovery = (
        {"provider": "secrets", "namespace": "found", "label_selector": "fleet=member", **given},
        {"provider": "argocd", "namespace": "found", **given},
        {"provider": "cluster-api", **given},
    )
    truth = Truth()
    fleet = Fleet(hub.api, truth)
    async with exporter_with(tmp_path / "exporter", *discovery) as exporter:
        for number, member in enumerate(ten[:8]):
            await fleet.add(f"c{number}", member)

        await truth.come_true(exporter)
        async with asyncio.TaskGroup() as group:
            scraping = group.create_task(scrape(exporter, truth))
            await change_everything(fleet, ten[8:], exporter)
            scraping.cancel()

        said = await exporter.emitted()

    for token in {*fleet.tokens, hub.token}:
        assert token not in said
        assert b64encode(token.encode()).decode().rstrip("=") not in said


async def scrape(exporter: Exporter, truth: Truth) -> None:
    while True:
        truth.check(await exporter.everything())
        await asyncio.sleep(0.1)


async def change_everything(fleet: Fleet, spare: list[Member], exporter: Exporter) -> None:
    """Each change that can befall a cluster, to clusters that are drawn by lot."""
    lot = random.Random(6)
    for number in range(24):
        name = lot.choice(sorted(fleet.names))
        match ("add", "rotate", "rename", "recreate", "remove", "swap")[number % 6]:
            case "add":
                await fleet.add(f"n{number}", spare.pop())
            case "rotate":
                await fleet.rotate(name, f"token-{number}")
            case "rename":
                await fleet.rename(name, f"n{number}")
            case "recreate":
                await fleet.recreate(name, f"home-{number}")
            case "remove":
                spare.append(await fleet.remove(name))
            case _:
                spare.append(await fleet.remove(name))
                await fleet.add(name, spare.pop(0))

        await fleet.truth.come_true(exporter)
