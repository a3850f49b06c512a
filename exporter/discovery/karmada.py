"""
The members of a Karmada: Cluster objects of its API server, and the Secrets that they name.

Shapes: https://github.com/karmada-io/api, cluster/v1alpha1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal
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
from exporter.discovery.ways import authority, below, named, presenting
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.objects import ApiObject, Key, Metadata

API_VERSION = "cluster.karmada.io/v1alpha1"


class _Reference(ApiObject, frozen=True):
    namespace: str = ""
    name: str = ""


class _Spec(ApiObject, frozen=True):
    sync_mode: str = ""
    api_endpoint: str = ""
    secret_ref: _Reference = _Reference()
    impersonator_secret_ref: _Reference = _Reference()
    insecure: bool = field(name="insecureSkipTLSVerification", default=False)
    proxy_url: str = field(name="proxyURL", default="")
    proxy_header: dict[str, str] = field(default_factory=dict)
    provider: str = ""
    region: str = ""
    zones: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "_Spec(...)"


class KarmadaCluster(ApiObject, frozen=True):
    """A Cluster: how it is reached, and where it runs."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"cluster {self.metadata.name}"


class Karmada(FromHub, frozen=True, kw_only=True, tag="karmada"):
    """
    A cluster for each Cluster object of a Karmada; the hub is karmada-apiserver. `access` is how
    they are reached: by the `secret` in `namespace` that the object names, through the `proxy` of
    the aggregated API server as whom we are there, or `auto`, which is by Secret for clusters in
    push mode and through the proxy for those in pull mode. With `impersonate` the impersonator's
    Secret is used, as that user. Keys for labels are also `spec.provider`, `spec.region` and
    `spec.zones`.

        - {provider: karmada, kubeconfig: /etc/karmada/config, labels: {region: spec.region}}
    """

    access: Literal["auto", "secret", "proxy"] = "auto"
    namespace: str = "karmada-cluster"
    impersonate: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        clusters = Wanted((API_VERSION,), "clusters", KarmadaCluster)
        optional = self.access == "auto"
        secrets = Wanted(("v1",), "secrets", Secret, self.namespace, optional=optional)
        wanted = (clusters,) if self.access == "proxy" else (clusters, secrets)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, wanted, self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Cluster."""
        clusters, *rest = contents.objects
        secrets: Mapping[Key, Secret] = rest[0] if rest else {}
        for cluster in clusters.values():
            yield self._finding(cluster, secrets, contents.way)

    def _finding(self, cluster: KarmadaCluster, secrets: Mapping[Key, Secret], hub: Way) -> Finding:
        spec = cluster.spec
        references = (spec.secret_ref, spec.impersonator_secret_ref)
        used = tuple(secrets.get((one.namespace, one.name)) for one in references)
        fields = filled(
            {
                "spec.provider": spec.provider,
                "spec.region": spec.region,
                "spec.zones": ",".join(spec.zones),
            }
        )

        def way() -> Way:
            if self._through_proxy(spec):
                name = quote(cluster.metadata.name, safe="")
                return below(hub, f"/apis/{API_VERSION}/clusters/{name}/proxy")

            return self._direct(cluster, secrets)

        return member(
            self, cluster.metadata, fields, origin=cluster.origin, of=(spec, used, hub), way=way
        )

    def _through_proxy(self, spec: _Spec) -> bool:
        pulls = spec.sync_mode == "Pull" or not spec.secret_ref.name
        return self.access == "proxy" or (self.access == "auto" and pulls)

    def _direct(self, cluster: KarmadaCluster, secrets: Mapping[Key, Secret]) -> Way:
        """Raises `KubernetesError`, as `Finding.way` may."""
        spec = cluster.spec
        if not spec.api_endpoint:
            raise KubeconfigError(f"{cluster.origin}: spec.apiEndpoint: is missing; use the proxy")

        if spec.proxy_header:
            raise KubeconfigError(f"{cluster.origin}: spec.proxyHeader: is not supported")

        own = presented = _named(cluster, secrets, "secretRef", spec.secret_ref)
        if self.impersonate:
            impersonator = spec.impersonator_secret_ref
            presented = _named(cluster, secrets, "impersonatorSecretRef", impersonator)

        # Karmada accepts an authority together with the switch, and ignores it; kubeconfigs do not.
        trusted = "" if spec.insecure else authority(own, "caBundle")
        server = spec.api_endpoint
        reached: dict[str, Any] = {
            "server": server if "://" in server else f"https://{server}",
            "certificate-authority-data": trusted,
            "insecure-skip-tls-verify": spec.insecure,
            "proxy-url": spec.proxy_url,
        }
        user = {"token": presented.text("token"), "as": self.impersonate}
        return presenting(cluster.metadata.name, reached, user, cluster.origin, self.allow.allow())


def _named(
    cluster: KarmadaCluster, secrets: Mapping[Key, Secret], path: str, reference: _Reference
) -> Secret:
    if not reference.name:
        raise KubeconfigError(f"{cluster.origin}: spec.{path}: is missing; use the proxy")

    return named(secrets, reference.namespace, reference.name)
