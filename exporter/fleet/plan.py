"""What is read of every cluster, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.sharding import Shard
from exporter.fleet.unit import Staleness
from exporter.kinds.custom.document import Document
from exporter.store.budget import SeriesLimit

Places = tuple[tuple[str, str], ...]
"""Where a kind can be read: apiVersion and plural; the first that is served is taken."""

EVENTS: Places = (("events.k8s.io/v1", "events"), ("v1", "events"))
"""Both serve the same objects."""


@dataclass(frozen=True)
class Scope:
    """What one list and one watch cover: a kind, everywhere or in one namespace."""

    resource: str
    namespace: str = ""
    field_selector: str = ""


@dataclass(frozen=True)
class Polling:
    """Resources that are listed every `interval` seconds instead of being watched."""

    resources: frozenset[str] = frozenset()
    interval: float = 300.0


@dataclass(frozen=True)
class Plan:
    """
    Kinds with their writers, and which of their objects; meaning as in kube-state-metrics.

    `namespaces` and `namespaces_denylist` concern namespaced kinds alone. `pods_selector` is a
    field selector on pods: those of one node, or those of none.
    """

    kinds: Mapping[Kind[Any], KindWriter[Any]]
    events: bool
    staleness: Staleness
    polling: Polling = Polling()
    namespaces: tuple[str, ...] = ()
    namespaces_denylist: tuple[str, ...] = ()
    pods_selector: str = ""
    shard: Shard | None = None
    series_limit: SeriesLimit = field(default_factory=SeriesLimit)
    selection: Selection = field(default_factory=Selection)
    custom_resources: Document | None = None
    """Which custom resources are shown, and how; found out from each cluster's definitions."""

    @property
    def api_versions(self) -> frozenset[str]:
        """The API versions that anything is read from."""
        events = (api_version for api_version, _ in EVENTS) if self.events else ()
        return frozenset((*(kind.api_version for kind in self.kinds), *events))

    def custom_scopes(self, resource: str, *, namespaced: bool) -> tuple[Scope, ...]:
        """
        As `scopes`, but where namespaces are named a cluster-scoped custom resource takes no list:
        kube-state-metrics looks for it within them, where nothing is found.
        """
        if self.namespaces and not namespaced:
            return ()

        return self.scopes(resource, namespaced=namespaced)

    def scopes(self, resource: str, *, namespaced: bool) -> tuple[Scope, ...]:
        """One for each list that a kind takes: one, or one for each namespace that is named."""
        own = self.pods_selector if resource == "pods" else ""
        if not namespaced:
            return (Scope(resource, "", own),)

        if self.namespaces:
            chosen = [name for name in self.namespaces if name not in self.namespaces_denylist]
            return tuple(Scope(resource, name, own) for name in dict.fromkeys(chosen))

        denied = [f"metadata.namespace!={name}" for name in self.namespaces_denylist]
        return (Scope(resource, "", ",".join([*denied, *([own] if own else [])])),)
