"""What a simulated cluster holds: encoded objects, their resourceVersions, and the last changes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from exporter.simulation.kinds import Kind

Key = tuple[str, str]
"""Namespace (empty for kinds without one) and name."""

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Change(NamedTuple):
    """One change of one object."""

    resource_version: int
    type: ChangeType
    key: Key
    object: bytes
    previous: bytes | None
    """The object before: a watch with a selector must know whether it was selected."""


class Expired(Exception):
    """A resourceVersion that lies before the history, or a page of a list that is gone."""


class Collection:
    """All objects of one kind, and the changes that led to them."""

    def __init__(self, kind: Kind, history: int) -> None:
        self.kind = kind
        self.objects: dict[Key, bytes] = {}
        self.floor = 0
        """Every change after this resourceVersion is still in the history."""
        self.woken: set[asyncio.Event] = set()
        """Set whenever something changes: one event for each open watch."""
        self._changes: deque[Change] = deque()
        self._history = history

    def apply(self, change: Change) -> None:
        """Change one object, remember the change and wake the watches."""
        if change.type == "DELETED":
            del self.objects[change.key]
        else:
            self.objects[change.key] = change.object
        if len(self._changes) == self._history:
            self.floor = self._changes.popleft().resource_version
        self._changes.append(change)
        self.wake()

    def changes_after(self, resource_version: int) -> list[Change]:
        """What happened after `resource_version`, oldest first. Raises Expired."""
        if resource_version < self.floor:
            raise Expired(f"{resource_version} ({self.floor})")
        changes = []
        for change in reversed(self._changes):
            if change.resource_version <= resource_version:
                break
            changes.append(change)
        changes.reverse()
        return changes

    def forget(self, floor: int) -> None:
        """Forget all changes up to `floor`."""
        self._changes.clear()
        self.floor = floor
        self.wake()

    def wake(self) -> None:
        """Let every open watch look at the history."""
        for event in self.woken:
            event.set()

    def sorted_objects(self) -> list[tuple[Key, bytes]]:
        """All objects in the order of etcd's keys, which is the order of lists."""
        return sorted(self.objects.items())


class Storage:
    """The etcd of a simulated cluster: one resourceVersion counter over all kinds."""

    SNAPSHOTS = 32
    """Lists being paged through that are remembered at one time; older ones expire."""

    def __init__(self, history: int) -> None:
        self.resource_version = 1
        self._history = history
        self._collections: dict[str, Collection] = {}
        self._snapshots: dict[tuple[str, int], list[tuple[Key, bytes]]] = {}

    def __iter__(self) -> Iterator[Collection]:
        return iter(self._collections.values())

    def add(self, kind: Kind) -> Collection:
        """Make room for one more kind; a kind that is known already keeps its objects."""
        known = self._collections.get(kind.path_resource)
        if known is not None:
            known.kind = kind
            return known
        collection = Collection(kind, self._history)
        self._collections[kind.path_resource] = collection
        return collection

    def collection(self, path_resource: str) -> Collection:
        """The objects of one kind. Raises KeyError for a kind that was never added."""
        return self._collections[path_resource]

    def next_version(self) -> int:
        """Count one write."""
        self.resource_version += 1
        return self.resource_version

    def write(self, collection: Collection, key: Key, encoded: bytes, version: int) -> None:
        """Store an object whose metadata already carries `version`."""
        previous = collection.objects.get(key)
        change_type: ChangeType = "ADDED" if previous is None else "MODIFIED"
        collection.apply(Change(version, change_type, key, encoded, previous))

    def remove(self, collection: Collection, key: Key, version: int) -> None:
        """Remove an object. Its last state carries the resourceVersion of the removal."""
        previous = collection.objects[key]
        last: dict[str, Any] = msgspec.json.decode(previous)
        last["metadata"]["resourceVersion"] = str(version)
        encoded = msgspec.json.encode(last)
        collection.apply(Change(version, "DELETED", key, encoded, previous))

    def remember(
        self, collection: Collection, version: int, everything: list[tuple[Key, bytes]]
    ) -> None:
        """Keep the objects as they were at `version` for the pages that follow."""
        self._snapshots[collection.kind.path_resource, version] = everything
        while len(self._snapshots) > self.SNAPSHOTS:
            del self._snapshots[next(iter(self._snapshots))]

    def snapshot_at(self, collection: Collection, version: int) -> list[tuple[Key, bytes]]:
        """All objects as they were at `version`. Raises Expired when that is forgotten."""
        try:
            return self._snapshots[collection.kind.path_resource, version]
        except KeyError:
            raise Expired(str(version)) from None

    def compact(self) -> None:
        """
        Forget history and lists being paged through.

        A write elsewhere comes first, so that the compacted revision lies behind everything that
        any watch has seen: open watches end with 410, as etcd ends those it can no longer serve.
        """
        self.begin_at(self.next_version())

    def begin_at(self, version: int) -> None:
        """Stand at `version`, and know nothing of how the objects came to be."""
        self._forget(version, floor=version)

    def wipe(self, version: int) -> None:
        """
        Become an empty cluster whose counter stands at `version`.

        Nothing counts as forgotten, so a watch that resumes at the resourceVersion of another
        cluster is served in silence: only the identity tells the two apart.
        """
        for collection in self:
            collection.objects.clear()
        self._forget(version, floor=0)

    def _forget(self, version: int, floor: int) -> None:
        self.resource_version = version
        self._snapshots.clear()
        for collection in self:
            collection.forget(floor)
