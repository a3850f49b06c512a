"""Systems that one hub can hold at once: how each writes a member down, and how it is declared."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from exporter.simulation.kinds import Kind
from tests.controlplane.client import Object
from tests.discovery.cluster_objects import (
    CLUSTER_DEPLOYMENT,
    CLUSTER_PROFILE,
    HELM_RELEASE,
    KARMADA_CLUSTER,
    KUBEFED_CLUSTER,
    KUBESPHERE_CLUSTER,
    KUSTOMIZATION,
    MANAGED_CLUSTER,
    MANAGEMENT_CLUSTER,
    PEM,
    PROVISIONING_CLUSTER,
    SHOOT,
)
from tests.e2e.discovery import HERE
from tests.e2e.hub_objects import (
    ARGO_LABEL,
    ISTIO,
    LINKERD,
    LIQO,
    SECRETS,
    WHERE,
    capi_secret,
    of_kind,
    owned,
    path,
    secret,
)
from tests.e2e.member import Member

Written = list[tuple[str, Object]]
"""Paths of collections, and what is to be created there; the first is what its system lists."""


@dataclass(frozen=True)
class System:
    """How it is declared, on which page, and how it writes a member down."""

    provider: str
    page: str
    written: Callable[[str, Member], Written]
    kinds: tuple[Kind, ...] = ()
    fields: Object = field(default_factory=dict)


def in_secret(made: Object) -> Written:
    return [(SECRETS, made)]


def by_gardener(name: str, member: Member) -> Written:
    labels = {"gardener.cloud/role": "ca-cluster"}
    authority = {"metadata": {"name": f"{name}.ca-cluster", "labels": labels}}
    status = {"advertisedAddresses": [{"name": "external", "url": member.url}]}
    kind = SHOOT
    configmaps = f"/api/v1/namespaces/{WHERE}/configmaps"
    return [
        (path(kind), of_kind(kind, name, {}, status)),
        (configmaps, {**authority, "data": {"ca.crt": PEM}}),
    ]


def by_kubesphere(name: str, member: Member) -> Written:
    kind = KUBESPHERE_CLUSTER
    text = b64encode(member.kubeconfig().encode()).decode()
    spec = {"connection": {"type": "direct", "kubeconfig": text}}
    return [(path(kind), of_kind(kind, name, spec))]


def by_kubefed(name: str, member: Member) -> Written:
    kind = KUBEFED_CLUSTER
    spec = {"apiEndpoint": member.url, "secretRef": {"name": f"{name}-token"}}
    token = secret(f"{name}-token", {"token": member.token}, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, token)]


def by_hive(name: str, member: Member) -> Written:
    kind = CLUSTER_DEPLOYMENT
    known = {"adminKubeconfigSecretRef": {"name": f"{name}-admin-kubeconfig"}}
    spec = {"installed": True, "clusterMetadata": known}
    values = {"kubeconfig": member.kubeconfig(), "raw-kubeconfig": member.kubeconfig()}
    kubeconfig = secret(f"{name}-admin-kubeconfig", values, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, kubeconfig)]


def by_flux(name: str, member: Member) -> Written:
    kind = KUSTOMIZATION
    spec = {"kubeConfig": {"secretRef": {"name": f"{name}-kubeconfig"}}}
    kubeconfig = secret(f"{name}-kubeconfig", {"value": member.kubeconfig()}, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, kubeconfig)]


def by_cluster_profile(name: str, member: Member) -> Written:
    kind = CLUSTER_PROFILE
    configuration = {"clusterName": f"of-{name}"}
    extension = {"name": "client.authentication.k8s.io/exec", "extension": configuration}
    cluster = {"server": member.url, "extensions": [extension]}
    status = {"accessProviders": [{"name": "secretreader", "cluster": cluster}]}
    spec = {"clusterManager": {"name": "some-manager"}}
    token = secret(f"of-{name}", {"token": member.token}, {})
    return [(path(kind), of_kind(kind, name, spec, status)), (SECRETS, token)]


def by_open_cluster_management(name: str, member: Member) -> Written:
    """Each member has a namespace of its own, in which its token is."""
    kind = MANAGED_CLUSTER
    made = of_kind(kind, name, {"managedClusterClientConfigs": [{"url": member.url}]})
    made["metadata"]["labels"][SET] = "default"
    token = secret("kube-fleet-exporter", {"token": member.token}, {})
    return [(path(kind), made), (f"/api/v1/namespaces/{name}/secrets", token)]


def by_karmada(name: str, member: Member) -> Written:
    kind = KARMADA_CLUSTER
    reference = {"namespace": WHERE, "name": f"{name}-push"}
    spec = {"syncMode": "Push", "apiEndpoint": member.url, "secretRef": reference}
    token = secret(f"{name}-push", {"token": member.token}, {})
    return [(path(kind), of_kind(kind, name, spec)), (SECRETS, token)]


def by_rancher(name: str, member: Member) -> Written:
    """Its Secrets have the label of Cluster API's, and are none of them."""
    id_ = f"c-m-{name}"
    management = of_kind(MANAGEMENT_CLUSTER, id_, {"displayName": name})
    status = {"clusterName": id_, "clientSecretName": f"{name}-kubeconfig"}
    provisioning = of_kind(PROVISIONING_CLUSTER, name, {}, status)
    label = {"cluster.x-k8s.io/cluster-name": name}
    kubeconfig = secret(f"{name}-kubeconfig", {"value": member.kubeconfig()}, label)
    return [
        (path(MANAGEMENT_CLUSTER), management),
        (path(PROVISIONING_CLUSTER), provisioning),
        (SECRETS, kubeconfig),
    ]


def by_argocd(name: str, member: Member) -> Written:
    values = {"name": name, "server": member.url, "config": {"bearerToken": member.token}}
    labels = {**ARGO_LABEL, "env": "staging", "team": "shop"}
    return in_secret(secret(f"argo-{name}", values, labels))


def by_cluster_api(name: str, member: Member) -> Written:
    return in_secret(capi_secret(name, member))


def by_liqo(name: str, member: Member) -> Written:
    labels = {**LIQO, "liqo.io/remote-cluster-id": name}
    return in_secret(secret(f"liqo-{name}", {"kubeconfig": member.kubeconfig()}, labels))


def by_linkerd(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    return in_secret(secret(f"cluster-credentials-{name}", values, {}, LINKERD))


def by_vcluster(name: str, member: Member) -> Written:
    labels = {"app": "vcluster", "vcluster-name": name}
    return in_secret(secret(f"vc-{name}", {"config": member.kubeconfig()}, labels))


def by_istio(name: str, member: Member) -> Written:
    values = {name: member.kubeconfig()}
    return in_secret(secret(f"istio-remote-secret-{name}", values, ISTIO))


def by_hcp_terraform(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    made = secret(f"{name}-outputs", values, {"workspaceID": f"ws-{name}"})
    return in_secret(owned(made, "Workspace"))


def by_tofu_controller(name: str, member: Member) -> Written:
    return in_secret(owned(secret(name, {"kubeconfig": member.kubeconfig()}, {}), "Terraform"))


def by_hand(name: str, member: Member) -> Written:
    values = {"kubeconfig": member.kubeconfig()}
    return in_secret(secret(name, values, {"fleet": "member"}))


def preset(name: str) -> Object:
    return {"preset": name, "namespace": WHERE}


IN_NAMESPACE = {"namespace": WHERE}
SET = "cluster.open-cluster-management.io/clusterset"
ENVIRONMENT = {"environment": "env"}

SYSTEMS = {
    "profile": System(
        "cluster-profile",
        "cluster-profile",
        by_cluster_profile,
        (CLUSTER_PROFILE,),
        {**IN_NAMESPACE, "consumer_namespace": WHERE},
    ),
    "ocm": System(
        "open-cluster-management",
        "open-cluster-management",
        by_open_cluster_management,
        (MANAGED_CLUSTER,),
        {"labels": {**ENVIRONMENT, "set": SET}},
    ),
    "karmada": System("karmada", "karmada", by_karmada, (KARMADA_CLUSTER,), IN_NAMESPACE),
    "rancher": System(
        "rancher",
        "rancher",
        by_rancher,
        (MANAGEMENT_CLUSTER, PROVISIONING_CLUSTER),
        {**IN_NAMESPACE, "access": "secrets"},
    ),
    "gardener": System("gardener", "gardener", by_gardener, (SHOOT,), IN_NAMESPACE),
    "kubesphere": System("kubesphere", "kubesphere", by_kubesphere, (KUBESPHERE_CLUSTER,)),
    "kubefed": System("kubefed", "kubefed", by_kubefed, (KUBEFED_CLUSTER,), IN_NAMESPACE),
    "hive": System("hive", "hive", by_hive, (CLUSTER_DEPLOYMENT,)),
    "flux": System("flux", "flux", by_flux, (KUSTOMIZATION, HELM_RELEASE)),
    "argocd": System(
        "argocd",
        "argocd",
        by_argocd,
        fields={**IN_NAMESPACE, "labels": {**ENVIRONMENT, "team": "team"}},
    ),
    "capi": System("cluster-api", "cluster-api", by_cluster_api),
    "liqo": System("secrets", "liqo", by_liqo, fields=preset("liqo")),
    "linkerd": System("secrets", "linkerd", by_linkerd, fields=preset("linkerd")),
    "istio": System("secrets", "istio", by_istio, fields=preset("istio")),
    "vcluster": System(
        "secrets",
        "vcluster",
        by_vcluster,
        fields={**preset("vcluster"), "allow": {**HERE, "proxy": True}},
    ),
    "hcp": System("secrets", "hcp-terraform", by_hcp_terraform, fields=preset("hcp-terraform")),
    "tofu": System(
        "secrets", "tofu-controller", by_tofu_controller, fields=preset("tofu-controller")
    ),
    "hand": System(
        "secrets", "secrets", by_hand, fields={**IN_NAMESPACE, "label_selector": "fleet=member"}
    ),
}
