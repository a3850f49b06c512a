"""
The OpenShift clusters of a Hive: its ClusterDeployments, and the Secrets with their kubeconfigs.

Their shape: openshift/hive, apis/hive/v1/clusterdeployment_types.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.kubeconfig_file import quoted
from exporter.kubernetes.objects import ApiObject, Metadata

API_VERSION = "hive.openshift.io/v1"
KEY = "kubeconfig"

ASLEEP = frozenset(
    {
        "Hibernating", "Stopping", "WaitingForMachinesToStop",
        "StartingMachines", "WaitingForMachines", "WaitingForNodes",
    }
)  # fmt: skip
"""
`status.powerState` of clusters that go to sleep, sleep or are not awake yet. `Unknown` is none: it
says that Hive cannot tell.
"""


class _Reference(ApiObject, frozen=True):
    name: str = ""


class _ClusterMetadata(ApiObject, frozen=True):
    admin_kubeconfig_secret_ref: _Reference = _Reference()


class _Spec(ApiObject, frozen=True):
    installed: bool = False
    power_state: str = ""
    cluster_metadata: _ClusterMetadata | None = None


class _Status(ApiObject, frozen=True):
    power_state: str = ""


class ClusterDeployment(ApiObject, frozen=True):
    """Whether a cluster is installed and awake, and where its kubeconfig is."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"clusterdeployment {self.metadata.namespace}/{self.metadata.name}"

    @property
    def secret(self) -> str:
        """The name of the Secret with its kubeconfig; empty if none is named."""
        known = self.spec.cluster_metadata
        return known.admin_kubeconfig_secret_ref.name if known else ""

    @property
    def asleep(self) -> bool:
        """Whether it was, or is to be, put to sleep."""
        return self.spec.power_state == "Hibernating" or self.status.power_state in ASLEEP


class Hive(FromHub, frozen=True, kw_only=True, tag="hive"):
    """
    A cluster for each installed ClusterDeployment, in `namespace` or in all, named as it. One that
    hibernates, or is on its way to or from there, is marked so and no outage; one that is being
    deprovisioned is in maintenance.

    The kubeconfig is cluster-admin's: Hive has no other. Secrets of type Opaque are read.

        - {provider: hive, labels: {region: hive.openshift.io/cluster-region}}
    """

    namespace: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        deployments = Wanted(
            (API_VERSION,), "clusterdeployments", ClusterDeployment, self.namespace
        )
        secrets = Wanted(("v1",), "secrets", Secret, self.namespace, field_selector="type=Opaque")
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (deployments, secrets), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each ClusterDeployment of a cluster that is there."""
        deployments, secrets = contents.objects
        for deployment in deployments.values():
            if deployment.spec.installed:
                place = (deployment.metadata.namespace, deployment.secret)
                yield self._finding(deployment, secrets.get(place))

    def _finding(self, deployment: ClusterDeployment, secret: Secret | None) -> Finding:
        metadata = deployment.metadata
        sources = (metadata.labels, metadata.annotations)
        deleting = metadata.deletion_timestamp is not None

        def way() -> Way:
            if secret is None:
                field = "spec.clusterMetadata.adminKubeconfigSecretRef"
                raise KubeconfigError(
                    f"{deployment.origin}: {field}: there is no Secret {quoted(deployment.secret)}"
                )

            kubeconfig = parse(secret.value(KEY), secret.origin, self.allow.allow())
            return way_of(kubeconfig, secret.origin)

        return Finding(
            name=metadata.name,
            origin=deployment.origin,
            of=(deployment, secret),
            way=way,
            labels=self.mapped(*sources),
            maintenance=deleting or self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=deployment.asleep or self.marked("hibernated", *sources),
        )
