"""
The managed clusters of an Open Cluster Management, or of Red Hat's Advanced Cluster Management.

Shapes: https://github.com/open-cluster-management-io/api, cluster/v1/types.go, and
https://github.com/open-cluster-management-io/managed-serviceaccount, its README.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from msgspec import field

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.member import filled, member
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.static import ANYTHING
from exporter.discovery.watched_files import expanded
from exporter.discovery.ways import digest_of, named, presenting
from exporter.kubernetes.errors import KubeconfigError, KubernetesError
from exporter.kubernetes.objects import ApiObject, Key, Metadata

API_VERSION = "cluster.open-cluster-management.io/v1"


class _ClientConfig(ApiObject, frozen=True):
    url: str = ""
    ca_bundle: str = field(name="caBundle", default="")


class _Spec(ApiObject, frozen=True):
    client_configs: tuple[_ClientConfig, ...] = field(
        name="managedClusterClientConfigs", default=()
    )


class _Claim(ApiObject, frozen=True):
    name: str = ""
    value: str = ""


class _Status(ApiObject, frozen=True):
    cluster_claims: tuple[_Claim, ...] = ()


class ManagedCluster(ApiObject, frozen=True):
    """A ManagedCluster: where its API server is, and what it claims to be."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"managedcluster {self.metadata.name}"


class OpenClusterManagement(FromHub, frozen=True, kw_only=True, tag="open-cluster-management"):
    """
    A cluster for each ManagedCluster, read as the `managed_service_account` of that name in the
    cluster's namespace; as the hub's own user where that is empty, which needs a `cluster_proxy`.
    `cluster_proxy` is the URL of cluster-proxy's user server, and `certificate_authority` a file
    that verifies it; without it clusters are read directly. Keys for labels are also the names of
    cluster claims.

        - {provider: open-cluster-management, labels: {vendor: vendor,
           cloud: platform.open-cluster-management.io}}
    """

    managed_service_account: str = "kube-fleet-exporter"
    cluster_proxy: str = ""
    certificate_authority: str = ""

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: no way is left to read a cluster.
        """
        super().__post_init__()
        if not self.managed_service_account and not self.cluster_proxy:
            raise ValueError("managed_service_account: is empty, which needs a cluster_proxy")

        if self.certificate_authority and not self.cluster_proxy:
            raise ValueError("certificate_authority: is that of a cluster_proxy, which is missing")

        if self.cluster_proxy:
            try:
                presenting("x", {"server": self.cluster_proxy}, {}, "cluster_proxy", ANYTHING)
            except KubernetesError as error:
                raise ValueError(str(error)) from error

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        clusters = Wanted((API_VERSION,), "managedclusters", ManagedCluster)
        account = self.managed_service_account
        # Of one name only: RBAC can permit that by resourceNames, across all namespaces.
        secrets = Wanted(("v1",), "secrets", Secret, field_selector=f"metadata.name={account}")
        wanted = (clusters, secrets) if account else (clusters,)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, wanted, self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each ManagedCluster."""
        clusters, *rest = contents.objects
        secrets: Mapping[Key, Secret] = rest[0] if rest else {}
        for cluster in clusters.values():
            yield self._finding(cluster, secrets, contents.way)

    def _finding(self, cluster: ManagedCluster, secrets: Mapping[Key, Secret], hub: Way) -> Finding:
        name = cluster.metadata.name
        claims = filled({one.name: one.value for one in cluster.status.cluster_claims})
        used = secrets.get((name, self.managed_service_account))

        def way() -> Way:
            if not self.managed_service_account:
                return self._as_hub_s_user(name, hub)

            secret = named(secrets, name, self.managed_service_account)
            user = {"token": secret.text("token")}
            if self.cluster_proxy:
                return presenting(name, self._proxied(name), user, cluster.origin, ANYTHING)

            return presenting(name, _direct(cluster), user, cluster.origin, self.allow.allow())

        return member(
            self,
            cluster.metadata,
            claims,
            origin=cluster.origin,
            of=(cluster.spec, used, hub),
            way=way,
        )

    def _as_hub_s_user(self, name: str, hub: Way) -> Way:
        """Cluster-proxy reviews the hub's token, and impersonates its user on the member."""
        way = presenting(name, self._proxied(name), {}, f"cluster_proxy {name}", ANYTHING)
        server = replace(
            way.server,
            credentials=hub.server.credentials,
            impersonation=hub.server.impersonation,
        )
        return Way(server, digest_of(way.digest, hub.digest))

    def _proxied(self, name: str) -> dict[str, str]:
        """The user server's address for one cluster, by the settings: none of it was found."""
        file = self.certificate_authority
        return {
            "server": f"{self.cluster_proxy.rstrip('/')}/{quote(name, safe='')}",
            "certificate-authority": str(expanded(Path(file))) if file else "",
        }


def _direct(cluster: ManagedCluster) -> dict[str, str]:
    config = next((one for one in cluster.spec.client_configs if one.url), None)
    if config is None:
        raise KubeconfigError(
            f"{cluster.origin}: spec.managedClusterClientConfigs: has no url; use a cluster_proxy"
        )

    return {"server": config.url, "certificate-authority-data": config.ca_bundle}
