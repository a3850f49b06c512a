"""How well-known systems keep kubeconfigs in Secrets, so that nobody has to find out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exporter.discovery.secret import Secret
from exporter.kubernetes.kubeconfig import Kubeconfig

PresetName = Literal["vcluster", "liqo", "linkerd", "istio", "hcp-terraform", "tofu-controller"]


@dataclass(frozen=True)
class Preset:
    """
    Which Secrets hold kubeconfigs, under which key, and what the cluster of each is called: the
    value of `name_label`, or else the Secret's name without `prefix` and `suffix`.

    With `key_is_name` each key is a cluster of that name. With `owner`, the kind of an object, only
    Secrets of such owners count, and only those that have the key: the others hold something else.
    `not_these` are names of Secrets that look like it and are something else.
    """

    label_selector: str = ""
    type: str = ""
    key: str = "kubeconfig"
    key_is_name: bool = False
    name_label: str = ""
    prefix: str = ""
    suffix: str = ""
    owner: str = ""
    not_these: frozenset[str] = frozenset()
    virtual: bool = False
    behind_service: bool = False
    """Whether a loopback address means the Service, in the hub, of the name and namespace."""

    def clusters(self, secret: Secret, key: str, name_label: str) -> Iterable[tuple[str, str]]:
        """The key and the name of each cluster whose kubeconfig a Secret holds."""
        if secret.metadata.name in self.not_these or not self._owned(secret, key):
            return ()

        if self.key_is_name:
            return ((each, each) for each in sorted(secret.data))

        return ((key, self.name(secret, name_label)),)

    def name(self, secret: Secret, name_label: str) -> str:
        """What the cluster of a Secret is called."""
        metadata = secret.metadata
        stripped = metadata.name.removeprefix(self.prefix).removesuffix(self.suffix)
        return metadata.labels.get(name_label, "") or stripped or metadata.name

    def reachable(self, kubeconfig: Kubeconfig, secret: Secret) -> Kubeconfig:
        """The kubeconfig as it is to be used from outside of what wrote it."""
        if not self.behind_service:
            return kubeconfig

        name, namespace = self.name(secret, self.name_label), secret.metadata.namespace
        return kubeconfig.instead_of_loopback(f"https://{name}.{namespace}.svc")

    def _owned(self, secret: Secret, key: str) -> bool:
        if not self.owner:
            return True

        kinds = {owner.kind for owner in secret.metadata.owner_references}
        return self.owner in kinds and key in secret.data


PLAIN = Preset()
"""Secrets of whoever says himself which they are."""

PRESETS: dict[PresetName, Preset] = {
    # loft-sh/vcluster, pkg/util/kubeconfig: `vc-config-<name>`, Helm's values, has no name's label.
    "vcluster": Preset(
        label_selector="app=vcluster,vcluster-name",
        key="config",
        name_label="vcluster-name",
        prefix="vc-",
        virtual=True,
        behind_service=True,
    ),
    # liqotech/liqo, authentication/forge: identities of ResourceSlices may do still less.
    "liqo": Preset(
        label_selector="liqo.io/remote-cluster-id,liqo.io/identity-type=ControlPlane",
        name_label="liqo.io/remote-cluster-id",
    ),
    # linkerd/linkerd2, multicluster/cmd/link.go.
    "linkerd": Preset(
        type="mirror.linkerd.io/remote-kubeconfig",
        name_label="multicluster.linkerd.io/cluster-name",
        prefix="cluster-credentials-",
    ),
    # istio/istio, istioctl/pkg/multicluster: `istio-kubeconfig` leads a remote cluster's istiod to
    # the cluster that holds its configuration, which is no member.
    "istio": Preset(
        label_selector="istio/multiCluster=true",
        key_is_name=True,
        not_these=frozenset({"istio-kubeconfig"}),
    ),
    # hashicorp/hcp-terraform-operator, workspace_controller_outputs.go.
    "hcp-terraform": Preset(label_selector="workspaceID", suffix="-outputs", owner="Workspace"),
    # flux-iac/tofu-controller, runner: the labels are the user's, the owner is not.
    "tofu-controller": Preset(type="Opaque", owner="Terraform"),
}
