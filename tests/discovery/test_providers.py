"""What holds for every provider, whatever it reads."""

from __future__ import annotations

import re
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
import yaml
from structlog.testing import capture_logs

from exporter.discovery.argocd import ArgoCd
from exporter.discovery.cluster_api import ClusterApi
from exporter.discovery.cluster_profile import ClusterProfile
from exporter.discovery.declared import Declared
from exporter.discovery.directory import Directory
from exporter.discovery.flux import Flux
from exporter.discovery.gardener import Gardener
from exporter.discovery.hive import Hive
from exporter.discovery.http import Http
from exporter.discovery.karmada import Karmada
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.kubefed import KubeFed
from exporter.discovery.kubesphere import KubeSphere
from exporter.discovery.open_cluster_management import OpenClusterManagement
from exporter.discovery.providers import AnyProvider
from exporter.discovery.rancher import Rancher
from exporter.discovery.secrets import Secrets
from exporter.settings import read_settings
from exporter.simulation.kinds import Kind
from exporter.sources import unheard
from tests.discovery.cluster_objects import (
    CLUSTER_DEPLOYMENT,
    KUBEFED_CLUSTER,
    KUBESPHERE_CLUSTER,
    KUSTOMIZATION,
    SHOOT,
    put_applied,
    put_deployment,
    put_kubefed_cluster,
    put_kubesphere_cluster,
    put_shoot,
)
from tests.discovery.inventory import inventory
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, heard, kubeconfig

ROOT = Path(__file__).parents[2]
PROVIDERS: tuple[type[Declared], ...] = get_args(AnyProvider)


def tag(declared: type[Declared]) -> str:
    return str(declared.__struct_config__.tag)


def parsed(tmp_path: Path, discovery: str) -> tuple[Declared, ...]:
    """What settings with this under `discovery` declare."""
    file = tmp_path / "settings.yaml"
    file.write_text(f"discovery:\n{textwrap.indent(discovery, '  ')}")
    return read_settings(file).discovery


@pytest.mark.parametrize("declared", PROVIDERS, ids=tag)
def test_its_docstring_has_an_example_that_can_be_used(
    tmp_path: Path, declared: type[Declared]
) -> None:
    manual = textwrap.dedent("    " + (declared.__doc__ or "").strip("\n").lstrip())
    (example,) = re.findall(r"^ *- \{provider:.*?\}\n", manual + "\n", re.MULTILINE | re.DOTALL)
    (one,) = parsed(tmp_path, textwrap.dedent(example))

    assert type(one) is declared


@pytest.mark.parametrize("declared", PROVIDERS, ids=tag)
def test_its_page_has_settings_that_can_be_used(tmp_path: Path, declared: type[Declared]) -> None:
    page = (ROOT / "docs/sources" / f"{tag(declared)}.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    settings = [block for block in blocks if block.startswith("discovery:")]
    found = []
    for block in settings:
        file = tmp_path / "settings.yaml"
        file.write_text(block)
        found += [type(one) for one in read_settings(file).discovery]

    assert declared in found


def test_every_page_is_listed() -> None:
    index = (ROOT / "docs/sources/README.md").read_text()
    pages = {path.name for path in (ROOT / "docs/sources").glob("*.md")} - {"README.md"}

    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == pages


@dataclass(frozen=True)
class Source:
    """Something to read clusters from, and ways to change it."""

    declared: Declared
    put: Callable[[str], None]
    remove: Callable[[str], None]
    spoil: Callable[[], None]
    mend: Callable[[], None]


Opened = Callable[[Path, SimulatedHub], AbstractAsyncContextManager[Source]]


@asynccontextmanager
async def kubeconfig_source(tmp_path: Path, _: SimulatedHub) -> AsyncIterator[Source]:
    file = tmp_path / "config"
    contexts: dict[str, dict[str, str]] = {}

    def write(text: str) -> None:
        new = tmp_path / ".new"
        new.write_text(text)
        new.replace(file)

    def mend() -> None:
        document = kubeconfig("https://a:6443")
        named = [{"name": name, "context": context} for name, context in contexts.items()]
        write(yaml.safe_dump({**document, "contexts": named, "current-context": None}))

    def put(name: str) -> None:
        contexts[name] = {"cluster": "c", "user": "u"}
        mend()

    def remove(name: str) -> None:
        del contexts[name]
        mend()

    mend()
    yield Source(
        Kubeconfig((str(file),), ("*",)), put, remove, lambda: write(f"token: [{TOKEN}"), mend
    )


@asynccontextmanager
async def directory_source(tmp_path: Path, _: SimulatedHub) -> AsyncIterator[Source]:
    path, away = tmp_path / "clusters", tmp_path / "away"
    path.mkdir()

    def put(name: str) -> None:
        new = path / f".{name}"
        new.write_text(yaml.safe_dump(kubeconfig("https://a:6443")))
        new.replace(path / name)

    yield Source(
        Directory(str(path)),
        put,
        lambda name: (path / name).unlink(),
        lambda: void(path.rename(away)),
        lambda: void(away.rename(path)),
    )


@asynccontextmanager
async def http_source(_: Path, __: SimulatedHub) -> AsyncIterator[Source]:
    clusters: dict[str, dict[str, str]] = {}
    async with inventory() as server:

        def mend() -> None:
            server.say(list(clusters.values()))

        def put(name: str) -> None:
            clusters[name] = {"name": name, "server": "https://a:6443", "token": TOKEN}
            mend()

        def remove(name: str) -> None:
            del clusters[name]
            mend()

        spoilt = f'[{{"token": "{TOKEN}"'.encode()
        url = f"{server.url}?key={TOKEN}"
        yield Source(Http(url=url), put, remove, lambda: server.say(spoilt), mend)


@asynccontextmanager
async def hub_source(
    hub: SimulatedHub,
    declared: Declared,
    put: Callable[[str], None],
    remove: Callable[[str], None],
    read: str = "secrets",
) -> AsyncIterator[Source]:
    def spoil() -> None:
        hub.server.forbidden = {read}
        hub.server.disconnect()

    def mend() -> None:
        hub.server.forbidden = set()

    yield Source(declared, put, remove, spoil, mend)


def secrets_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    def put(name: str) -> None:
        text = yaml.safe_dump(kubeconfig("https://a:6443"))
        hub.put_secret(name, {"kubeconfig": text}, labels={"fleet": "member"})

    declared = Secrets(label_selector="fleet=member", kubeconfig=str(hub.file))
    return hub_source(hub, declared, put, hub.delete_secret)


def argocd_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    def put(name: str) -> None:
        data = {"name": name, "server": "https://a:6443", "config": {"bearerToken": TOKEN}}
        labels = {"argocd.argoproj.io/secret-type": "cluster"}
        hub.put_secret(name, data, namespace="argocd", labels=labels)

    return hub_source(
        hub, ArgoCd(kubeconfig=str(hub.file)), put, lambda name: hub.delete_secret(name, "argocd")
    )


def cluster_api_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    def put(name: str) -> None:
        text = yaml.safe_dump(kubeconfig("https://a:6443"))
        hub.put_secret(f"{name}-kubeconfig", {"value": text}, type="cluster.x-k8s.io/secret")

    def remove(name: str) -> None:
        hub.delete_secret(f"{name}-kubeconfig")

    return hub_source(hub, ClusterApi(kubeconfig=str(hub.file)), put, remove)


def objects_source(
    hub: SimulatedHub,
    declared: Declared,
    kind: Kind,
    fields: Callable[[str], dict[str, object]],
    secrets: str = "",
) -> AbstractAsyncContextManager[Source]:
    """One of a hub with an object for each cluster, and a Secret with a token in `secrets`."""
    hub.server.add_kind(kind)
    namespace = "fleet" if kind.namespaced else ""

    def put(name: str) -> None:
        if secrets:
            place, secret = secrets.format(name=name).split("/")
            hub.put_secret(secret, {"token": TOKEN}, namespace=place)

        metadata = {"name": name, "namespace": namespace}
        hub.server.put(kind.path_resource, {"metadata": metadata, **fields(name)})

    def remove(name: str) -> None:
        hub.server.delete(kind.path_resource, namespace, name)

    return hub_source(hub, declared, put, remove, kind.path_resource)


def cluster_profile_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    def fields(name: str) -> dict[str, object]:
        configuration = {
            "name": "client.authentication.k8s.io/exec",
            "extension": {"clusterName": name},
        }
        cluster = {"server": "https://a:6443", "extensions": [configuration]}
        return {"status": {"accessProviders": [{"name": "secretreader", "cluster": cluster}]}}

    kind = Kind(
        "multicluster.x-k8s.io", "v1alpha1", "clusterprofiles", "ClusterProfile", custom=True
    )
    declared = ClusterProfile(kubeconfig=str(hub.file), consumer_namespace="tokens")
    return objects_source(hub, declared, kind, fields, "tokens/{name}")


def open_cluster_management_source(
    _: Path, hub: SimulatedHub
) -> AbstractAsyncContextManager[Source]:
    group, version = "cluster.open-cluster-management.io", "v1"
    kind = Kind(group, version, "managedclusters", "ManagedCluster", namespaced=False, custom=True)
    declared = OpenClusterManagement(kubeconfig=str(hub.file))
    spec = {"managedClusterClientConfigs": [{"url": "https://a:6443"}]}
    secrets = "{name}/kube-fleet-exporter"
    return objects_source(hub, declared, kind, lambda _: {"spec": spec}, secrets)


def karmada_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    def fields(name: str) -> dict[str, object]:
        reference = {"namespace": "karmada-cluster", "name": name}
        return {"spec": {"apiEndpoint": "https://a:6443", "secretRef": reference}}

    kind = Kind(
        "cluster.karmada.io", "v1alpha1", "clusters", "Cluster", namespaced=False, custom=True
    )
    declared = Karmada(kubeconfig=str(hub.file))
    return objects_source(hub, declared, kind, fields, "karmada-cluster/{name}")


def rancher_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    kind = Kind("management.cattle.io", "v3", "clusters", "Cluster", namespaced=False, custom=True)
    return objects_source(hub, Rancher(kubeconfig=str(hub.file)), kind, lambda _: {})


def flux_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    hub.server.add_kind(KUSTOMIZATION)

    def put(name: str) -> None:
        hub.put_secret(name, {"value": yaml.safe_dump(kubeconfig("https://a:6443"))})
        put_applied(hub, KUSTOMIZATION, name, {"secretRef": {"name": name}})

    def remove(name: str) -> None:
        hub.server.delete(KUSTOMIZATION.path_resource, "fleet", name)

    declared = Flux(kubeconfig=str(hub.file), kinds=("Kustomization",))
    return hub_source(hub, declared, put, remove, read=KUSTOMIZATION.path_resource)


def gardener_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    hub.server.add_kind(SHOOT)
    return hub_source(
        hub,
        Gardener(kubeconfig=str(hub.file)),
        lambda name: put_shoot(hub, name, url="https://a:6443"),
        lambda name: hub.server.delete(SHOOT.path_resource, "garden-shop", name),
        read=SHOOT.path_resource,
    )


def hive_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    hub.server.add_kind(CLUSTER_DEPLOYMENT)
    return hub_source(
        hub,
        Hive(kubeconfig=str(hub.file)),
        lambda name: put_deployment(hub, name),
        lambda name: hub.server.delete(CLUSTER_DEPLOYMENT.path_resource, name, name),
    )


def kubefed_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    hub.server.add_kind(KUBEFED_CLUSTER)
    return hub_source(
        hub,
        KubeFed(kubeconfig=str(hub.file)),
        lambda name: put_kubefed_cluster(hub, name),
        lambda name: hub.server.delete(
            KUBEFED_CLUSTER.path_resource, "kube-federation-system", name
        ),
    )


def kubesphere_source(_: Path, hub: SimulatedHub) -> AbstractAsyncContextManager[Source]:
    hub.server.add_kind(KUBESPHERE_CLUSTER)
    return hub_source(
        hub,
        KubeSphere(kubeconfig=str(hub.file)),
        lambda name: put_kubesphere_cluster(hub, name),
        lambda name: hub.server.delete(KUBESPHERE_CLUSTER.path_resource, "", name),
        read=KUBESPHERE_CLUSTER.path_resource,
    )


SOURCES: dict[str, Opened] = {
    "kubeconfig": kubeconfig_source,
    "directory": directory_source,
    "http": http_source,
    "secrets": secrets_source,
    "argocd": argocd_source,
    "cluster-api": cluster_api_source,
    "cluster-profile": cluster_profile_source,
    "open-cluster-management": open_cluster_management_source,
    "karmada": karmada_source,
    "rancher": rancher_source,
    "flux": flux_source,
    "gardener": gardener_source,
    "hive": hive_source,
    "kubefed": kubefed_source,
    "kubesphere": kubesphere_source,
}

NEVER_CHANGE = {
    "in-cluster": "a pod stays where it is",
    "static": "the settings stay what they are",
}
"""Which providers have no source that could change or fail, and why."""


def void(_: object) -> None:
    """For what returns something that nobody needs."""


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.01)
    monkeypatch.setattr("exporter.discovery.http.INTERVAL", 0.01)


@pytest.fixture(params=SOURCES)
async def source(
    request: pytest.FixtureRequest, _often: None, tmp_path: Path, hub: SimulatedHub
) -> AsyncIterator[Source]:
    opened: Opened = SOURCES[request.param]
    async with opened(tmp_path, hub) as made:
        yield made


def test_providers_is_looked_at_here() -> None:
    assert SOURCES.keys() | NEVER_CHANGE.keys() == {tag(one) for one in PROVIDERS}


async def test_every_snapshot_is_complete(source: Source) -> None:
    source.put("eu-1")
    async with heard(source.declared) as provider:
        first = await provider.names()
        source.put("us-1")
        second = await provider.names()
        source.remove("eu-1")
        third = await provider.names()

    assert (first, second, third) == (["eu-1"], ["eu-1", "us-1"], ["us-1"])


async def test_it_tells_which_provider_each_cluster_comes_from_and_is_shown_so(
    source: Source,
) -> None:
    source.put("eu-1")
    name = source.declared.provider_name
    async with heard(source.declared) as provider:
        (cluster,) = await provider.next()

    assert (cluster.provider, unheard(source.declared).name) == (name, name)
    assert cluster.source.startswith(f"{name} ")


async def test_a_source_that_cannot_be_read_is_no_empty_one(source: Source) -> None:
    source.put("eu-1")
    name = source.declared.provider_name
    async with heard(source.declared) as provider:
        await provider.next()
        assert provider.metric("up", name) == 1
        source.spoil()
        await provider.silent_until(lambda: provider.metric("up", name) == 0)
        source.mend()
        await provider.silent_until(lambda: provider.metric("up", name) == 1)
        source.put("us-1")

        assert await provider.names() == ["eu-1", "us-1"]
        assert (provider.metric("failures_total", name) or 0) > 0
        assert (provider.metric("last_success_timestamp_seconds", name) or 0) > 0


async def test_secrets_are_in_no_log_no_metric_and_nothing_that_is_shown(source: Source) -> None:
    source.put("eu-1")
    name = source.declared.provider_name
    with capture_logs() as logs:
        async with heard(source.declared) as provider:
            snapshot = await provider.next()
            source.spoil()
            await provider.silent_until(lambda: provider.metric("up", name) == 0)
            page = provider.telemetry_page()

    assert logs
    assert TOKEN not in f"{snapshot} {logs} {page}"
