"""
The clusters of an inventory of SIG Multicluster: ClusterProfiles, whichever manager writes them.

API: https://github.com/kubernetes-sigs/cluster-inventory-api; KEP-4322 and, for the credentials,
KEP-5339.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import field

from exporter.discovery.access_providers import AccessProvider, read_access_providers
from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.member import filled, member
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.secret_readers import KUBECONFIGS, TOKENS, SecretReader, extensions
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import expanded
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import assemble
from exporter.kubernetes.kubeconfig_file import quoted
from exporter.kubernetes.objects import ApiObject, Key, Metadata

API_VERSION = "multicluster.x-k8s.io/v1alpha1"
GATEWAY = "gateway.gke.io/endpoint"
"""The annotation with the address of a member of a GKE fleet behind its Connect gateway."""

GOOGLE = "google"
"""The access provider of GKE fleets."""


class _Offered(ApiObject, frozen=True):
    name: str = ""
    cluster: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"_Offered({self.name!r})"


class _Property(ApiObject, frozen=True):
    name: str = ""
    value: str = ""


class _ClusterManager(ApiObject, frozen=True):
    name: str = ""


class _Spec(ApiObject, frozen=True):
    display_name: str = ""
    cluster_manager: _ClusterManager = _ClusterManager()


class _Status(ApiObject, frozen=True):
    properties: tuple[_Property, ...] = ()
    access_providers: tuple[_Offered, ...] = ()
    credential_providers: tuple[_Offered, ...] = ()


class Profile(ApiObject, frozen=True):
    """A ClusterProfile: what it says of the cluster, and how credentials for it are come by."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"clusterprofile {self.metadata.namespace}/{self.metadata.name}"

    def offered(self) -> dict[str, dict[str, Any]]:
        """The clusters of its access providers by their names, those with an address."""
        # The second has replaced the first, and wins (cluster-inventory-api, pkg/access).
        both = (*self.status.credential_providers, *self.status.access_providers)
        offered = {one.name: one.cluster for one in both}
        gateway = self.metadata.annotations.get(GATEWAY)
        if gateway and not offered.get(GOOGLE, {}).get("server"):
            offered[GOOGLE] = {**offered.get(GOOGLE, {}), "server": gateway}

        return {name: cluster for name, cluster in offered.items() if cluster.get("server")}


class ClusterProfile(FromHub, frozen=True, kw_only=True, tag="cluster-profile"):
    """
    A cluster for each ClusterProfile, in `namespace` or in all, named as the profile. Its access
    providers `secretreader` and `kubeconfig-secretreader` are done without a command: they read
    Secrets in `consumer_namespace`. Others need a `provider_file`, whose order then counts, and
    their command in `allow.exec`. Keys for labels are also the names of properties,
    `spec.displayName` and `spec.clusterManager.name`.

        - {provider: cluster-profile, namespace: fleet, consumer_namespace: fleet-credentials}
    """

    namespace: str = ""
    consumer_namespace: str = "kube-fleet-exporter"
    provider_file: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        profiles = Wanted((API_VERSION,), "clusterprofiles", Profile, self.namespace)
        secrets = Wanted(("v1",), "secrets", Secret, self.consumer_namespace, optional=True)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (profiles, secrets), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each ClusterProfile. Looks at the provider file, so not for the loop."""
        profiles, secrets = contents.objects
        for profile in profiles.values():
            yield self._finding(profile, secrets)

    def _finding(self, profile: Profile, secrets: Mapping[Key, Secret]) -> Finding:
        spec = profile.spec
        fields = {one.name: one.value for one in profile.status.properties}
        fields["spec.displayName"] = spec.display_name
        fields["spec.clusterManager.name"] = spec.cluster_manager.name
        readers = {
            name: SecretReader(
                cluster, secrets, self.consumer_namespace, profile.origin, self.allow.allow()
            )
            for name, cluster in profile.offered().items()
        }
        made_of = [(name, reader.cluster, reader.used()) for name, reader in readers.items()]
        return member(
            self,
            profile.metadata,
            filled(fields),
            origin=profile.origin,
            of=(made_of, self._file_state()),
            way=lambda: self._way(profile, readers),
        )

    def _way(self, profile: Profile, readers: Mapping[str, SecretReader]) -> Way:
        """Raises `KubernetesError`, as `Finding.way` may."""
        known = [AccessProvider(TOKENS), AccessProvider(KUBECONFIGS)]
        if self.provider_file:
            known = read_access_providers(self._file)

        chosen = next((one for one in known if one.name in readers), None)
        if chosen is None:
            raise KubeconfigError(
                f"{profile.origin}: none of its access providers is known and has a server:"
                f" there are {_listed(readers)}; known are {_listed(one.name for one in known)}"
            )

        reader = readers[chosen.name]
        if chosen.name == TOKENS:
            return reader.by_token()

        if chosen.name == KUBECONFIGS:
            return reader.by_kubeconfig()

        name, origin, allow = profile.metadata.name, profile.origin, reader.allow
        user = chosen.user(extensions(reader.cluster), origin, allow)
        return way_of(assemble(name, reader.cluster, user, origin, allow, self._file), origin)

    @property
    def _file(self) -> Path:
        return expanded(Path(self.provider_file))

    def _file_state(self) -> tuple[int, int, int] | None:
        """Another one when somebody wrote the provider file."""
        if not self.provider_file:
            return None

        try:
            status = self._file.stat()
        except OSError:
            return None

        return status.st_ino, status.st_size, status.st_mtime_ns


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names) or "none"
