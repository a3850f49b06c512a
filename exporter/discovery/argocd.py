"""
The clusters that Argo CD deploys to: its cluster Secrets.

Their shape: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, usable_name, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import assemble

SELECTOR = "argocd.argoproj.io/secret-type=cluster"

ITSELF = ("kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kubernetes.default")
"""Hosts by which a cluster knows its own API server; Argo CD's Secrets mean the hub by them."""

EXTENSION = "client.authentication.k8s.io/exec"
"""The cluster's extension that exec plugins get as their configuration (client-go)."""

V1BETA1 = "client.authentication.k8s.io/v1beta1"


class _Tls(Struct, rename="camel"):
    insecure: bool = False
    server_name: str = ""
    ca_data: str = ""
    cert_data: str = ""
    key_data: str = ""


class _Exec(Struct, rename="camel"):
    command: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    api_version: str = ""
    install_hint: str = ""
    provide_cluster_info: bool = False
    config: Any = None


class _AwsAuth(Struct, rename="camel"):
    cluster_name: str = ""
    role_arn: str = field(default="", name="roleARN")
    profile: str = ""

    def plugin(self) -> _Exec:
        """What Argo CD makes of it (RawRestConfig)."""
        given = {
            "--cluster-name": self.cluster_name,
            "--role-arn": self.role_arn,
            "--profile": self.profile,
        }
        flags = [part for pair in given.items() if pair[1] for part in pair]
        return _Exec("argocd-k8s-auth", ["aws", *flags], {}, V1BETA1)


class _Config(Struct, rename="camel"):
    """`data.config`; ClusterConfig of Argo CD's pkg/apis/application/v1alpha1."""

    username: str = ""
    password: str = ""
    bearer_token: str = ""
    tls_client_config: _Tls = field(default_factory=_Tls)
    aws_auth_config: _AwsAuth | None = None
    exec_provider_config: _Exec | None = None
    disable_compression: bool = False
    proxy_url: str = ""

    def __repr__(self) -> str:
        return "_Config(...)"

    def plugin(self) -> _Exec | None:
        """The command that prints a token; as in Argo CD, the short form for AWS goes first."""
        aws = self.aws_auth_config
        return self.exec_provider_config if aws is None else aws.plugin()

    def has_credentials(self) -> bool:
        """Whether there is anything to present."""
        own = self.username or self.bearer_token or self.tls_client_config.cert_data
        return bool(own or self.plugin())


_config = Decoder(_Config)


class ArgoCd(FromHub, frozen=True, kw_only=True, tag="argocd"):
    """
    A cluster for each cluster Secret of the Argo CD in `namespace`, named as there. The address
    `https://kubernetes.default.svc` without credentials is the hub itself; Argo CD knows that
    cluster without a Secret, we only with one. `awsAuthConfig` is what it is for Argo CD, a short
    form of its own command `argocd-k8s-auth`; `allow.native` does without that.

        - {provider: argocd, namespace: argocd, labels: {environment: env}, allow: {native: [eks]}}
    """

    namespace: str = "argocd"

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        wanted = Wanted(("v1",), "secrets", Secret, self.namespace, SELECTOR)
        return HubProvider(self.provider_name, Hub(self.hub, health), (wanted,), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Secret."""
        for secret in contents.objects[0].values():
            yield self._finding(secret, contents.way)

    def _finding(self, secret: Secret, hub: Way) -> Finding:
        metadata = secret.metadata
        sources = (metadata.labels, metadata.annotations)
        return Finding(
            name=_name(secret),
            origin=secret.origin,
            of=(secret, hub),
            way=lambda: self._way(secret, hub),
            labels=self.mapped(*sources),
            maintenance=self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )

    def _way(self, secret: Secret, hub: Way) -> Way:
        """Raises `KubernetesError`, as `Finding.way` may."""
        server = secret.text("server")
        config = _Config()
        if secret.data.get("config"):
            try:
                config = _config.decode(secret.value("config"))
            except Undecodable as error:
                raise KubeconfigError(f"{secret.origin}: config: {error}") from None

        if _is_itself(server) and not config.has_credentials():
            return hub

        cluster, user = _cluster(server, config), _user(config)
        kubeconfig = assemble(_name(secret), cluster, user, secret.origin, self.allow.allow())
        return way_of(kubeconfig, secret.origin)


def _name(secret: Secret) -> str:
    """Argo CD's own name for the cluster; the Secret's where that is none."""
    try:
        name = secret.text("name")
    except KubeconfigError:
        name = ""

    return name if usable_name(name) else secret.metadata.name


def _is_itself(server: str) -> bool:
    try:
        return urlsplit(server).hostname in ITSELF
    except ValueError:
        return False


def _cluster(server: str, config: _Config) -> Mapping[str, Any]:
    """The fields of a kubeconfig's cluster."""
    tls = config.tls_client_config
    plugin = config.plugin()
    extensions = [{"name": EXTENSION, "extension": plugin.config}] if plugin else []
    return {
        "server": server,
        "insecure-skip-tls-verify": tls.insecure,
        "tls-server-name": tls.server_name,
        "certificate-authority-data": tls.ca_data,
        "proxy-url": config.proxy_url,
        "disable-compression": config.disable_compression,
        "extensions": extensions,
    }


def _user(config: _Config) -> Mapping[str, Any]:
    """The fields of a kubeconfig's user."""
    tls = config.tls_client_config
    plugin = config.plugin()
    user = {
        "username": config.username,
        "password": config.password,
        "token": config.bearer_token,
        "client-certificate-data": tls.cert_data,
        "client-key-data": tls.key_data,
    }
    if plugin is None:
        return user

    given: dict[str, Any] = {
        key: value for key, value in msgspec.to_builtins(plugin).items() if key != "config"
    }
    given["env"] = [{"name": name, "value": value} for name, value in plugin.env.items()]
    return {**user, "exec": given}
