"""
Which fields Kubernetes' objects have in a version, for versions that no test has a server of.

`python -m tests.helm.api_fields v1.28.15 > tests/helm/kubernetes-1.28.json` reads the OpenAPI
document of that version's Go module; what is kept are names and types.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KINDS = {
    ("", "v1", "ConfigMap"),
    ("", "v1", "Secret"),
    ("", "v1", "Service"),
    ("", "v1", "ServiceAccount"),
    ("apps", "v1", "Deployment"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("policy", "v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "v1", "Role"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding"),
}
"""Those that the chart makes."""

_ONE_OF_TWO = {"IntOrString": ["integer", "string"], "Quantity": ["integer", "string"]}
_ANY = {"FieldsV1", "Time", "MicroTime"}
_PYTHON = {"string": str, "integer": int, "boolean": bool, "number": float}


def recorded(version: str) -> dict[str, Any]:
    """What is kept of a version, ``1.28``."""
    file = Path(__file__).parent / f"kubernetes-{version}.json"
    facts: dict[str, Any] = json.loads(file.read_text())
    return facts


def faults(document: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """What an API server with strict field validation would refuse; each with its place."""
    kind = f"{document['apiVersion']} {document['kind']}"
    if kind not in facts["kinds"]:
        return [f"{kind}: is not served"]

    return list(_faults(document, facts["kinds"][kind], facts["types"], kind))


def _faults(value: Any, type_: Any, types: dict[str, Any], where: str) -> Iterator[str]:
    """`type_` is a list of JSON types, a ``{"list": type}``, a ``{"map": type}`` or the like."""
    if isinstance(type_, list):
        if type(value) not in [_PYTHON[one] for one in type_]:
            yield f"{where}: {value!r} is no {' or '.join(type_)}"
    elif "list" in type_:
        for place, one in enumerate(value):
            yield from _faults(one, type_["list"], types, f"{where}[{place}]")
    elif "map" in type_:
        for key, one in value.items():
            yield from _faults(one, type_["map"], types, f"{where}.{key}")
    elif "fields" in type_:
        fields = types[type_["fields"]]
        for key, one in value.items():
            if key in fields:
                yield from _faults(one, fields[key], types, f"{where}.{key}")
            else:
                yield f"{where}.{key}: is no field of {type_['fields']}"


def _reduced(document: dict[str, Any]) -> dict[str, Any]:
    definitions = document["definitions"]
    kinds = {}
    for name, one in definitions.items():
        for known in one.get("x-kubernetes-group-version-kind", []):
            group, version, kind = known["group"], known["version"], known["kind"]
            if (group, version, kind) in KINDS:
                kinds[f"{group}/{version} {kind}".lstrip("/")] = {"fields": name}

    types: dict[str, Any] = {}
    waiting = [one["fields"] for one in kinds.values()]
    while waiting:
        name = waiting.pop()
        if name not in types:
            properties = definitions[name].get("properties", {})
            types[name] = {field: _type(one, waiting) for field, one in properties.items()}

    return {"kinds": dict(sorted(kinds.items())), "types": dict(sorted(types.items()))}


def _type(field: dict[str, Any], waiting: list[str]) -> Any:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        short = name.rpartition(".")[2]
        if short in _ONE_OF_TWO:
            return _ONE_OF_TWO[short]

        if short in _ANY:
            return {}

        waiting.append(name)
        return {"fields": name}

    if field["type"] == "array":
        return {"list": _type(field["items"], waiting)}

    if field["type"] == "object":
        return {"map": _type(field["additionalProperties"], waiting)}

    return [field["type"]]


def _document(version: str) -> dict[str, Any]:
    command = ["go", "mod", "download", "-json", f"k8s.io/kubernetes@{version}"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    swagger = Path(said["Dir"]) / "api" / "openapi-spec" / "swagger.json"
    document: dict[str, Any] = json.loads(swagger.read_text())
    return document


if __name__ == "__main__":
    json.dump(_reduced(_document(sys.argv[1])), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")
