from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exporter.discovery.argocd import ArgoCd
from exporter.discovery.declared import Allowed, Marks
from exporter.discovery.hub import Contents
from exporter.discovery.provider import Cluster, Way
from exporter.discovery.secret import Secret
from exporter.kubernetes.clouds.cloud import Aks, Cloud, CloudName, Eks, Gke
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import CredentialSource, UserCredentials
from exporter.kubernetes.exec_plugin import ExecPlugin
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, authorization, heard, kubeconfig

LABEL = {"argocd.argoproj.io/secret-type": "cluster"}
HUB = Way(
    Server("https://hub", Tls(), UserCredentials(StoredCredential("Bearer of-the-hub"))), "hub"
)


def found(settings: ArgoCd | None = None, name: str = "eu-1", **data: Any) -> Cluster:
    """The cluster of one Secret; `config` is written as JSON."""
    values = {"name": name, "server": "https://eu-1:6443/", **data}
    if isinstance(values.get("config"), dict):
        values["config"] = json.dumps(values["config"])

    encoded = {key: b64encode(str(value).encode()).decode() for key, value in values.items()}
    secret = Secret(Metadata(name="cluster-eu-1", namespace="argocd"), data=encoded)
    contents = Contents([{("argocd", "cluster-eu-1"): secret}], HUB)
    (finding,) = (settings or ArgoCd()).find(contents)
    return finding.cluster("argocd")


OTHERS: dict[CloudName, CloudName] = {"eks": "gke", "gke": "aks", "aks": "eks"}


def plugin(*arguments: str) -> dict[str, Any]:
    """As Argo CD's documentation has it."""
    return {
        "execProviderConfig": {
            "command": "argocd-k8s-auth",
            "args": list(arguments),
            "apiVersion": "client.authentication.k8s.io/v1beta1",
        }
    }


def source_of(cluster: Cluster) -> CredentialSource:
    credentials = server_of(cluster).credentials
    assert isinstance(credentials, UserCredentials)
    return credentials._source


def server_of(cluster: Cluster) -> Server:
    assert cluster.server is not None, cluster.refusal
    return cluster.server


async def test_a_bearer_token_and_an_authority_are_used() -> None:
    authority = trustme.CA().cert_pem.bytes()
    tls = {"insecure": False, "serverName": "inside", "caData": b64encode(authority).decode()}
    cluster = found(config={"bearerToken": TOKEN, "tlsClientConfig": tls})

    assert (cluster.name, cluster.source) == ("eu-1", "argocd secret argocd/cluster-eu-1")
    assert server_of(cluster).url == "https://eu-1:6443"
    assert server_of(cluster).tls == Tls(ca_data=authority, server_name="inside")
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_a_user_name_and_password_are_used() -> None:
    cluster = found(config={"username": "me", "password": TOKEN})

    assert await authorization(cluster) == f"Basic {b64encode(f'me:{TOKEN}'.encode()).decode()}"


async def test_a_client_certificate_is_used() -> None:
    issued = trustme.CA().issue_cert("user@example.com")
    certificate = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    key = issued.private_key_pem.bytes()
    encoded = {"certData": b64encode(certificate).decode(), "keyData": b64encode(key).decode()}
    credential = await server_of(found(config={"tlsClientConfig": encoded})).credentials.current()

    assert credential.key_pair is not None
    assert (credential.key_pair.certificate, credential.key_pair.key) == (certificate, key)


def test_compression_can_be_switched_off() -> None:
    assert server_of(found(config={})).compression
    assert not server_of(found(config={"disableCompression": True})).compression


@pytest.mark.parametrize(
    ("config", "allow", "permits"),
    [
        ({"tlsClientConfig": {"insecure": True}}, Allowed(insecure_tls=True), "insecure_tls"),
        ({"proxyUrl": "http://proxy:3128"}, Allowed(proxy=True), "proxy"),
        (
            {
                "execProviderConfig": {
                    "command": "argocd-k8s-auth",
                    "args": ["gcp"],
                    "env": {"AWS_REGION": "eu"},
                    "apiVersion": "client.authentication.k8s.io/v1beta1",
                    "installHint": "x",
                    "provideClusterInfo": True,
                    "config": {"a": 1},
                }
            },
            Allowed(exec=("argocd-k8s-auth",)),
            "exec",
        ),
    ],
)
def test_what_a_secret_may_do_is_up_to_the_settings(
    config: dict[str, Any], allow: Allowed, permits: str
) -> None:
    refused = found(config=config).refusal

    assert refused is not None and refused.condition == "refused-by-policy"
    assert f"allow.{permits}" in refused.message
    assert found(ArgoCd(allow=allow), config=config).refusal is None


AWS = {"clusterName": "eu-1", "roleARN": "arn:aws:iam::123456789012:role/reader"}


def test_the_short_form_for_aws_is_what_argo_cd_makes_of_it() -> None:
    settings = ArgoCd(allow=Allowed(exec=("argocd-k8s-auth",)))
    cluster = found(settings, config={"awsAuthConfig": {**AWS, "profile": "fleet"}})

    assert source_of(cluster) == ExecPlugin(
        "argocd-k8s-auth",
        "client.authentication.k8s.io/v1beta1",
        ("aws", "--cluster-name", "eu-1", "--role-arn", AWS["roleARN"], "--profile", "fleet"),
    )


@pytest.mark.parametrize(
    ("config", "cloud"),
    [
        ({"awsAuthConfig": AWS}, Eks(cluster_name="eu-1", role_arn=AWS["roleARN"])),
        (plugin("aws", "--cluster-name", "eu-1"), Eks(cluster_name="eu-1")),
        (plugin("gcp"), Gke()),
        (plugin("azure"), Aks(login="workloadidentity")),
    ],
)
def test_argo_cds_own_command_is_not_needed_where_that_is_allowed(
    config: dict[str, Any], cloud: Cloud
) -> None:
    refused = found(config=config).refusal
    other = ArgoCd(allow=Allowed(native=(OTHERS[cloud.name],)))
    settings = ArgoCd(allow=Allowed(native=(cloud.name,)))

    assert refused is not None and refused.condition == "refused-by-policy"
    assert f"allow.native: [{cloud.name}] does without it" in refused.message
    assert found(other, config=config).refusal == refused
    assert source_of(found(settings, config=config)) == CloudToken(cloud)


@pytest.mark.parametrize(
    "server", ["https://kubernetes.default.svc", "https://kubernetes.default.svc:443/"]
)
@pytest.mark.parametrize("config", [{}, {"tlsClientConfig": {"insecure": False}}, ""])
def test_the_address_of_the_hub_itself_is_reached_as_the_hub_is(server: str, config: Any) -> None:
    cluster = found(name="in-cluster", server=server, config=config)

    assert (cluster.name, cluster.server, cluster.digest) == ("in-cluster", HUB.server, "hub")


async def test_the_address_of_the_hub_with_credentials_is_an_ordinary_one() -> None:
    server = "https://kubernetes.default.svc"
    cluster = found(server=server, config={"bearerToken": TOKEN})

    assert server_of(cluster).url == server
    assert await authorization(cluster) == f"Bearer {TOKEN}"


def test_what_argo_cd_adds_later_does_no_harm() -> None:
    assert found(config={"somethingNew": {"a": 1}, "tlsClientConfig": None}).refusal is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"config": "{"}, "config: "),
        ({"config": {"bearerToken": 5}}, "config: Expected `str`, got `int` - at `$.bearerToken`"),
        ({"server": ""}, "has nothing under 'server'"),
        ({"server": "eu-1"}, "server: is no URL"),
        ({"server": "https://[", "config": {}}, "server: is no URL"),
        ({"server": "https://127.0.0.1:6443"}, "allow.local_addresses: true permits it"),
    ],
)
def test_a_secret_that_cannot_be_used_is_listed(data: dict[str, Any], message: str) -> None:
    cluster = found(**data)

    assert cluster.server is None and cluster.refusal is not None
    assert cluster.name == "eu-1"
    assert message in cluster.refusal.message


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 300])
def test_a_secret_without_a_usable_name_gives_its_own(name: str) -> None:
    assert found(name=name, config={}).name == "cluster-eu-1"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(max_size=10),
            "server": st.sampled_from(["https://a", "https://[", "", "//", "https://a:b"])
            | st.text(max_size=10),
            "config": st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                lambda inner: st.dictionaries(
                    st.sampled_from(
                        ["username", "bearerToken", "tlsClientConfig", "caData", "certData",
                         "execProviderConfig", "env", "args", "command", "config", "proxyUrl",
                         "awsAuthConfig", "insecure"]
                    ),
                    inner,
                    max_size=4,
                ),
                max_leaves=8,
            ).map(json.dumps),
        },
    )
)  # fmt: skip
def test_whatever_a_secret_holds_it_is_one_cluster(data: dict[str, Any]) -> None:
    cluster = found(**data)

    assert (cluster.server is None) is (cluster.refusal is not None)


async def test_cluster_secrets_of_argo_cd_s_namespace_are_followed(hub: SimulatedHub) -> None:
    config = {"bearerToken": TOKEN}
    data = {"name": "eu-1", "server": "https://eu-1:6443", "config": config}
    hub.put_secret("cluster-1", data, namespace="argocd", labels={**LABEL, "env": "prod"})
    hub.put_secret("repository", {"url": "https://git"}, namespace="argocd")
    hub.put_secret("elsewhere", data, namespace="fleet", labels=LABEL)
    declared = ArgoCd(
        kubeconfig=str(hub.file),
        labels={"environment": "env"},
        marks=Marks(maintenance="argocd.argoproj.io/skip-reconcile"),
    )
    async with heard(declared) as provider:
        (first,) = await provider.next()
        hub.put_secret(
            "cluster-1",
            {**data, "name": "eu-one", "namespaces": "a,b"},
            namespace="argocd",
            labels=LABEL,
            annotations={"argocd.argoproj.io/skip-reconcile": "true"},
        )
        (renamed,) = await provider.next()
        hub.delete_secret("cluster-1", "argocd")
        none = await provider.next()

    assert (first.name, first.labels, first.maintenance) == ("eu-1", {"environment": "prod"}, False)
    assert (renamed.name, renamed.labels, renamed.maintenance) == ("eu-one", {}, True)
    assert none == ()


async def test_the_hub_itself_follows_the_way_to_the_hub(hub: SimulatedHub, tmp_path: Path) -> None:
    hub.server.tokens = {"first"}
    hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, token="first")))
    itself = {"name": "hub", "server": "https://kubernetes.default.svc", "config": {}}
    hub.put_secret("hub", itself, namespace="argocd", labels=LABEL)
    async with heard(ArgoCd(kubeconfig=str(hub.file))) as provider:
        (before,) = await provider.next()
        hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, token="second")))
        hub.server.tokens = {"second"}
        hub.server.disconnect()
        (after,) = await provider.next()

    assert (await authorization(before), await authorization(after)) == (
        "Bearer first",
        "Bearer second",
    )
    assert before.digest != after.digest
