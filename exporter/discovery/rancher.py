"""
The clusters of a Rancher: its management Clusters, through its proxy or by its kubeconfig Secrets.

Shapes: https://github.com/rancher/rancher, pkg/apis/management.cattle.io/v3/cluster_types.go and
pkg/provisioningv2/kubeconfig/manager.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, usable_name
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.member import filled, member
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.ways import below, by_kubeconfig, named
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.objects import ApiObject, Key, Metadata

MANAGEMENT = "management.cattle.io/v3"
PROVISIONING = "provisioning.cattle.io/v1"
PROXY = "/k8s/clusters/"
LABEL = "cluster.x-k8s.io/cluster-name"
"""What Rancher's kubeconfig Secrets have in common; their type is nothing special."""


class _Spec(ApiObject, frozen=True):
    display_name: str = ""


class _Status(ApiObject, frozen=True):
    driver: str = ""
    provider: str = ""


class ManagementCluster(ApiObject, frozen=True):
    """A management Cluster, which is named by its id; people see `spec.displayName`."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"cluster {self.metadata.name}"


class _Provisioned(ApiObject, frozen=True):
    cluster_name: str = ""
    client_secret_name: str = ""


class ProvisioningCluster(ApiObject, frozen=True):
    """A provisioning Cluster: which management Cluster it is, and which Secret leads there."""

    metadata: Metadata = Metadata()
    status: _Provisioned = _Provisioned()


class Rancher(FromHub, frozen=True, kw_only=True, tag="rancher"):
    """
    A cluster for each management Cluster of a Rancher, named by its display name; the hub is
    Rancher's own, `local`. `access` is how they are reached: through the `proxy` of Rancher, as the
    user of the hub's kubeconfig, or by the `secrets` in which Rancher keeps kubeconfigs, those in
    `namespace`. Keys for labels are also `metadata.name`, `status.driver` and `status.provider`.

        - {provider: rancher, kubeconfig: /etc/rancher/local.yaml, labels: {id: metadata.name}}
    """

    access: Literal["proxy", "secrets"] = "proxy"
    namespace: str = "fleet-default"

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        clusters = Wanted((MANAGEMENT,), "clusters", ManagementCluster)
        provisioning = Wanted((PROVISIONING,), "clusters", ProvisioningCluster, self.namespace)
        secrets = Wanted(("v1",), "secrets", Secret, self.namespace, LABEL)
        wanted = (clusters, provisioning, secrets) if self.access == "secrets" else (clusters,)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, wanted, self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each management Cluster."""
        clusters, *rest = contents.objects
        provisioned: dict[str, tuple[str, str]] = {}
        secrets: Mapping[Key, Secret] = {}
        if rest:
            provisioning, secrets = rest
            for one in provisioning.values():
                place = (one.metadata.namespace, one.status.client_secret_name)
                provisioned.setdefault(one.status.cluster_name, place)

        for cluster in clusters.values():
            place = provisioned.get(cluster.metadata.name, ("", ""))
            yield self._finding(cluster, place, secrets, contents.way)

    def _finding(
        self, cluster: ManagementCluster, place: Key, secrets: Mapping[Key, Secret], hub: Way
    ) -> Finding:
        id_, status = cluster.metadata.name, cluster.status
        display_name = cluster.spec.display_name
        fields = filled(
            {
                "metadata.name": id_,
                "status.driver": status.driver,
                "status.provider": status.provider,
            }
        )

        def way() -> Way:
            if self.access == "proxy":
                return _through_proxy(hub, id_)

            if not place[1]:
                raise KubeconfigError(
                    f"{cluster.origin}: no provisioning cluster has its status.clusterName"
                    " and a status.clientSecretName; use the proxy"
                )

            return by_kubeconfig(named(secrets, *place), "value", self.allow.allow())

        return member(
            self,
            cluster.metadata,
            fields,
            origin=cluster.origin,
            of=(place, secrets.get(place), hub),
            way=way,
            name=display_name if usable_name(display_name) else "",
        )


def _through_proxy(hub: Way, id_: str) -> Way:
    """Raises `KubeconfigError` where the way to the hub does not lead through Rancher."""
    rancher, found, _ = hub.server.url.partition(PROXY)
    if not found:
        raise KubeconfigError(
            f"the hub's kubeconfig does not lead through Rancher: its server does not end with"
            f" {PROXY}local; take the one that Rancher gives out, or access: secrets"
        )

    server = replace(hub.server, url=rancher)
    return below(Way(server, hub.digest), f"{PROXY}{quote(id_, safe='')}")
