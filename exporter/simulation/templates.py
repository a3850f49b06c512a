"""Pod templates: what a pod of each kind of workload is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exporter.simulation.shop import Agent, Size, Store, Task

REGISTRY = "registry.example.com/shop"

Template = dict[str, Any]
"""A `spec.template`: labels and annotations, and the spec of the pods."""


def service_template(
    name: str, team: str, tag: str, size: Size, *, sidecar: bool, migrates: bool
) -> Template:
    """A stateless service, perhaps behind a proxy, perhaps with a schema migration before it."""
    app = _container("app", f"{REGISTRY}/{name}:{tag}", size, port=8080)
    app |= {
        "env": _environment(name, team),
        "livenessProbe": _probe("/healthz", period=10, failures=3),
        "readinessProbe": _probe("/ready", period=5, failures=3),
        "startupProbe": _probe("/healthz", period=2, failures=60),
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/shop", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path in a container
            _TOKEN_MOUNT,
        ],
    }
    containers = [app]
    if sidecar:
        proxy_size = Size("20m", "64Mi", "128Mi")
        containers.append(
            _container("linkerd-proxy", "cr.l5d.io/linkerd/proxy:edge-25.8.3", proxy_size, 4143)
        )
    volumes = [
        {"name": "config", "configMap": {"name": f"{name}-config", "defaultMode": 420}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        _TOKEN_VOLUME,
    ]
    template = _template(name, team, containers, volumes)
    template["metadata"]["annotations"] |= {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8080",
    }
    if migrates:
        migration = _container("migrate", f"{REGISTRY}/{name}-schema:{tag}", size)
        template["spec"]["initContainers"] = [{**migration, "args": ["up"]}]
    return template


def with_tag(template: Template, tag: str) -> Template:
    """The template with another version of its first container's image."""
    first, *others = template["spec"]["containers"]
    image = f"{first['image'].rpartition(':')[0]}:{tag}"
    containers = [{**first, "image": image}, *others]
    return {**template, "spec": {**template["spec"], "containers": containers}}


def store_template(store: Store) -> Template:
    """A database or broker with its volume."""
    size = Size("1", "4Gi", "4Gi")
    container = _container("server", store.image, size, port=store.port)
    container["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}, _TOKEN_MOUNT]
    return _template(store.name, store.namespace, [container], [_TOKEN_VOLUME])


def with_claim(template: Template, claim: str) -> Template:
    """The template of one replica of a StatefulSet, with the volume that is its own."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    spec = template["spec"]
    return {**template, "spec": {**spec, "volumes": [volume, *spec["volumes"]]}}


def agent_template(agent: Agent) -> Template:
    """A program that every node runs, whatever its taints."""
    container = _container("agent", agent.image, Size("50m", "64Mi", "256Mi"))
    container["volumeMounts"] = [{"name": "host", "mountPath": "/host"}, _TOKEN_MOUNT]
    host = {"name": "host", "hostPath": {"path": "/var/run", "type": ""}}
    template = _template(agent.name, agent.namespace, [container], [host, _TOKEN_VOLUME])
    template["spec"] |= {
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "priority": 2_000_001_000,
        "tolerations": [{"operator": "Exists"}],
    }
    return template


def task_template(task: Task) -> Template:
    """Something that runs and ends."""
    container = _container("task", f"{REGISTRY}/{task.name}:1.14.2", Size("500m", "512Mi", "1Gi"))
    template = _template(task.name, task.namespace, [container], [_TOKEN_VOLUME])
    template["spec"] |= {"restartPolicy": "Never"}
    return template


_TOKEN_MOUNT = {
    "name": "kube-api-access",
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    "readOnly": True,
}
_TOKEN_VOLUME = {
    "name": "kube-api-access",
    "projected": {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca"}]}},
        ],
        "defaultMode": 420,
    },
}


def _template(
    name: str, namespace: str, containers: Sequence[dict[str, Any]], volumes: Sequence[Any]
) -> Template:
    out_of_touch = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    return {
        "metadata": {
            "labels": {
                "app.kubernetes.io/name": name,
                "app.kubernetes.io/part-of": namespace,
                "team": namespace,
            },
            "annotations": {},
        },
        "spec": {
            "volumes": list(volumes),
            "containers": list(containers),
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "securityContext": {"runAsNonRoot": True, "fsGroup": 65532},
            "schedulerName": "default-scheduler",
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", **out_of_touch},
                {"key": "node.kubernetes.io/unreachable", **out_of_touch},
            ],
            "priority": 0,
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        },
    }


def _container(name: str, image: str, size: Size, port: int | None = None) -> dict[str, Any]:
    limits = {"memory": size.memory_limit}
    if size.cpu_limit:
        limits["cpu"] = size.cpu_limit
    return {
        "name": name,
        "image": image,
        **({"ports": [{"name": "main", "containerPort": port, "protocol": "TCP"}]} if port else {}),
        "resources": {
            "limits": limits,
            "requests": {"cpu": size.cpu_request, "memory": size.memory_request},
        },
        "volumeMounts": [_TOKEN_MOUNT],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "main", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": period,
        "successThreshold": 1,
        "failureThreshold": failures,
    }


def _environment(name: str, team: str) -> list[dict[str, Any]]:
    database = {"secretKeyRef": {"name": f"{name}-credentials", "key": "database-url"}}
    node = {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}
    return [
        {"name": "SERVICE_NAME", "value": name},
        {"name": "SERVICE_TEAM", "value": team},
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "OTEL_SERVICE_NAME", "value": name},
        {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel-collector.monitoring:4317"},
        {"name": "DATABASE_URL", "valueFrom": database},
        {"name": "NODE_NAME", "valueFrom": node},
    ]
