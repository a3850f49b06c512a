from __future__ import annotations

import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from exporter.discovery.cluster_profile import ClusterProfile
from exporter.discovery.declared import Allowed
from exporter.discovery.provider import Cluster
from exporter.kubernetes.server import Server, Tls
from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)

PROFILES = "multicluster.x-k8s.io/v1alpha1/clusterprofiles"
EXEC = "client.authentication.k8s.io/exec"
CREDENTIALS = "fleet-credentials"


def declared(hub: SimulatedHub, **fields: Any) -> ClusterProfile:
    return ClusterProfile(kubeconfig=str(hub.file), consumer_namespace=CREDENTIALS, **fields)


def access(
    name: str, configuration: object = None, server: str = "https://eu:6443", /, **cluster: Any
) -> dict[str, Any]:
    """One of a profile's access providers."""
    extensions = [{"name": EXEC, "extension": configuration}] if configuration else []
    return {"name": name, "cluster": {"server": server, "extensions": extensions, **cluster}}


INSECURE: dict[str, Any] = {"insecure-skip-tls-verify": True}
TOKEN_READER = access("secretreader", {"clusterName": "eu"})
FROM_KUBECONFIG = access("kubeconfig-secretreader", {"name": "eu", "key": "value"})


def put_profile(hub: SimulatedHub, name: str, *providers: object, **fields: Any) -> None:
    """As cluster managers write it; `fields` are of its status, `metadata` and `spec` aside."""
    group, version, plural = PROFILES.split("/")
    kind = Kind(group, version, plural, "ClusterProfile", custom=True)
    if kind.path_resource not in hub.server.kinds:
        hub.server.add_kind(kind)

    metadata = {"name": name, "namespace": "fleet", **fields.pop("metadata", {})}
    spec = {"displayName": name.upper(), "clusterManager": {"name": "some-manager"}}
    status = {"accessProviders": list(providers), **fields}
    hub.server.put(PROFILES, {"metadata": metadata, "spec": spec, "status": status})


def put_secret(hub: SimulatedHub, name: str, namespace: str = CREDENTIALS, **data: str) -> None:
    hub.put_secret(name, data or {"token": TOKEN}, namespace=namespace)


def provider_file(tmp_path: Path, *providers: dict[str, Any]) -> str:
    file = tmp_path / "clusterprofile-provider-file.json"
    file.write_text(json.dumps({"providers": providers}))
    return str(file)


def plugin(name: str, command: str, **fields: Any) -> dict[str, Any]:
    """An entry of a provider file."""
    api_version = "client.authentication.k8s.io/v1"
    exec_config = {"apiVersion": api_version, "command": command, "provideClusterInfo": True}
    return {"name": name, "execConfig": {**exec_config, **fields.pop("exec", {})}, **fields}


async def first(hub: SimulatedHub, settings: ClusterProfile) -> Cluster:
    async with heard(settings) as provider:
        return only(await provider.next())


def server_of(cluster: Cluster) -> Server:
    assert cluster.server is not None, cluster.refusal
    return cluster.server


def refusal_of(cluster: Cluster) -> str:
    assert cluster.refusal is not None
    return cluster.refusal.message


async def test_the_token_of_the_secret_that_is_named_as_the_cluster_is_used(
    hub: SimulatedHub,
) -> None:
    authority = trustme.CA().cert_pem.bytes()
    encoded = b64encode(authority).decode()
    reader = access(
        "secretreader", {"clusterName": "eu"}, **{"certificate-authority-data": encoded}
    )
    put_profile(hub, "eu", reader)
    put_secret(hub, "eu")
    cluster = await first(hub, declared(hub))

    assert (cluster.name, cluster.source) == ("eu", "cluster-profile clusterprofile fleet/eu")
    assert server_of(cluster).url == "https://eu:6443"
    assert server_of(cluster).tls == Tls(ca_data=authority)
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_the_user_of_a_kubeconfig_is_used_and_not_its_cluster(hub: SimulatedHub) -> None:
    put_profile(hub, "eu", FROM_KUBECONFIG)
    put_secret(hub, "eu", value=yaml.safe_dump(kubeconfig("https://127.0.0.1:1")))
    cluster = await first(hub, declared(hub))

    assert server_of(cluster).url == "https://eu:6443"
    assert not server_of(cluster).local_addresses
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_the_user_of_a_kubeconfig_stays_somebody_else_where_it_says_so(
    hub: SimulatedHub,
) -> None:
    put_profile(hub, "eu", FROM_KUBECONFIG)
    user = {"token": TOKEN, "as": "reader"}
    put_secret(hub, "eu", value=yaml.safe_dump(kubeconfig("https://eu:6443", **user)))

    impersonation = server_of(await first(hub, declared(hub))).impersonation
    assert impersonation == (("Impersonate-User", "reader"),)


async def test_a_context_of_the_kubeconfig_can_be_chosen(hub: SimulatedHub) -> None:
    document = kubeconfig("https://eu:6443")
    document["users"].append({"name": "v", "user": {"token": "of-v"}})
    document["contexts"].append({"name": "y", "context": {"cluster": "c", "user": "v"}})
    given = {"name": "eu", "key": "value", "context": "y"}
    put_profile(hub, "eu", access("kubeconfig-secretreader", given))
    put_secret(hub, "eu", value=yaml.safe_dump(document))

    assert await authorization(await first(hub, declared(hub))) == "Bearer of-v"


async def test_the_deprecated_list_counts_where_the_new_one_has_nothing(hub: SimulatedHub) -> None:
    old = access("secretreader", {"clusterName": "eu"}, "https://old:6443")
    put_secret(hub, "eu")
    put_profile(hub, "eu", credentialProviders=[old])
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        put_profile(hub, "eu", TOKEN_READER, credentialProviders=[old])
        after = only(await provider.next())

    assert server_of(before).url == "https://old:6443"
    assert server_of(after).url == "https://eu:6443"


async def test_an_access_provider_without_a_server_is_passed_over(hub: SimulatedHub) -> None:
    """As KubeFleet writes it until it has collected the cluster's properties."""
    empty = {"name": "secretreader", "cluster": {}}
    put_profile(hub, "eu", empty, FROM_KUBECONFIG)
    put_secret(hub, "eu", value=yaml.safe_dump(kubeconfig("https://eu:6443")))

    assert server_of(await first(hub, declared(hub))).url == "https://eu:6443"


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        (access("secretreader", {"clusterName": "us"}), "secret fleet-credentials/us: is not"),
        (access("secretreader", {}), "clusterName: is missing"),
        (access("secretreader", ["eu"]), "clusterName: is missing"),
        (access("secretreader", extensions="eu"), "clusterName: is missing"),
        (access("kubeconfig-secretreader", {"name": "eu"}), "key: is missing"),
        (
            access("kubeconfig-secretreader", {"name": "eu", "key": "token", "namespace": "other"}),
            "secret other/eu: is not there",
        ),
        (access("google"), "there are 'google'; known are 'secretreader'"),
        (access("secretreader", None, ""), "there are none; known are"),
    ],
)
async def test_one_that_cannot_be_reached_is_listed(
    hub: SimulatedHub, provider: dict[str, Any], message: str
) -> None:
    put_profile(hub, "eu", provider)
    put_secret(hub, "eu")

    assert message in refusal_of(await first(hub, declared(hub)))


async def test_secrets_of_other_namespaces_are_not_read(hub: SimulatedHub) -> None:
    """Whoever writes profiles would choose them, and where they are sent to."""
    given = {"name": "eu", "key": "value", "namespace": "elsewhere"}
    put_profile(hub, "eu", access("kubeconfig-secretreader", given))
    put_secret(hub, "eu", "elsewhere", value=yaml.safe_dump(kubeconfig("https://eu:6443")))

    assert "secret elsewhere/eu: is not there" in refusal_of(await first(hub, declared(hub)))


@pytest.mark.parametrize(
    "cluster",
    [
        access("secretreader", {"clusterName": "eu"}, "https://127.0.0.1"),
        access("secretreader", {"clusterName": "eu"}, **INSECURE),
        access("secretreader", {"clusterName": "eu"}, **{"proxy-url": "http://proxy"}),
        access("secretreader", {"clusterName": "eu"}, **{"certificate-authority": "/etc/passwd"}),
    ],
)
async def test_what_a_profile_may_do_is_up_to_the_settings(
    hub: SimulatedHub, cluster: dict[str, Any]
) -> None:
    put_profile(hub, "eu", cluster)
    put_secret(hub, "eu")
    refused = (await first(hub, declared(hub))).refusal

    assert refused is not None and refused.condition == "refused-by-policy"


async def test_a_kubeconfig_in_a_secret_runs_no_command(hub: SimulatedHub) -> None:
    user = {"exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1"}}
    put_profile(hub, "eu", FROM_KUBECONFIG)
    put_secret(hub, "eu", value=yaml.safe_dump(kubeconfig("https://eu:6443", **user)))

    assert "running 'aws' is refused" in refusal_of(await first(hub, declared(hub)))


async def test_the_order_of_the_provider_file_counts(hub: SimulatedHub, tmp_path: Path) -> None:
    known = provider_file(tmp_path, {"name": "kubeconfig-secretreader"}, {"name": "secretreader"})
    put_profile(hub, "eu", TOKEN_READER, FROM_KUBECONFIG)
    text = yaml.safe_dump(kubeconfig("https://eu:6443", token="of-the-kubeconfig"))
    put_secret(hub, "eu", token="of-the-secret", value=text)
    by_default = await first(hub, declared(hub))
    by_file = await first(hub, declared(hub, provider_file=known))

    assert await authorization(by_default) == "Bearer of-the-secret"
    assert await authorization(by_file) == "Bearer of-the-kubeconfig"


async def test_a_command_of_the_provider_file_is_told_of_the_cluster(
    hub: SimulatedHub, tmp_path: Path
) -> None:
    script = tmp_path / "plugin.py"
    script.write_text(
        "import json, os, sys\n"
        "cluster = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']['cluster']\n"
        "parts = [cluster['server'], cluster['config']['scope'], os.environ['MODE']]\n"
        "status = {'token': '|'.join(parts).replace('https://', '')}\n"
        "answer = {'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential'}\n"
        "print(json.dumps({**answer, 'status': status}))\n"
    )
    environment = [{"name": "MODE", "value": "workload"}]
    entry = plugin("google", sys.executable, exec={"args": [str(script)], "env": environment})
    known = provider_file(tmp_path, entry)
    put_profile(hub, "eu", access("google", {"scope": "all"}))
    refused = await first(hub, declared(hub, provider_file=known))
    allow = Allowed(exec=(sys.executable,))
    allowed = await first(hub, declared(hub, provider_file=known, allow=allow))

    assert f"running {sys.executable!r} is refused" in refusal_of(refused)
    assert await authorization(allowed) == "Bearer eu:6443|all|workload"


async def test_members_of_a_gke_fleet_are_behind_its_connect_gateway(
    hub: SimulatedHub, tmp_path: Path
) -> None:
    gateway = "https://connectgateway.googleapis.com/v1/projects/1/locations/global/gkeMemberships"
    put_profile(
        hub, "eu-global", metadata={"annotations": {"gateway.gke.io/endpoint": f"{gateway}/eu"}}
    )
    known = provider_file(tmp_path, plugin("google", "gke-gcloud-auth-plugin"))
    allow = Allowed(exec=("gke-gcloud-auth-plugin",))
    cluster = await first(hub, declared(hub, provider_file=known, allow=allow))

    assert server_of(cluster).url == f"{gateway}/eu"


@pytest.mark.parametrize("content", ["{", '{"providers": 5}', None])
async def test_without_a_provider_file_that_can_be_read_all_are_listed(
    hub: SimulatedHub, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "providers.json"
    if content is not None:
        file.write_text(content)

    put_profile(hub, "eu", TOKEN_READER)

    assert str(file) in refusal_of(await first(hub, declared(hub, provider_file=str(file))))


async def test_a_provider_file_is_read_again_when_the_hub_says_something(
    hub: SimulatedHub, tmp_path: Path
) -> None:
    known = provider_file(tmp_path)
    put_profile(hub, "eu", TOKEN_READER)
    put_secret(hub, "eu")
    async with heard(declared(hub, provider_file=known)) as provider:
        before = only(await provider.next())
        provider_file(tmp_path, {"name": "secretreader"})
        put_secret(hub, "another")
        after = only(await provider.next())

    assert (before.refusal is None, after.refusal) == (False, None)


async def test_a_cluster_whose_manager_calls_it_unhealthy_stays(hub: SimulatedHub) -> None:
    put_profile(hub, "eu", TOKEN_READER)
    put_secret(hub, "eu")
    put_secret(hub, "us")
    async with heard(declared(hub)) as provider:
        await provider.next()
        unhealthy = {"type": "ControlPlaneHealthy", "status": "False", "reason": "x", "message": ""}
        put_profile(hub, "eu", TOKEN_READER, conditions=[unhealthy])
        put_profile(hub, "us", TOKEN_READER)

        assert await provider.names() == ["eu", "us"]


async def test_properties_can_be_labels_and_are_no_identity(hub: SimulatedHub) -> None:
    properties = [
        {"name": "location", "value": "eu-west-1", "lastObservedTime": "2026-01-01T00:00:00Z"},
        {"name": "cluster.clusterset.k8s.io", "value": "any-name"},
    ]
    put_profile(hub, "eu", TOKEN_READER, properties=properties)
    put_secret(hub, "eu")
    labels = {
        "location": "location",
        "id": "cluster.clusterset.k8s.io",
        "shown_as": "spec.displayName",
        "manager": "spec.clusterManager.name",
    }
    cluster = await first(hub, declared(hub, labels=labels))

    assert cluster.uid == ""
    assert cluster.labels == {
        "location": "eu-west-1",
        "id": "any-name",
        "shown_as": "EU",
        "manager": "some-manager",
    }


@pytest.mark.parametrize("reader", [TOKEN_READER, FROM_KUBECONFIG])
async def test_a_rotated_token_is_another_way_to_the_same_cluster(
    hub: SimulatedHub, reader: dict[str, Any]
) -> None:
    put_profile(hub, "eu", reader)
    clusters = []
    async with heard(declared(hub)) as provider:
        for token in ("first", "second"):
            text = yaml.safe_dump(kubeconfig("https://eu:6443", token=token))
            put_secret(hub, "eu", token=token, value=text)
            clusters.append(only(await provider.next()))
            if clusters[-1].refusal is not None:  # the profile was heard of before the Secret
                clusters[-1] = only(await provider.next())

    assert [await authorization(one) for one in clusters] == ["Bearer first", "Bearer second"]
    assert clusters[0].digest != clusters[1].digest
