"""
The clusters that Flux applies to: what Kustomizations and HelmReleases name as `spec.kubeConfig`.

Its meaning: https://fluxcd.io/flux/components/kustomize/kustomizations/#kubeconfig-remote-clusters
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, usable_name, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.objects import ApiObject, Key, Metadata

KEYS = ("value", "value.yaml")
"""Where Flux looks for the kubeconfig when the reference names no key; the first counts."""

SUFFIX = "-kubeconfig"
NOT_RELEASES = "type!=helm.sh/release.v1"
"""Helm keeps whole releases in Secrets, far more than all others hold together."""

FluxKind = Literal["Kustomization", "HelmRelease"]
_KINDS = {
    "Kustomization": (("kustomize.toolkit.fluxcd.io/v1",), "kustomizations"),
    "HelmRelease": (
        ("helm.toolkit.fluxcd.io/v2", "helm.toolkit.fluxcd.io/v2beta2"),
        "helmreleases",
    ),
}


class _SecretRef(ApiObject, frozen=True):
    name: str = ""
    key: str = ""


class _ConfigMapRef(ApiObject, frozen=True):
    name: str = ""


class _KubeConfig(ApiObject, frozen=True):
    secret_ref: _SecretRef | None = None
    config_map_ref: _ConfigMapRef | None = None

    @property
    def name(self) -> str:
        """What is referred to; whoever wrote it may have written anything."""
        reference = self.secret_ref or self.config_map_ref
        return reference.name if reference else ""


class _Spec(ApiObject, frozen=True):
    kube_config: _KubeConfig | None = None


class Applied(ApiObject, frozen=True):
    """A Kustomization or a HelmRelease, and the cluster that it is for."""

    metadata: Metadata = Metadata()
    spec: _Spec = _Spec()


class Flux(FromHub, frozen=True, kw_only=True, tag="flux"):
    """
    A cluster for each Secret that a Kustomization or HelmRelease, in `namespace` or in all, names
    as its kubeconfig; called as the Secret without `-kubeconfig`. Its labels are the Secret's. What
    names no kubeconfig is for the hub, which this does not find; a suspended one counts as always.

    A `configMapRef`, for the identity of a cloud's workload, is listed and not read.
    `kinds` says which of both the hub has: each is waited for until it can be read.

        - {provider: flux, kinds: [Kustomization], labels: {environment: env}}
    """

    namespace: str = ""
    kinds: tuple[FluxKind, ...] = ("Kustomization", "HelmRelease")

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: no kind, or as `Labelled`.
        """
        super().__post_init__()
        if not self.kinds:
            raise ValueError("kinds: name Kustomization, HelmRelease or both")

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        secrets = Wanted(("v1",), "secrets", Secret, self.namespace, field_selector=NOT_RELEASES)
        applied = (
            Wanted(*_KINDS[kind], Applied, self.namespace) for kind in dict.fromkeys(self.kinds)
        )
        hub = Hub(self.hub, health)
        return HubProvider(self.provider_name, hub, (secrets, *applied), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each reference, however many objects have it."""
        secrets, *kinds = contents.objects
        seen = set()
        for applied in (one for kind in kinds for one in kind.values()):
            reference = applied.spec.kube_config
            namespace = applied.metadata.namespace
            if reference is None or (namespace, reference) in seen:
                continue

            seen.add((namespace, reference))
            if not usable_name(reference.name):
                yield _nameless(applied)
            elif reference.secret_ref is None:
                yield _unsupported(namespace, reference.name)
            else:
                yield self._finding(namespace, reference.secret_ref, secrets)

    def _finding(
        self, namespace: str, reference: _SecretRef, secrets: Mapping[Key, Secret]
    ) -> Finding:
        name, key = reference.name, reference.key
        secret = secrets.get((namespace, name), Secret(Metadata(name, namespace)))
        sources = (secret.metadata.labels, secret.metadata.annotations)

        def way() -> Way:
            text = secret.value(key or next((one for one in KEYS if one in secret.data), KEYS[0]))
            return way_of(parse(text, secret.origin, self.allow.allow()), secret.origin)

        return Finding(
            name=name.removesuffix(SUFFIX) or name,
            origin=secret.origin,
            of=(secret, key),
            way=way,
            labels=self.mapped(*sources),
            maintenance=self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )


def _unsupported(namespace: str, name: str) -> Finding:
    origin = f"configmap {namespace}/{name}"
    what = "spec.kubeConfig.configMapRef: is not supported; find this cluster elsewhere"
    return Finding(name, origin, (), lambda: _refuse(f"{origin}: {what}"))


def _nameless(applied: Applied) -> Finding:
    metadata = applied.metadata
    origin = f"reference of {metadata.namespace}/{metadata.name}"
    what = "spec.kubeConfig: names no Secret and no ConfigMap that there could be"
    return Finding(metadata.name, origin, (), lambda: _refuse(f"{origin}: {what}"))


def _refuse(why: str) -> Way:
    raise KubeconfigError(why)
