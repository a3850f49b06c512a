"""Every kind that is shown, in the order of its series on the page."""

from __future__ import annotations

from typing import Any

from exporter.families.kind import Kind
from exporter.kinds.certificatesigningrequest import certificatesigningrequests
from exporter.kinds.clusterrole import clusterroles
from exporter.kinds.clusterrolebinding import clusterrolebindings
from exporter.kinds.configmap import configmaps
from exporter.kinds.cronjob import cronjobs
from exporter.kinds.daemonset import daemonsets
from exporter.kinds.deployment import deployments
from exporter.kinds.endpoint import endpoints
from exporter.kinds.endpointslice import endpointslices
from exporter.kinds.horizontalpodautoscaler import horizontalpodautoscalers
from exporter.kinds.ingress import ingresses
from exporter.kinds.ingressclass import ingressclasses
from exporter.kinds.job import jobs
from exporter.kinds.lease import leases
from exporter.kinds.limitrange import limitranges
from exporter.kinds.mutatingadmissionpolicy import mutatingadmissionpolicies
from exporter.kinds.mutatingadmissionpolicybinding import mutatingadmissionpolicybindings
from exporter.kinds.mutatingwebhookconfiguration import mutatingwebhookconfigurations
from exporter.kinds.namespace import namespaces
from exporter.kinds.networkpolicy import networkpolicies
from exporter.kinds.node import nodes
from exporter.kinds.persistentvolume import persistentvolumes
from exporter.kinds.persistentvolumeclaim import persistentvolumeclaims
from exporter.kinds.pod import pods
from exporter.kinds.poddisruptionbudget import poddisruptionbudgets
from exporter.kinds.replicaset import replicasets
from exporter.kinds.replicationcontroller import replicationcontrollers
from exporter.kinds.resourcequota import resourcequotas
from exporter.kinds.role import roles
from exporter.kinds.rolebinding import rolebindings
from exporter.kinds.secret import secrets
from exporter.kinds.service import services
from exporter.kinds.serviceaccount import serviceaccounts
from exporter.kinds.statefulset import statefulsets
from exporter.kinds.storageclass import storageclasses
from exporter.kinds.validatingadmissionpolicy import validatingadmissionpolicies
from exporter.kinds.validatingadmissionpolicybinding import validatingadmissionpolicybindings
from exporter.kinds.validatingwebhookconfiguration import validatingwebhookconfigurations
from exporter.kinds.volumeattachment import volumeattachments

KINDS: tuple[Kind[Any], ...] = (
    certificatesigningrequests,
    clusterrolebindings,
    clusterroles,
    configmaps,
    cronjobs,
    daemonsets,
    deployments,
    endpoints,
    endpointslices,
    horizontalpodautoscalers,
    ingressclasses,
    ingresses,
    jobs,
    leases,
    limitranges,
    mutatingadmissionpolicies,
    mutatingadmissionpolicybindings,
    mutatingwebhookconfigurations,
    namespaces,
    networkpolicies,
    nodes,
    persistentvolumeclaims,
    persistentvolumes,
    poddisruptionbudgets,
    pods,
    replicasets,
    replicationcontrollers,
    resourcequotas,
    rolebindings,
    roles,
    secrets,
    serviceaccounts,
    services,
    statefulsets,
    storageclasses,
    validatingadmissionpolicies,
    validatingadmissionpolicybindings,
    validatingwebhookconfigurations,
    volumeattachments,
)

_NOT_BY_DEFAULT = {
    "clusterrolebindings",
    "clusterroles",
    "endpoints",
    "ingressclasses",
    "rolebindings",
    "roles",
    "serviceaccounts",
}
"""As in kube-state-metrics."""

DEFAULT_RESOURCES = tuple(kind.resource for kind in KINDS if kind.resource not in _NOT_BY_DEFAULT)
