"""The objects in which systems keep their clusters: their kinds, and how they come to be."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import trustme
import yaml

from exporter.simulation.kinds import Kind
from tests.discovery.simulated_hub import TOKEN, SimulatedHub, kubeconfig

SHOOT = Kind("core.gardener.cloud", "v1beta1", "shoots", "Shoot", custom=True)
KUSTOMIZATION = Kind(
    "kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization", custom=True
)
HELM_RELEASE = Kind("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease", custom=True)
CLUSTER_DEPLOYMENT = Kind(
    "hive.openshift.io", "v1", "clusterdeployments", "ClusterDeployment", custom=True
)
KUBEFED_CLUSTER = Kind(
    "core.kubefed.io", "v1beta1", "kubefedclusters", "KubeFedCluster", custom=True
)
KUBESPHERE_CLUSTER = Kind(
    "cluster.kubesphere.io", "v1alpha1", "clusters", "Cluster", False, custom=True
)
CLUSTER_PROFILE = Kind(
    "multicluster.x-k8s.io", "v1alpha1", "clusterprofiles", "ClusterProfile", custom=True
)
MANAGED_CLUSTER = Kind(
    "cluster.open-cluster-management.io",
    "v1",
    "managedclusters",
    "ManagedCluster",
    False,
    custom=True,
)
KARMADA_CLUSTER = Kind("cluster.karmada.io", "v1alpha1", "clusters", "Cluster", False, custom=True)
MANAGEMENT_CLUSTER = Kind("management.cattle.io", "v3", "clusters", "Cluster", False, custom=True)
PROVISIONING_CLUSTER = Kind("provisioning.cattle.io", "v1", "clusters", "Cluster", custom=True)

PROJECT = "garden-shop"
"""Where Shoots are."""

KUBEFED = "kube-federation-system"
"""Where KubeFedClusters are."""

PEM = trustme.CA().cert_pem.bytes().decode()


def put_shoot(
    hub: SimulatedHub,
    name: str,
    *,
    url: str | None = None,
    addresses: list[dict[str, str]] | None = None,
    hibernation: tuple[bool, bool] = (False, False),
    operation: str = "Reconcile",
    authority: str = PEM,
    **metadata: Any,
) -> None:
    """A Shoot of one project, wanted and found asleep or not, and the ConfigMap with its CA."""
    external = {"name": "external", "url": url or f"https://api.{name}.shop.example.com"}
    internal = {"name": "internal", "url": f"https://api.{name}.internal.example.com"}
    wanted, found = hibernation
    labels = {"gardener.cloud/role": "ca-cluster", "shoot.gardener.cloud/name": name}
    where = {"name": f"{name}.ca-cluster", "namespace": PROJECT, "labels": labels}
    hub.server.put("configmaps", {"metadata": where, "data": {"ca.crt": authority}})
    hub.server.put(
        SHOOT.path_resource,
        {
            "metadata": {"name": name, "namespace": PROJECT, **metadata},
            "spec": {"hibernation": {"enabled": wanted}, "seedName": "aws-eu1"},
            "status": {
                "advertisedAddresses": [external, internal] if addresses is None else addresses,
                "conditions": [{"type": "APIServerAvailable", "status": "Progressing"}],
                "hibernated": found,
                "lastOperation": {"type": operation, "state": "Processing", "progress": 47},
                "technicalID": f"shoot--shop--{name}",
            },
        },
    )


def put_applied(
    hub: SimulatedHub, kind: Kind, name: str, kube_config: dict[str, Any] | None, **spec: Any
) -> None:
    """A Kustomization or a HelmRelease."""
    given = {} if kube_config is None else {"kubeConfig": kube_config}
    ready = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    hub.server.put(
        kind.path_resource,
        {
            "metadata": {"name": name, "namespace": "fleet"},
            "spec": {"interval": "10m", "path": "./", "prune": True, **given, **spec},
            "status": {"conditions": [ready]},
        },
    )


def put_kubeconfig(hub: SimulatedHub, name: str, *keys: str, **fields: Any) -> None:
    """A Secret that has under each key a kubeconfig which leads to the host of that name."""
    texts = {key: yaml.safe_dump(kubeconfig(f"https://{key}:6443")) for key in keys}
    hub.put_secret(name, texts, **fields)


def put_deployment(
    hub: SimulatedHub,
    name: str,
    *,
    installed: bool = True,
    wanted: str = "",
    power_state: str = "Running",
    server: str = "",
    **metadata: Any,
) -> None:
    """A ClusterDeployment in a namespace of its own, as Hive has it, and its Secret."""
    secret = f"{name}-0-abcde-admin-kubeconfig"
    text = yaml.safe_dump(kubeconfig(server or f"https://api.{name}:6443"))
    labels = {"hive.openshift.io/secret-type": "kubeconfig"}
    hub.put_secret(secret, {"kubeconfig": text, "raw-kubeconfig": text}, namespace=name,
                   labels=labels)  # fmt: skip
    known = {
        "adminKubeconfigSecretRef": {"name": secret},
        "adminPasswordSecretRef": {"name": f"{name}-0-abcde-admin-password"},
        "clusterID": "4b3c",
        "infraID": f"{name}-fx4z",
    }
    hub.server.put(
        CLUSTER_DEPLOYMENT.path_resource,
        {
            "metadata": {"name": name, "namespace": name, **metadata},
            "spec": {
                "clusterName": name,
                "baseDomain": "example.com",
                "installed": installed,
                **({"clusterMetadata": known} if installed else {}),
                **({"powerState": wanted} if wanted else {}),
            },
            "status": {
                "apiURL": f"https://api.{name}:6443",
                "powerState": power_state,
                "conditions": [{"type": "Unreachable", "status": "True"}],
            },
        },
    )


def put_kubefed_cluster(
    hub: SimulatedHub, name: str, *, metadata: dict[str, Any] | None = None, **spec: Any
) -> None:
    """A KubeFedCluster as `kubefedctl join` makes it, and its Secret."""
    hub.put_secret(f"{name}-k7x2p", {"token": TOKEN, "ca.crt": "unused"}, namespace=KUBEFED)
    ready = {"type": "Offline", "status": "True", "lastProbeTime": "2026-01-01T00:00:00Z"}
    endpoint = {"apiEndpoint": f"https://{name}:6443", "secretRef": {"name": f"{name}-k7x2p"}}
    hub.server.put(
        KUBEFED_CLUSTER.path_resource,
        {
            "metadata": {"name": name, "namespace": KUBEFED, **(metadata or {})},
            "spec": {**endpoint, **spec},
            "status": {"conditions": [ready], "region": "eu"},
        },
    )


def kubesphere_cluster(
    name: str,
    *,
    server: str = "",
    connection: str = "direct",
    given: bytes | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    """A Cluster as KubeSphere's console makes it."""
    text = yaml.safe_dump(kubeconfig(server or f"https://{name}:6443")).encode()
    encoded = b64encode(text if given is None else given).decode()
    return {
        "metadata": {"name": name, **metadata},
        "spec": {
            "enable": True,
            "provider": "",
            "connection": {
                "type": connection,
                "kubernetesAPIEndpoint": f"https://{name}:6443",
                "kubesphereAPIEndpoint": f"http://{name}:80",
                "kubeconfig": encoded,
                "token": "agents-only",
            },
        },
        "status": {"conditions": [{"type": "Ready", "status": "False"}], "nodeCount": 3},
    }


def put_kubesphere_cluster(hub: SimulatedHub, name: str, **fields: Any) -> None:
    hub.server.put(KUBESPHERE_CLUSTER.path_resource, kubesphere_cluster(name, **fields))
