"""
The Shoots of a Gardener, read with kubeconfigs for viewers that it gives out for a short time.

How: https://gardener.cloud/docs/gardener/shoot/shoot_access/, `shoots/viewerkubeconfig`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.viewer_kubeconfig import AT_ONCE, ViewerKubeconfig
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import assemble
from exporter.kubernetes.objects import ApiObject, Metadata

API_VERSION = "core.gardener.cloud/v1beta1"

API_SERVERS = ("external", "internal", "unmanaged", "wildcard-tls-seed-bound")
"""Names of advertised addresses where the API server is; others lead to an issuer of tokens."""

PUBLIC = "wildcard-tls-seed-bound"
"""The address whose certificate is from a public authority instead of the Shoot's own."""

CA_SUFFIX = ".ca-cluster"
CA_KEY = "ca.crt"


class _Address(ApiObject, frozen=True):
    name: str = ""
    url: str = ""


class _Hibernation(ApiObject, frozen=True):
    enabled: bool = False


class _Spec(ApiObject, frozen=True):
    hibernation: _Hibernation | None = None


class _Operation(ApiObject, frozen=True):
    type: str = ""


class _Status(ApiObject, frozen=True):
    advertised_addresses: tuple[_Address, ...] = ()
    hibernated: bool = False
    last_operation: _Operation | None = None


class Shoot(ApiObject, frozen=True):
    """Where a Shoot's API server is, and whether it sleeps."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"shoot {self.metadata.namespace}/{self.metadata.name}"

    @property
    def address(self) -> _Address | None:
        """Gardener's own first choice."""
        known = self.status.advertised_addresses
        return next((one for one in known if one.name in API_SERVERS), None)

    @property
    def asleep(self) -> bool:
        """Whether it was, or is to be, put to sleep."""
        hibernation = self.spec.hibernation
        return self.status.hibernated or (hibernation is not None and hibernation.enabled)

    @property
    def being_built(self) -> bool:
        """Whether there has been no API server yet."""
        operation = self.status.last_operation
        return self.address is None and (operation is None or operation.type in ("", "Create"))


class Authority(ApiObject, frozen=True):
    """The ConfigMap ``<shoot>.ca-cluster``."""

    metadata: Metadata = Metadata()
    data: dict[str, str] = msgspec.field(default_factory=dict)


class Gardener(FromHub, frozen=True, kw_only=True, tag="gardener"):
    """
    A cluster for each Shoot, in `namespace` or in all, named as it. Its credential is asked for
    when it is needed, and again before it expires. A Shoot that hibernates, or is to, is marked so
    and no outage; one that is being built is not there yet; one that is being deleted is in
    maintenance.

        - {provider: gardener, namespace: garden-shop, kubeconfig: /etc/fleet/garden.yaml}
    """

    namespace: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        shoots = Wanted((API_VERSION,), "shoots", Shoot, self.namespace)
        authorities = Wanted(
            ("v1",),
            "configmaps",
            Authority,
            self.namespace,
            label_selector="gardener.cloud/role=ca-cluster",
        )
        turns = asyncio.Semaphore(AT_ONCE)
        hub = Hub(self.hub, health)
        return HubProvider(
            self.provider_name,
            hub,
            (shoots, authorities),
            lambda contents: self.find(contents, turns),
        )

    def find(self, contents: Contents, turns: asyncio.Semaphore) -> Iterable[Finding]:
        """A finding for each Shoot that has been built."""
        shoots, authorities = contents.objects
        for shoot in shoots.values():
            metadata = shoot.metadata
            authority = authorities.get((metadata.namespace, metadata.name + CA_SUFFIX))
            if not shoot.being_built:
                yield self._finding(shoot, authority, contents.way, turns)

    def _finding(
        self, shoot: Shoot, authority: Authority | None, hub: Way, turns: asyncio.Semaphore
    ) -> Finding:
        metadata = shoot.metadata
        sources = (metadata.labels, metadata.annotations)
        deleting = metadata.deletion_timestamp is not None
        return Finding(
            name=metadata.name,
            origin=shoot.origin,
            of=(shoot, authority, hub),
            way=lambda: self._way(shoot, authority, hub, turns),
            labels=self.mapped(*sources),
            maintenance=deleting or self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=shoot.asleep or self.marked("hibernated", *sources),
        )

    def _way(
        self, shoot: Shoot, authority: Authority | None, hub: Way, turns: asyncio.Semaphore
    ) -> Way:
        """Raises `KubernetesError`, as `Finding.way` may."""
        name, origin, allow = shoot.metadata.name, shoot.origin, self.allow.allow()
        cluster = _cluster(shoot, authority)
        anonymous = way_of(assemble(name, cluster, {}, origin, allow), origin)
        viewer = ViewerKubeconfig(hub.server, _path(shoot), origin, allow, turns)
        server = replace(anonymous.server, credentials=UserCredentials(viewer))
        both = f"{anonymous.digest} {hub.digest}"
        return Way(server, hashlib.sha256(both.encode()).hexdigest())


def _cluster(shoot: Shoot, authority: Authority | None) -> Mapping[str, str]:
    """
    The fields of a kubeconfig's cluster.

    Raises:
        KubeconfigError: nothing says where it is, or whom to trust there.
    """
    address = shoot.address
    if address is None:
        raise KubeconfigError(
            f"{shoot.origin}: status.advertisedAddresses: none is of an API server"
        )

    if address.name == PUBLIC:
        return {"server": address.url}

    pem = authority.data.get(CA_KEY, "") if authority else ""
    if not pem:
        raise KubeconfigError(
            f"{shoot.origin}: the ConfigMap {shoot.metadata.name}{CA_SUFFIX} has no {CA_KEY}"
        )

    data = base64.b64encode(pem.encode()).decode()
    return {"server": address.url, "certificate-authority-data": data}


def _path(shoot: Shoot) -> str:
    metadata = shoot.metadata
    within = f"/apis/{API_VERSION}/namespaces/{metadata.namespace}"
    return f"{within}/shoots/{metadata.name}/viewerkubeconfig"
