"""One request as an API server understands it: which objects, which verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Target(NamedTuple):
    """What a path under `/api` or `/apis` points at."""

    path_resource: str
    """`pods`, `apps/v1/deployments`; it need not exist."""
    namespace: str
    """Empty for all namespaces, and for kinds without one."""
    name: str
    """Empty for a collection."""


@dataclass(frozen=True)
class Request:
    """What was asked: kept in `ApiServer.requests`, and looked at by faults."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes = b""

    @cached_property
    def target(self) -> Target | None:
        """The object or collection of the path; None for `/version`, discovery and the like."""
        return _target(self.path)

    @property
    def is_watch(self) -> bool:
        """Whether changes are asked for instead of a list."""
        return self.query.get("watch") in ("1", "true", "True")

    @property
    def is_list(self) -> bool:
        """Whether a collection is asked for, as it is now."""
        return bool(self.target and not self.target.name and not self.is_watch)

    @property
    def verb(self) -> str:
        """The verb that authorization sees: get, list, watch or create."""
        if self.method == "POST":
            return "create"
        if self.is_watch:
            return "watch"
        return "list" if self.is_list else "get"


def _target(path: str) -> Target | None:
    """Follow the URL layout of the Kubernetes API: group, version, namespace, resource, name."""
    match path.strip("/").split("/"):
        case ["api", "v1", *rest] if rest:
            prefix = ""
        case ["apis", group, version, *rest] if rest:
            prefix = f"{group}/{version}/"
        case _:
            return None
    match rest:
        case ["namespaces", namespace, resource]:
            return Target(prefix + resource, namespace, "")
        case ["namespaces", namespace, resource, name]:
            return Target(prefix + resource, namespace, name)
        case [resource]:
            return Target(prefix + resource, "", "")
        case [resource, name]:
            return Target(prefix + resource, "", name)
        case _:
            return None
