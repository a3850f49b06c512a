"""All sources of clusters that the settings can name; add yours here."""

from __future__ import annotations

from exporter.discovery.argocd import ArgoCd
from exporter.discovery.cluster_api import ClusterApi
from exporter.discovery.cluster_profile import ClusterProfile
from exporter.discovery.directory import Directory
from exporter.discovery.flux import Flux
from exporter.discovery.gardener import Gardener
from exporter.discovery.hive import Hive
from exporter.discovery.http import Http
from exporter.discovery.in_cluster import InCluster
from exporter.discovery.karmada import Karmada
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.discovery.kubefed import KubeFed
from exporter.discovery.kubesphere import KubeSphere
from exporter.discovery.open_cluster_management import OpenClusterManagement
from exporter.discovery.rancher import Rancher
from exporter.discovery.secrets import Secrets
from exporter.discovery.static import Static

AnyProvider = (
    Kubeconfig
    | InCluster
    | Directory
    | Static
    | Http
    | Secrets
    | ArgoCd
    | ClusterApi
    | ClusterProfile
    | OpenClusterManagement
    | Karmada
    | Rancher
    | Flux
    | Gardener
    | Hive
    | KubeFed
    | KubeSphere
)
