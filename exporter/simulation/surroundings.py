"""What stands around workloads: namespaces, services, configuration, storage, quotas, budgets."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from exporter.simulation.moments import moment

SERVICES = "services"
CONFIG_MAPS = "configmaps"
SECRETS = "secrets"
CLAIMS = "persistentvolumeclaims"
VOLUMES = "persistentvolumes"
QUOTAS = "resourcequotas"
STORAGE_CLASSES = "storage.k8s.io/v1/storageclasses"
AUTOSCALERS = "autoscaling/v2/horizontalpodautoscalers"
BUDGETS = "policy/v1/poddisruptionbudgets"
INGRESSES = "networking.k8s.io/v1/ingresses"

_DRIVER = "block.csi.example.com"


def _metadata(name: str, namespace: str, created: datetime, **more: object) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"name": name, **place, "creationTimestamp": moment(created), **more}


def namespace(name: str, created: datetime) -> dict[str, Any]:
    """An active namespace; those of teams carry the team's name."""
    labels = {"kubernetes.io/metadata.name": name, "team": name}
    return {
        "metadata": _metadata(name, "", created, labels=labels),
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def service(
    name: str, namespace: str, port: int, address: str, created: datetime
) -> dict[str, Any]:
    """A ClusterIP service for the pods of one workload; `address` "None" makes it headless."""
    return {
        "metadata": _metadata(name, namespace, created, labels={"app.kubernetes.io/name": name}),
        "spec": {
            "ports": [{"name": "main", "protocol": "TCP", "port": port, "targetPort": "main"}],
            "selector": {"app.kubernetes.io/name": name},
            "clusterIP": address,
            "clusterIPs": [address],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    }


def config_map(name: str, namespace: str, created: datetime) -> dict[str, Any]:
    """The configuration of one service."""
    settings = f"service: {name}\nlog:\n  level: info\nhttp:\n  port: 8080\n"
    return {
        "metadata": _metadata(f"{name}-config", namespace, created),
        "data": {"settings.yaml": settings},
    }


def secret(name: str, namespace: str, created: datetime) -> dict[str, Any]:
    """The credentials of one service: made up, but shaped so that a leak would be seen."""
    url = base64.b64encode(f"postgres://{name}:not-a-secret@db.{namespace}:5432".encode())
    return {
        "metadata": _metadata(f"{name}-credentials", namespace, created),
        "data": {"database-url": url.decode()},
        "type": "Opaque",
    }


def ingress(name: str, namespace: str, created: datetime) -> dict[str, Any]:
    """The way from outside to one service."""
    host = f"{name}.shop.example.com"
    backend = {"service": {"name": name, "port": {"name": "main"}}}
    return {
        "metadata": _metadata(name, namespace, created),
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": [host], "secretName": f"{name}-tls"}],
            "rules": [
                {
                    "host": host,
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.17"}]}},
    }


def autoscaler(name: str, namespace: str, replicas: int, created: datetime) -> dict[str, Any]:
    """An HPA on processor use that has settled at `replicas`."""
    target = {"type": "Utilization", "averageUtilization": 70}
    current = {"averageUtilization": 58, "averageValue": "145m"}
    fine = (("AbleToScale", "ReadyForNewScale"), ("ScalingActive", "ValidMetricFound"))
    return {
        "metadata": _metadata(name, namespace, created),
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": name, "apiVersion": "apps/v1"},
            "minReplicas": max(1, replicas // 2),
            "maxReplicas": replicas * 3,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
        "status": {
            "lastScaleTime": moment(created),
            "currentReplicas": replicas,
            "desiredReplicas": replicas,
            "currentMetrics": [
                {"type": "Resource", "resource": {"name": "cpu", "current": current}}
            ],
            "conditions": [
                {
                    "type": kind,
                    "status": "True",
                    "lastTransitionTime": moment(created),
                    "reason": reason,
                    "message": reason,
                }
                for kind, reason in fine
            ],
        },
    }


def budget(name: str, namespace: str, replicas: int, created: datetime) -> dict[str, Any]:
    """A PodDisruptionBudget that lets one pod go at a time."""
    return {
        "metadata": _metadata(name, namespace, created, generation=1),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        },
        "status": {
            "observedGeneration": 1,
            "disruptionsAllowed": 1,
            "currentHealthy": replicas,
            "desiredHealthy": replicas - 1,
            "expectedPods": replicas,
        },
    }


def claim(name: str, namespace: str, size: str, volume: str, created: datetime) -> dict[str, Any]:
    """A bound PersistentVolumeClaim."""
    return {
        "metadata": _metadata(name, namespace, created),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            "volumeName": volume,
            "storageClassName": "fast",
            "volumeMode": "Filesystem",
        },
        "status": {
            "phase": "Bound",
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": size},
        },
    }


def volume(name: str, bound_to: dict[str, Any], size: str, created: datetime) -> dict[str, Any]:
    """The PersistentVolume of a claim."""
    metadata = bound_to["metadata"]
    reference = {name: metadata[name] for name in ("namespace", "name", "uid", "resourceVersion")}
    return {
        "metadata": _metadata(name, "", created),
        "spec": {
            "capacity": {"storage": size},
            "csi": {"driver": _DRIVER, "volumeHandle": f"vol-{name[-12:]}", "fsType": "ext4"},
            "accessModes": ["ReadWriteOnce"],
            "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", **reference},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": "fast",
            "volumeMode": "Filesystem",
        },
        "status": {"phase": "Bound", "lastPhaseTransitionTime": moment(created)},
    }


def storage_class(name: str, created: datetime, *, default: bool) -> dict[str, Any]:
    """A StorageClass of the one driver there is."""
    mark = {"storageclass.kubernetes.io/is-default-class": "true" if default else "false"}
    return {
        "metadata": _metadata(name, "", created, annotations=mark),
        "provisioner": _DRIVER,
        "parameters": {"type": name},
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def quota(namespace: str, pods: int, created: datetime) -> dict[str, Any]:
    """What a team may use, and uses."""
    hard = {"pods": str(pods * 2), "requests.cpu": str(pods), "requests.memory": f"{pods * 2}Gi"}
    used = {
        "pods": str(pods),
        "requests.cpu": f"{pods * 350}m",
        "requests.memory": f"{pods * 700}Mi",
    }
    return {
        "metadata": _metadata("team", namespace, created),
        "spec": {"hard": hard},
        "status": {"hard": hard, "used": used},
    }
