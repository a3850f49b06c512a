"""
The chart's values.schema.json: types from the defaults in values.yaml, the settings' from the
exporter's own structs.

A mapping that has keys in values.yaml is ours, and takes no other keys; one that is empty there, or
stands in `AS_IN_KUBERNETES`, is somebody else's and takes all. `SHARED` ones take all besides their
own. What has a default has to be there: a null takes it away, and templates would fail obscurely.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from helm.source.settings_schema import settings_schema

AS_IN_KUBERNETES = {
    "podSecurityContext",
    "containerSecurityContext",
    "livenessProbe",
    "readinessProbe",
    "grafanaDashboard.instanceSelector",
    "dashboards.labels",
}
"""Mappings with defaults in which any key may stand."""

SHARED = {"", "global"}
"""The root, since values files are shared between charts, and what a chart of charts hands down."""

_SWITCH = {"enum": ["auto", True, False]}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
_PROMETHEUS_DURATION = {"type": "string", "pattern": "^([0-9]+(ms|[smhdwy]))+$"}
_PATTERNS: dict[str, dict[str, Any]] = {
    "authFilter.enabled": {"type": "boolean"},
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "replicas": {"type": "integer", "minimum": 0},
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "service.ipFamilyPolicy": {
        "enum": ["", "SingleStack", "PreferDualStack", "RequireDualStack"],
    },
    "serviceAccount.automount": _SWITCH,
    "rbac.ownCluster": _SWITCH,
    "serviceMonitor.scheme": {"enum": ["http", "https"]},
    "scrapeConfig.scheme": {"enum": ["HTTP", "HTTPS"]},
    "prometheusRule.runbookUrl": {"type": "string", "pattern": "^(https?://.+)?$"},
    "podDisruptionBudget.maxUnavailable": {"type": ["integer", "string"]},
    "networkPolicy.apiServerPorts": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 65535},
    },
    "clusterCredentials": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["secretName", "mountPath"],
            "additionalProperties": False,
            "properties": {
                "secretName": {"type": "string", "minLength": 1},
                "mountPath": {"type": "string", "pattern": "^/."},
                "optional": {"type": "boolean"},
            },
        },
    },
    "extraArgs": {"type": "array", "items": {"type": "string"}},
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    **dict.fromkeys(("commonLabels", "podLabels", "podAnnotations", "annotations"), _LABELS),
    **{
        f"{monitor}.{key}": _PROMETHEUS_DURATION
        for monitor in ("serviceMonitor", "scrapeConfig")
        for key in ("interval", "scrapeTimeout", "factsInterval", "refreshInterval")
    },
}
"""What the default does not tell."""


def schema(values: str, rules: Sequence[str]) -> str:
    """JSON, draft 7. `values` is values.yaml, `rules` are the texts of the rule files."""
    document = _of(yaml.safe_load(values), "")
    document["properties"]["config"] = settings_schema()
    document["properties"]["prometheusRule"]["properties"]["alerts"] = _alerts(rules)
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart kube-fleet-exporter",
        **document,
    }
    return json.dumps(document, indent=1) + "\n"


def _of(default: Any, path: str) -> dict[str, Any]:
    if path in _PATTERNS:
        return _PATTERNS[path]

    match default:
        case dict() if default and path not in AS_IN_KUBERNETES:
            prefix = f"{path}." if path else ""
            properties = {key: _of(value, prefix + key) for key, value in default.items()}
            return {
                "type": "object",
                "additionalProperties": path in SHARED,
                "required": sorted(properties.keys() - AS_IN_KUBERNETES),
                "properties": properties,
            }

        case dict():
            return _LABELS if path.endswith((".labels", ".annotations")) else {"type": "object"}

        case list():
            return _OBJECTS

        case bool():
            return {"type": "boolean"}

        case int():
            return {"type": "integer", "minimum": 0}

        case _:
            return {"type": "string"}


def _alerts(rules: Sequence[str]) -> dict[str, Any]:
    """Every alert by name, so that a misspelt one is noticed."""
    change = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "enabled": {"type": "boolean"},
            "for": _PROMETHEUS_DURATION,
            "severity": {"type": "string", "minLength": 1},
            "labels": _LABELS,
        },
    }
    names = {
        rule["alert"]
        for text in rules
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(sorted(names), change),
    }
