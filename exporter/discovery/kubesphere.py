"""
The clusters of a KubeSphere: the kubeconfigs in its Cluster objects.

Their shape: kubesphere/kubesphere, staging/src/kubesphere.io/api/cluster/v1alpha1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.objects import ApiObject, Metadata

API_VERSION = "cluster.kubesphere.io/v1alpha1"
HOST_LABEL = "cluster-role.kubesphere.io/host"


class _Connection(ApiObject, frozen=True):
    type: str = ""
    kubeconfig: str = ""

    def __repr__(self) -> str:
        return "_Connection(...)"


class _Spec(ApiObject, frozen=True):
    connection: _Connection = _Connection()


class Member(ApiObject, frozen=True):
    """A Cluster: its kubeconfig, base64, whether it is reached directly or through a tunnel."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()

    def __repr__(self) -> str:
        return f"Member({self.origin})"

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"cluster {self.metadata.name}"

    def kubeconfig(self) -> bytes:
        """
        Raises:
            KubeconfigError: there is none, or not what an API server would send.
        """
        field, connection = "spec.connection.kubeconfig", self.spec.connection
        if not connection.kubeconfig:
            waits = " until its agent connects" if connection.type == "proxy" else ""
            raise KubeconfigError(f"{self.origin}: {field}: is empty{waits}")

        try:
            return base64.b64decode(connection.kubeconfig, validate=True)
        except (binascii.Error, ValueError):
            raise KubeconfigError(f"{self.origin}: {field}: is not base64") from None


class KubeSphere(FromHub, frozen=True, kw_only=True, tag="kubesphere"):
    """
    A cluster for each Cluster of the KubeSphere whose host cluster is the hub, named as there. The
    host cluster itself is read as the hub is.

    Of a cluster with connection type `proxy` the kubeconfig leads to a tunnel, which only pods of
    the host cluster reach. One that is being deleted is in maintenance.

        - {provider: kubesphere, labels: {region: cluster.kubesphere.io/region}}
    """

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        wanted = Wanted((API_VERSION,), "clusters", Member)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (wanted,), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Cluster."""
        for member in contents.objects[0].values():
            yield self._finding(member, contents.way)

    def _finding(self, member: Member, hub: Way) -> Finding:
        metadata = member.metadata
        sources = (metadata.labels, metadata.annotations)
        deleting = metadata.deletion_timestamp is not None

        def way() -> Way:
            if HOST_LABEL in metadata.labels:
                return hub

            kubeconfig = parse(member.kubeconfig(), member.origin, self.allow.allow())
            return way_of(kubeconfig, member.origin)

        return Finding(
            name=metadata.name,
            origin=member.origin,
            of=(member, hub),
            way=way,
            labels=self.mapped(*sources),
            maintenance=deleting or self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )
