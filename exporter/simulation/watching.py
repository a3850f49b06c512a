"""Reading changes as they come: the stream of a watch."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

import msgspec

from exporter.simulation.answer import Answer, Stream, encoded, failure, status_document
from exporter.simulation.representation import Representation
from exporter.simulation.request import Request
from exporter.simulation.selectors import Selector, selector
from exporter.simulation.storage import Change, Collection, Expired, Key, Storage

_DEFAULT_TIMEOUT = (1800.0, 3600.0)
"""Seconds between which kube-apiserver ends a watch that names no timeout (min-request-timeout)."""


class WatchOptions(NamedTuple):
    """What a watch asks for."""

    start: int | None
    """The resourceVersion to resume at; None: the objects as they are now come first."""
    timeout: float
    bookmarks: bool
    selected: Selector | None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> WatchOptions:
        """Raises ValueError with the message of the 400."""
        version = query.get("resourceVersion", "")
        return cls(
            start=None if version in ("", "0") else int(version),
            timeout=float(query.get("timeoutSeconds") or random.uniform(*_DEFAULT_TIMEOUT)),
            bookmarks=query.get("allowWatchBookmarks") in ("1", "true", "True"),
            selected=selector(query),
        )


class Watches:
    """The open watches of one API server, and how it treats them."""

    def __init__(self, storage: Storage) -> None:
        self.open: Counter[str] = Counter()
        """How many watches are open, by resource."""
        self._storage = storage

    def watch(
        self,
        collection: Collection,
        request: Request,
        representation: Representation,
        *,
        bookmark_interval: float | None,
        expired_in_stream: bool,
    ) -> Answer:
        """A stream of changes, or why there is none."""
        if "sendInitialEvents" in request.query:
            return _initial_events_refused()
        try:
            options = WatchOptions.parse(request.query)
        except ValueError as error:
            return failure(400, "BadRequest", str(error))
        namespace = request.target.namespace if request.target else ""
        watch = _Watch(self._storage, collection, representation, options, namespace)
        if options.start is not None and not expired_in_stream:
            try:
                collection.changes_after(options.start)
            except Expired as error:
                return encoded(_expired(error), 410)
        interval = bookmark_interval if options.bookmarks else None
        return Answer(200, self._counted(watch, interval))

    async def _counted(self, watch: _Watch, bookmark_interval: float | None) -> Stream:
        resource = watch.collection.kind.path_resource
        self.open[resource] += 1
        watch.collection.woken.add(watch.woken)
        try:
            async with aclosing(watch.lines(bookmark_interval)) as lines:
                async for some in lines:
                    yield some
        except Expired as error:
            yield _line("ERROR", msgspec.json.encode(_expired(error)))
        finally:
            watch.collection.woken.discard(watch.woken)
            self.open[resource] -= 1


class _Watch:
    """One watch: where it stands, and what it writes."""

    def __init__(
        self,
        storage: Storage,
        collection: Collection,
        representation: Representation,
        options: WatchOptions,
        namespace: str,
    ) -> None:
        self.collection = collection
        self.woken = asyncio.Event()
        self._storage = storage
        self._representation = representation
        self._options = options
        self._namespace = namespace
        self._seen = storage.resource_version if options.start is None else options.start
        self._started = self._seen

    async def lines(self, bookmark_interval: float | None) -> Stream:
        """One or more lines at a time until the watch times out. Raises Expired."""
        now = asyncio.get_running_loop().time
        end = now() + self._options.timeout
        bookmark_at = _next_bookmark(now(), end, bookmark_interval)
        if self._options.start is None and (lines := self._initial()):
            yield lines
        while now() < end:
            self.woken.clear()
            if lines := self._changes():
                yield lines
                continue
            if now() >= bookmark_at:
                bookmark_at = _next_bookmark(now(), end, bookmark_interval)
                if bookmark := self._bookmark():
                    yield bookmark
                    continue
            try:
                async with asyncio.timeout_at(min(bookmark_at, end)):
                    await self.woken.wait()
            except TimeoutError:
                continue

    def _initial(self) -> bytes:
        """A watch from no resourceVersion begins with what is there, as if it were added now."""
        self._seen = self._storage.resource_version
        return b"".join(
            _line("ADDED", self._representation.object(stored))
            for key, stored in self.collection.objects.items()
            if self._selects(key, stored)
        )

    def _changes(self) -> bytes:
        changes = self.collection.changes_after(self._seen)
        if not changes:
            return b""
        self._seen = changes[-1].resource_version
        return b"".join(filter(None, map(self._written, changes)))

    def _written(self, change: Change) -> bytes | None:
        """One line; an object that enters or leaves the selection is added or deleted by that."""
        written = self._representation.object(change.object)
        if self._options.selected is None:
            if not self._selects(change.key, change.object):
                return None
            return _line(change.type, written)
        before = change.previous is not None and self._selects(change.key, change.previous)
        after = change.type != "DELETED" and self._selects(change.key, change.object)
        if not before and not after:
            return None
        if before and after:
            return _line("MODIFIED", written)
        return _line("ADDED" if after else "DELETED", written)

    def _selects(self, key: Key, stored: bytes) -> bool:
        if self._namespace and key[0] != self._namespace:
            return False
        return self._options.selected is None or self._options.selected(key, stored)

    def _bookmark(self) -> bytes | None:
        """Like kube-apiserver: only when the cluster has moved since the watch was started."""
        version = self._storage.resource_version
        if version <= self._started:
            return None
        self._seen = max(self._seen, version)
        metadata = {"resourceVersion": str(version), "creationTimestamp": None}
        bookmark: dict[str, object] = {"metadata": metadata}
        kind = self.collection.kind
        if kind.custom:
            bookmark = {"kind": kind.kind, "apiVersion": kind.group_version, **bookmark}
        return _line("BOOKMARK", self._representation.object(msgspec.json.encode(bookmark)))


def _next_bookmark(now: float, end: float, interval: float | None) -> float:
    """Every interval, and two seconds before the watch times out; infinity when none will come."""
    if interval is None:
        return math.inf
    due = min(now + interval, end - 2)
    return due if due > now else math.inf


def _line(event_type: str, written: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (event_type.encode(), written)


def _expired(error: Expired) -> dict[str, Any]:
    return status_document(410, "Expired", f"too old resource version: {error}")


def _initial_events_refused() -> Answer:
    message = (
        "ListOptions.meta.k8s.io is invalid: sendInitialEvents: Forbidden: sendInitialEvents is "
        "forbidden for watch unless the WatchList feature gate is enabled"
    )
    return failure(422, "Invalid", message)
