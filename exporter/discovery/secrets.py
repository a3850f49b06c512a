"""Kubeconfigs in Secrets of a hub, whoever put them there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from exporter.discovery.declared import FromHub
from exporter.discovery.found import Finding, HubProvider, way_of
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.presets import PLAIN, PRESETS, Preset, PresetName
from exporter.discovery.provider import Provider, Way
from exporter.discovery.secret import Secret
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.kubeconfig import parse


class Secrets(FromHub, frozen=True, kw_only=True, tag="secrets"):
    """
    A cluster for each Secret that `label_selector` chooses, in `namespace` or in all; `key` holds
    its kubeconfig. Its name is the Secret's, or the value of the Secret's label `name_label`.

        - {provider: secrets, namespace: fleet, label_selector: "fleet=member", key: kubeconfig}

    `preset` knows all that of a system: vcluster, liqo, linkerd, istio, hcp-terraform or
    tofu-controller. What is given beside it goes before; a `label_selector` narrows its choice.
    """

    namespace: str = ""
    preset: PresetName | Literal[""] = ""
    label_selector: str = ""
    key: str = ""
    name_label: str = ""

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: nothing says which Secrets, or as `Labelled`.
        """
        super().__post_init__()
        if not self.preset and not self.label_selector:
            raise ValueError("secrets: give a label_selector, or a preset")

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        preset = self._preset
        wanted = Wanted(
            ("v1",),
            "secrets",
            Secret,
            self.namespace,
            ",".join(filter(None, (preset.label_selector, self.label_selector))),
            f"type={preset.type}" if preset.type else "",
        )
        return HubProvider(self.provider_name, Hub(self.hub, health), (wanted,), self.find)

    def find(self, contents: Contents) -> Iterable[Finding]:
        """A finding for each Secret, or for each of its keys."""
        preset = self._preset
        name_label = self.name_label or preset.name_label
        for secret in contents.objects[0].values():
            for key, name in preset.clusters(secret, self.key or preset.key, name_label):
                yield self._finding(secret, key, name)

    @property
    def _preset(self) -> Preset:
        return PRESETS[self.preset] if self.preset else PLAIN

    def _finding(self, secret: Secret, key: str, name: str) -> Finding:
        sources = (secret.metadata.labels, secret.metadata.annotations)

        def way() -> Way:
            kubeconfig = parse(secret.value(key), secret.origin, self.allow.allow())
            return way_of(self._preset.reachable(kubeconfig, secret), secret.origin)

        return Finding(
            name=name,
            origin=secret.origin,
            of=(secret,),
            way=way,
            labels=self.mapped(*sources),
            maintenance=self.marked("maintenance", *sources),
            virtual=self._preset.virtual or self.marked("virtual", *sources),
            hibernated=self.marked("hibernated", *sources),
        )
