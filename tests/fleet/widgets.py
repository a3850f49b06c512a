"""A custom resource, its definition, and what is to be shown of it."""

from __future__ import annotations

from typing import Any

DEFINITIONS = "apiextensions.k8s.io/v1/customresourcedefinitions"
DOCUMENT = """
kind: CustomResourceStateMetrics
spec:
  resources:
    - groupVersionKind: {group: example.com, version: "*", kind: Widget}
      labelsFromPath: {name: [metadata, name]}
      metrics:
        - name: size
          help: How large the widget is.
          each: {type: Gauge, gauge: {path: [spec, size]}}
"""


def definition(*versions: str, established: str = "True") -> dict[str, Any]:
    return {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True} for version in versions],
        },
        "status": {"conditions": [{"type": "Established", "status": established}]},
    }


def widget(name: str, size: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"size": size}}
