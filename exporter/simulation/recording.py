"""A cluster that was recorded as `{URL path: JSON body}`: its discovery, versions and lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from exporter.simulation.discovery import Documents
from exporter.simulation.kinds import KINDS, Kind
from exporter.simulation.storage import Storage

Recording = Mapping[str, Any]


def recorded_documents(recording: Recording) -> Documents:
    """Everything that is not a list of objects: discovery and `/version`."""
    return {path: body for path, body in recording.items() if "items" not in body} | {
        path: body for path, body in recording.items() if path.endswith(" aggregated")
    }


def recorded_kinds(recording: Recording) -> list[Kind]:
    """The kinds that the recorded resource lists name, subresources left out."""
    kinds = []
    for path, body in recording.items():
        if body.get("kind") != "APIResourceList":
            continue
        group, _, version = body["groupVersion"].rpartition("/")
        for resource in body["resources"]:
            if "/" not in resource["name"]:
                items = (recording.get(f"{path}/{resource['name']}") or {}).get("items")
                kinds.append(_kind(group, version, resource, items or []))
    return kinds


def _kind(group: str, version: str, resource: dict[str, Any], items: list[Any]) -> Kind:
    kind = Kind(
        group,
        version,
        resource["name"],
        resource["kind"],
        namespaced=resource["namespaced"],
        short_names=tuple(resource.get("shortNames", ())),
        verbs=tuple(resource["verbs"]),
    )
    unknown = "." in group and not group.endswith(".k8s.io") and kind.path_resource not in KINDS
    return kind._replace(custom=unknown or any("kind" in item for item in items))


def load(recording: Recording, kinds: list[Kind], storage: Storage) -> None:
    """Fill a storage with the recorded lists, which must all be of one resourceVersion or less."""
    versions = [1]
    for kind in kinds:
        prefix = "/apis/" if kind.group else "/api/"
        recorded = recording.get(f"{prefix}{kind.group_version}/{kind.resource}")
        if not recorded:
            continue
        versions.append(int(recorded["metadata"].get("resourceVersion") or 1))
        collection = storage.add(kind)
        for item in recorded["items"] or []:
            metadata = item["metadata"]
            key = (metadata.get("namespace", ""), metadata["name"])
            collection.objects[key] = msgspec.json.encode(item)
            versions.append(int(metadata.get("resourceVersion") or 1))
    storage.begin_at(max(versions))
