"""Kubeconfigs in Secrets of a hub, whoever put them there."""

from __future__ import annotations

from collections.abc import Iterable

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.kubeconfig import parse


class Secrets(FromHub, frozen=True, kw_only=True, tag="secrets"):
    """
    A cluster for each Secret that `label_selector` chooses, in `namespace` or in all; `key` holds
    its kubeconfig. Its name is the Secret's, or the value of the Secret's label `name_label`.

        - {provider: secrets, namespace: fleet, label_selector: "fleet=member", key: kubeconfig}
    """

    namespace: str = ""
    label_selector: str
    key: str = "kubeconfig"
    name_label: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        wanted = Wanted(("v1",), "secrets", Secret, self.namespace, self.label_selector)
        return HubProvider(self.provider_name, Hub(self.hub, health), (wanted,), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Secret."""
        for secret in contents.objects[0].values():
            yield self._finding(secret)

    def _finding(self, secret: Secret) -> Finding:
        metadata = secret.metadata
        sources = (metadata.labels, metadata.annotations)

        def way() -> Way:
            kubeconfig = parse(secret.value(self.key), secret.origin, self.allow.allow())
            return way_of(kubeconfig, secret.origin)

        return Finding(
            name=metadata.labels.get(self.name_label, "") or metadata.name,
            origin=secret.origin,
            of=(secret,),
            way=way,
            labels=self.mapped(*sources),
            maintenance=self.marked("maintenance", *sources),
            virtual=self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )
