"""The objects that keep pods running: Deployments, ReplicaSets, StatefulSets, DaemonSets."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from exporter.simulation.kinds import KINDS
from exporter.simulation.moments import moment
from exporter.simulation.pods import NAME_LETTERS
from exporter.simulation.shop import Agent, Store

DEPLOYMENTS = "apps/v1/deployments"
REPLICA_SETS = "apps/v1/replicasets"
STATEFUL_SETS = "apps/v1/statefulsets"
DAEMON_SETS = "apps/v1/daemonsets"

REVISION = "deployment.kubernetes.io/revision"


def owner_reference(path_resource: str, owner: dict[str, Any]) -> dict[str, Any]:
    """How an object names the controller it belongs to."""
    kind = KINDS[path_resource]
    return {
        "apiVersion": kind.group_version,
        "kind": kind.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def template_hash(template: dict[str, Any]) -> str:
    """The `pod-template-hash` of a pod template: ten letters that follow from its images."""
    images = ",".join(container["image"] for container in template["spec"]["containers"])
    name = template["metadata"]["labels"]["app.kubernetes.io/name"]
    digest = hashlib.sha256(f"{name}/{images}".encode()).digest()
    return "".join(NAME_LETTERS[byte % len(NAME_LETTERS)] for byte in digest[:10])


def deployment(
    name: str,
    namespace: str,
    template: dict[str, Any],
    replicas: int,
    revision: int,
    created: datetime,
) -> dict[str, Any]:
    """A Deployment none of whose replicas is there yet."""
    labels = {"app.kubernetes.io/name": name}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "creationTimestamp": moment(created),
            "generation": revision,
            "labels": {**labels, "app.kubernetes.io/part-of": namespace, "team": namespace},
            "annotations": {REVISION: str(revision)},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 600,
        },
        "status": {},
    }


def deployment_status(
    given: dict[str, Any], *, replicas: int, updated: int, ready: int, at: datetime
) -> dict[str, Any]:
    """The Deployment with the status its controller would write for these numbers of pods."""
    wanted = given["spec"]["replicas"]
    complete = updated == wanted == ready == replicas
    reason = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
    available = ready >= wanted - wanted // 4
    conditions = [
        condition(
            "Available",
            available,
            "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            at,
        ),
        condition("Progressing", True, reason, at),
    ]
    status = {
        "observedGeneration": given["metadata"]["generation"],
        "replicas": replicas,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
    }
    # Go leaves zeros out of this status
    status = {name: value for name, value in status.items() if value}
    return {**given, "status": {**status, "conditions": conditions}}


def replica_set(owner: dict[str, Any], replicas: int, created: datetime) -> dict[str, Any]:
    """The ReplicaSet of a Deployment's present template."""
    template = owner["spec"]["template"]
    template_id = template_hash(template)
    labels = {**template["metadata"]["labels"], "pod-template-hash": template_id}
    name = owner["metadata"]["name"]
    return {
        "metadata": {
            "name": f"{name}-{template_id}",
            "namespace": owner["metadata"]["namespace"],
            "creationTimestamp": moment(created),
            "generation": 1,
            "labels": labels,
            "annotations": {
                "deployment.kubernetes.io/desired-replicas": str(owner["spec"]["replicas"]),
                REVISION: owner["metadata"]["annotations"][REVISION],
            },
            "ownerReferences": [owner_reference(DEPLOYMENTS, owner)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {
                "matchLabels": {"app.kubernetes.io/name": name, "pod-template-hash": template_id}
            },
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
        "status": {"replicas": 0, "observedGeneration": 1},
    }


def replica_set_scaled(given: dict[str, Any], replicas: int, ready: int) -> dict[str, Any]:
    """The ReplicaSet when it wants and has `replicas` pods, `ready` of them Ready."""
    generation = given["metadata"]["generation"] + (replicas != given["spec"]["replicas"])
    status: dict[str, Any] = {"replicas": replicas, "observedGeneration": generation}
    if replicas:
        status["fullyLabeledReplicas"] = replicas
    if ready:
        status |= {"readyReplicas": ready, "availableReplicas": ready}
    return {
        **given,
        "metadata": {**given["metadata"], "generation": generation},
        "spec": {**given["spec"], "replicas": replicas},
        "status": status,
    }


def stateful_set(store: Store, template: dict[str, Any], created: datetime) -> dict[str, Any]:
    """A StatefulSet all of whose replicas are there."""
    labels = {"app.kubernetes.io/name": store.name}
    revision = f"{store.name}-{template_hash(template)}"
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": store.volume}},
            "storageClassName": "fast",
            "volumeMode": "Filesystem",
        },
    }
    return {
        "metadata": {
            "name": store.name,
            "namespace": store.namespace,
            "creationTimestamp": moment(created),
            "generation": 2,
            "labels": {**labels, "team": store.namespace},
        },
        "spec": {
            "replicas": store.replicas,
            "selector": {"matchLabels": labels},
            "template": template,
            "volumeClaimTemplates": [claim],
            "serviceName": store.name,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "revisionHistoryLimit": 10,
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain",
                "whenScaled": "Retain",
            },
        },
        "status": {
            "observedGeneration": 2,
            "replicas": store.replicas,
            "readyReplicas": store.replicas,
            "currentReplicas": store.replicas,
            "updatedReplicas": store.replicas,
            "availableReplicas": store.replicas,
            "currentRevision": revision,
            "updateRevision": revision,
            "collisionCount": 0,
        },
    }


def daemon_set(
    agent: Agent, template: dict[str, Any], nodes: int, created: datetime
) -> dict[str, Any]:
    """A DaemonSet that runs on all of `nodes` nodes."""
    labels = {"app.kubernetes.io/name": agent.name}
    return {
        "metadata": {
            "name": agent.name,
            "namespace": agent.namespace,
            "creationTimestamp": moment(created),
            "generation": 1,
            "labels": labels,
            "annotations": {"deprecated.daemonset.template.generation": "1"},
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": template,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
            },
            "revisionHistoryLimit": 10,
        },
        "status": {
            "currentNumberScheduled": nodes,
            "desiredNumberScheduled": nodes,
            "numberAvailable": nodes,
            "numberMisscheduled": 0,
            "numberReady": nodes,
            "observedGeneration": 1,
            "updatedNumberScheduled": nodes,
        },
    }


def condition(kind: str, true: bool, reason: str, at: datetime) -> dict[str, Any]:
    """A status condition with a reason."""
    return {
        "type": kind,
        "status": "True" if true else "False",
        "lastUpdateTime": moment(at),
        "lastTransitionTime": moment(at),
        "reason": reason,
        "message": reason,
    }
