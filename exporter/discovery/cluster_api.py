"""
The workload clusters of Cluster API, with whatever provider of infrastructure, of EKS Anywhere and
of Tanzu: their kubeconfig Secrets, and what their Cluster objects say about them.

Contract: https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import field

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.objects import ApiObject, Key, Metadata

API_VERSIONS = ("cluster.x-k8s.io/v1beta2", "cluster.x-k8s.io/v1beta1")
SECRET_TYPE = "cluster.x-k8s.io/secret"  # noqa: S105  a type, no secret
NAME_LABEL = "cluster.x-k8s.io/cluster-name"
SUFFIX = "-kubeconfig"
INITIALIZED = "ControlPlaneInitialized"
"""The condition of either API version that says whether there is an API server yet."""


class _Condition(ApiObject, frozen=True):
    type: str = ""
    status: str = ""


class _Status(ApiObject, frozen=True):
    conditions: list[_Condition] = field(default_factory=list)


class WorkloadCluster(ApiObject, frozen=True):
    """A Cluster: whether there is one yet, and for how long."""

    metadata: Metadata = Metadata()
    status: _Status = _Status()

    @property
    def initialized(self) -> bool:
        """Whether its API server answered once; where nothing says that it did not, it did."""
        conditions = self.status.conditions
        return all(one.status == "True" for one in conditions if one.type == INITIALIZED)


class ClusterApi(FromHub, frozen=True, kw_only=True, tag="cluster-api"):
    """
    A cluster for each kubeconfig Secret, in `namespace` or in all, named as the Secret without
    `-kubeconfig`. Its labels are those of the Cluster object, then the Secret's.

    A cluster is there from when its control plane is initialized; while it is being deleted it is
    in maintenance. A paused one is read as always. Where Cluster objects may not be read, or are
    not served, the Secrets alone count.

        - {provider: cluster-api, labels: {environment: env}}
    """

    namespace: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        secrets = Wanted(
            ("v1",),
            "secrets",
            Secret,
            self.namespace,
            field_selector=f"type={SECRET_TYPE}",
        )
        clusters = Wanted(API_VERSIONS, "clusters", WorkloadCluster, self.namespace, optional=True)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (secrets, clusters), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Secret that is a cluster's kubeconfig and whose cluster is there."""
        secrets, clusters = contents.objects
        for secret in secrets.values():
            name = _cluster_name(secret)
            cluster = _cluster(clusters, secret.metadata.namespace, name)
            if name and cluster.initialized:
                yield self._finding(name, secret, cluster)

    def _finding(self, name: str, secret: Secret, cluster: WorkloadCluster) -> Finding:
        of_cluster, of_secret = cluster.metadata, secret.metadata
        sources = (of_cluster.labels, of_secret.labels, of_cluster.annotations)
        deleting = of_cluster.deletion_timestamp is not None

        def way() -> Way:
            kubeconfig = parse(secret.value("value"), secret.origin, self.allow.allow())
            return way_of(kubeconfig, secret.origin)

        return Finding(
            name=name,
            origin=secret.origin,
            of=(secret, cluster),
            way=way,
            labels=self.mapped(*sources),
            maintenance=deleting or self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )


def _cluster_name(secret: Secret) -> str:
    """
    The cluster whose kubeconfig this is; empty for other Secrets of its type.

    Those are authorities and keys, and CAPA's ``<name>-user-kubeconfig``, which is for people.
    """
    name = secret.metadata.name.removesuffix(SUFFIX)
    if name in ("", secret.metadata.name):
        return ""

    labelled = secret.metadata.labels.get(NAME_LABEL)
    is_for_people = name.endswith("-user") if labelled is None else name == f"{labelled}-user"
    return "" if is_for_people else name


def _cluster(clusters: Mapping[Key, WorkloadCluster], namespace: str, name: str) -> WorkloadCluster:
    return clusters.get((namespace, name), WorkloadCluster())
