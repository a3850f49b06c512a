"""
One simulated cluster: its objects, its identity, and the API server that lists and watches them.

    async with ApiServer("eu-1").serving() as url: ...
"""

from __future__ import annotations

import random
import ssl
import uuid
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec

from exporter.simulation.answer import Answer
from exporter.simulation.answering import answer
from exporter.simulation.discovery import Documents
from exporter.simulation.events import CORE, EVENTS_V1, as_events_v1
from exporter.simulation.faults import Fault
from exporter.simulation.kinds import KINDS, Kind
from exporter.simulation.listener import Listener
from exporter.simulation.moments import moment, now
from exporter.simulation.recording import Recording, load, recorded_documents, recorded_kinds
from exporter.simulation.request import Request
from exporter.simulation.storage import Collection, Key, Storage
from exporter.simulation.watching import Watches

IDENTITY: Key = ("", "kube-system")
"""The namespace whose UID is the identity of a cluster."""


class ApiServer:
    """
    A cluster that exists in this process alone.

    Objects are dicts where they are given or asked for, and JSON bytes in between. The switches of
    `__init__` can be changed at any time, the next request sees it. UIDs follow from the name.
    """

    def __init__(
        self, name: str, *, version: str = "v1.36.3", uid: str | None = None, history: int = 1000
    ) -> None:
        """`history`: changes of one kind that are remembered for watches that resume."""
        self.name = name
        self.version = version

        # The switches.
        self.tokens: set[str] = set()
        """Bearer tokens that are accepted; without any, everybody is."""
        self.forbidden: set[str] = set()
        """Resources that may not be read: `secrets`, `apps/v1/deployments`."""
        self.access_reviews: Literal["answered", "forbidden", "unserved"] = "answered"
        self.denied_in_reviews: set[str] | None = None
        """Resources that access reviews deny. None: the truth, which is `forbidden`."""
        self.unserved: set[str] = set()
        """Resources that this server does not know: 404, and absent from discovery."""
        self.serves_aggregated_discovery = True
        self.serves_metadata_only = True
        self.serves_tables = True
        """Of secrets alone."""
        self.bookmark_interval: float | None = 60.0
        """
        Seconds; None: no bookmarks at all. As with kube-apiserver a bookmark is sent only when
        something (of whatever kind) was written since the watch was started.
        """
        self.without_bookmarks: set[str] = {CORE, EVENTS_V1}
        """Resources whose watches never send bookmarks: events have no watch cache."""
        self.expired_in_stream = True
        """
        How a watch from a forgotten resourceVersion fails: with an ERROR event (a server with a
        watch cache, the rule), or with HTTP 410.
        """
        self.faults: list[Fault] = []
        self.requests: deque[Request] = deque(maxlen=500)
        """The last requests, oldest first; those that faults struck included."""

        # What answers are made from: to be changed by the methods only.
        self.kinds = dict(KINDS)
        self.storage = Storage(history)
        for kind in self.kinds.values():
            self.storage.add(kind)
        self.watches = Watches(self.storage)
        self.documents: Documents = {}
        """Discovery and versions by path where the cluster is a recording, else empty."""
        self.unlisted_identity: bytes | None = None
        """A kube-system namespace that can be read by its name but is in no list."""
        self._random = random.Random(name)
        self._listener: Listener | None = None
        self._put_identity(uid)

    # -------------------------------------------------------------- objects

    @property
    def uid(self) -> str:
        """The UID of the kube-system namespace."""
        uid: str = msgspec.json.decode(self._identity)["metadata"]["uid"]
        return uid

    @property
    def _identity(self) -> bytes:
        return self.unlisted_identity or self.storage.collection("namespaces").objects[IDENTITY]

    @property
    def resource_version(self) -> int:
        """The counter of writes, over all kinds."""
        return self.storage.resource_version

    @property
    def open_watches(self) -> Counter[str]:
        """How many watches are open now, by resource."""
        return self.watches.open

    def add_kind(self, kind: Kind) -> None:
        """Serve one more kind, such as a custom resource."""
        self.kinds[kind.path_resource] = kind
        self.storage.add(kind)

    def put(self, path_resource: str, given: dict[str, Any]) -> dict[str, Any]:
        """
        Create or replace an object; returns it as it is stored.

        uid and creationTimestamp are set where they are missing, resourceVersion always. Raises
        KeyError for a kind that is not known. A core event appears in events.k8s.io/v1 as well.
        """
        collection = self.storage.collection(path_resource)
        version = self.storage.next_version()
        key, stored = self._stamped(collection, given, version)
        self.storage.write(collection, key, msgspec.json.encode(stored), version)
        if path_resource == CORE:
            mirror = msgspec.json.encode(as_events_v1(stored))
            self.storage.write(self.storage.collection(EVENTS_V1), key, mirror, version)
        return stored

    def get(self, path_resource: str, namespace: str, name: str) -> dict[str, Any]:
        """One object. Raises KeyError when there is none."""
        collection = self.storage.collection(path_resource)
        stored: dict[str, Any] = msgspec.json.decode(collection.objects[namespace, name])
        return stored

    def objects(self, path_resource: str) -> list[dict[str, Any]]:
        """All objects of a kind, oldest first."""
        collection = self.storage.collection(path_resource)
        return [msgspec.json.decode(encoded) for encoded in collection.objects.values()]

    def keys(self, path_resource: str) -> list[Key]:
        """(namespace, name) of every object of a kind, oldest first."""
        return list(self.storage.collection(path_resource).objects)

    def delete(self, path_resource: str, namespace: str, name: str) -> None:
        """Remove an object at once. Raises KeyError when there is none."""
        version = self.storage.next_version()
        key = (namespace, name)
        self.storage.remove(self.storage.collection(path_resource), key, version)
        if path_resource == CORE:
            self.storage.remove(self.storage.collection(EVENTS_V1), key, version)

    def _stamped(
        self, collection: Collection, given: dict[str, Any], version: int
    ) -> tuple[Key, dict[str, Any]]:
        kind = collection.kind
        metadata = dict(given["metadata"])
        if kind.namespaced:
            metadata.setdefault("namespace", "default")
        key = (metadata.get("namespace", ""), metadata["name"])
        if "uid" not in metadata or "creationTimestamp" not in metadata:
            existing = collection.objects.get(key)
            before = msgspec.json.decode(existing)["metadata"] if existing else {}
            created = moment(now())
            metadata.setdefault("uid", before.get("uid") or self._new_uid())
            metadata.setdefault("creationTimestamp", before.get("creationTimestamp") or created)
        metadata["resourceVersion"] = str(version)
        stored = {**given, "metadata": metadata}
        stored.pop("kind", None)
        stored.pop("apiVersion", None)
        if kind.custom:
            stored = {"apiVersion": kind.group_version, "kind": kind.kind, **stored}
        return key, stored

    def _new_uid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _put_identity(self, uid: str | None) -> None:
        name = IDENTITY[1]
        metadata = {
            "name": name,
            "uid": uid or self._new_uid(),
            "labels": {"kubernetes.io/metadata.name": name},
        }
        phase = {"phase": "Active"}
        spec = {"finalizers": ["kubernetes"]}
        self.put("namespaces", {"metadata": metadata, "spec": spec, "status": phase})

    def load_recording(self, recording: Recording) -> None:
        """
        Become the cluster that was recorded: `{URL path: JSON body}`, lists and discovery.

        Objects keep exactly their fields, uid and resourceVersion included. A kube-system
        namespace that was not recorded can still be read by its name, but is in no list.
        """
        own_identity = self._identity
        self.storage.wipe(1)
        kinds = recorded_kinds(recording)
        self.kinds = {kind.path_resource: kind for kind in kinds}
        self.documents = recorded_documents(recording)
        load(recording, kinds, self.storage)
        listed = IDENTITY in self.storage.collection("namespaces").objects
        self.unlisted_identity = None if listed else own_identity

    # -------------------------------------------------------------- what befalls clusters

    def compact(self) -> None:
        """Forget the past: watches end with 410, old resourceVersions and pages are refused."""
        self.storage.compact()

    def replace_identity(
        self, uid: str | None = None, *, resource_version: int | None = None
    ) -> None:
        """
        Become another, empty cluster at the same address.

        The new cluster's counter stands at `resource_version`, or where the old one stood: then a
        watch that resumes succeeds and says nothing. `compact()` afterwards makes it answer 410.
        """
        self.unlisted_identity = None
        self.storage.wipe(resource_version or self.storage.resource_version)
        self._put_identity(uid)
        self.disconnect()

    def disconnect(self) -> None:
        """Cut all open connections, but go on listening."""
        if self._listener is not None:
            self._listener.cut()

    async def go_down(self) -> None:
        """Refuse connections and cut the open ones, until `come_back`. Only while serving."""
        await self._listening.stop()

    async def come_back(self) -> None:
        """Listen again, on the same port. Only while serving."""
        await self._listening.start()

    @property
    def _listening(self) -> Listener:
        if self._listener is None:
            raise RuntimeError(f"cluster {self.name} is not being served")
        return self._listener

    @asynccontextmanager
    async def serving(
        self, host: str = "127.0.0.1", port: int = 0, ssl_context: ssl.SSLContext | None = None
    ) -> AsyncIterator[str]:
        """Listen while the block runs; gives the URL. Raises OSError when the port is taken."""
        listener = Listener(self._answer, host, port, ssl_context)
        await listener.start()
        self._listener = listener
        try:
            yield listener.url
        finally:
            self._listener = None
            await listener.stop()

    async def _answer(self, request: Request) -> Answer:
        self.requests.append(request)
        right = await answer(self, request)
        for fault in self.faults:
            if fault.strikes(request):
                return await fault.bend(right)
        return right
