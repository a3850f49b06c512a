"""
The clusters of a KubeFed, which has been archived: its KubeFedCluster objects and their Secrets.

Their shape: kubernetes-retired/kubefed, pkg/apis/core/v1beta1.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import field

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import assemble
from exporter.kubernetes.kubeconfig_file import quoted
from exporter.kubernetes.objects import ApiObject, Metadata

API_VERSION = "core.kubefed.io/v1beta1"
EVERYTHING = "*"
"""In `disabledTLSValidations`: whoever answers is trusted."""


class _SecretRef(ApiObject, frozen=True):
    name: str = ""


class _Spec(ApiObject, frozen=True):
    api_endpoint: str = ""
    ca_bundle: str = ""
    secret_ref: _SecretRef = _SecretRef()
    proxy_url: str = field(default="", name="proxyURL")
    disabled_tls_validations: tuple[str, ...] = field(default=(), name="disabledTLSValidations")


class KubeFedCluster(ApiObject, frozen=True):
    """Where a member is; `caBundle` is PEM in base64, as in a kubeconfig."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"kubefedcluster {self.metadata.namespace}/{self.metadata.name}"


class KubeFed(FromHub, frozen=True, kw_only=True, tag="kubefed"):
    """
    A cluster for each KubeFedCluster in `namespace`, named as it; the token is in the Secret that
    it names. Of `disabledTLSValidations` only `*` is known, and needs `allow.insecure_tls`; with
    any other the certificate is checked as always.

        - {provider: kubefed, namespace: kube-federation-system}
    """

    namespace: str = "kube-federation-system"

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        members = Wanted((API_VERSION,), "kubefedclusters", KubeFedCluster, self.namespace)
        secrets = Wanted(("v1",), "secrets", Secret, self.namespace)
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (members, secrets), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each KubeFedCluster."""
        members, secrets = contents.objects
        for member in members.values():
            place = (member.metadata.namespace, member.spec.secret_ref.name)
            yield self._finding(member, secrets.get(place))

    def _finding(self, member: KubeFedCluster, secret: Secret | None) -> Finding:
        metadata = member.metadata
        sources = (metadata.labels, metadata.annotations)
        deleting = metadata.deletion_timestamp is not None
        return Finding(
            name=metadata.name,
            origin=member.origin,
            of=(member, secret),
            way=lambda: self._way(member, secret),
            labels=self.mapped(*sources),
            maintenance=deleting or self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )

    def _way(self, member: KubeFedCluster, secret: Secret | None) -> Way:
        """Raises `KubernetesError`, as `Finding.way` may."""
        spec = member.spec
        if secret is None:
            name = quoted(spec.secret_ref.name)
            raise KubeconfigError(f"{member.origin}: spec.secretRef: there is no Secret {name}")

        insecure = EVERYTHING in spec.disabled_tls_validations
        cluster = {
            "server": _url(spec.api_endpoint),
            "certificate-authority-data": "" if insecure else spec.ca_bundle,
            "insecure-skip-tls-verify": insecure,
            "proxy-url": spec.proxy_url,
        }
        user = {"token": secret.text("token")}
        name = member.metadata.name
        return way_of(
            assemble(name, cluster, user, member.origin, self.allow.allow()), member.origin
        )


def _url(endpoint: str) -> str:
    """`apiEndpoint` may be a host, with or without a port, as well as a URL."""
    return endpoint if not endpoint or "://" in endpoint else f"https://{endpoint}"
