"""
Which name a cluster is read under, if it was found under several.

The UID of a cluster's kube-system namespace says which one it is. Of all names that it answers
under, the one that comes first in the order of discovery has it; the others wait, and are never
swapped in while the first is only away.

Where several processes share the clusters, each tells the others of its names now and then. Two of
them can read one cluster until they have heard of each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from exporter.discovery.provider import Cluster


class Claims:
    """Who has which cluster. Names that discovery does not know come last."""

    def __init__(self) -> None:
        self._clusters: dict[str, Cluster] = {}
        self._ranks: dict[str, int] = {}
        self._names: dict[str, set[str]] = {}
        self._uids: dict[str, str] = {}
        self._elsewhere: frozenset[str] = frozenset()
        self._has_heard = False
        self._changed = asyncio.Event()

    def order(self, clusters: Sequence[Cluster]) -> None:
        """The clusters that there are now, in their order; claims of other names end."""
        self._clusters = {cluster.name: cluster for cluster in clusters}
        self._ranks = {name: rank for rank, name in enumerate(self._clusters)}
        for name in self._uids.keys() - self._ranks.keys():
            self._drop(name)

        self._tell()

    @property
    def here(self) -> dict[str, str]:
        """Who the clusters are that this process reads: UIDs by name."""
        return {name: uid for name, uid in self._uids.items() if name not in self._elsewhere}

    def hear(self, elsewhere: Mapping[str, str], before: Mapping[str, str]) -> None:
        """
        Who the clusters are that other processes read; and what was known of those of this one
        before it began, which counts until they answer: they may only be away.
        """
        for name in self._elsewhere - elsewhere.keys():
            self._drop(name)

        self._elsewhere = frozenset(elsewhere)
        for name, uid in elsewhere.items():
            self._put(name, uid)

        if not self._has_heard:
            self._has_heard = True
            for name in before.keys() - self._uids.keys():
                self._put(name, before[name])

        self._tell()

    def claim(self, name: str, uid: str) -> None:
        """A cluster answers under this name, and this is who it is."""
        if uid and self._uids.get(name) != uid:
            self._put(name, uid)
            self._tell()

    def release(self, name: str) -> None:
        """Nothing is known any more of who answers under this name."""
        self._drop(name)
        self._tell()

    def owner(self, name: str) -> str:
        """The name that the cluster behind `name` is read under; `name` itself for most."""
        return self._alike(name)[0]

    def described(self, name: str) -> Cluster | None:
        """
        The cluster of a name as discovery has it, with what is said of it under the names that it
        would also answer to. Of a label the first name counts that has it; a mark holds if any name
        has it. None for a name that discovery does not know.
        """
        known = self._clusters.get(name)
        first, *others = self._alike(name)
        if known is None or first != name or not others:
            return known

        alike = [known, *(self._clusters[other] for other in others if other in self._clusters)]
        labels = {key: one.labels[key] for one in reversed(alike) for key in one.labels}
        return replace(
            known,
            labels=labels,
            maintenance=any(one.maintenance for one in alike),
            virtual=any(one.virtual for one in alike),
            hibernated=any(one.hibernated for one in alike),
        )

    def _alike(self, name: str) -> list[str]:
        """All names of the cluster behind `name`, in their order."""
        names = self._names.get(self._uids.get(name, ""), {name})
        return sorted(names, key=lambda one: (self._ranks.get(one, len(self._ranks)), one))

    async def changed(self) -> None:
        """Wait until any claim, or the order, is another."""
        await self._changed.wait()

    def _put(self, name: str, uid: str) -> None:
        self._drop(name)
        self._uids[name] = uid
        self._names.setdefault(uid, set()).add(name)

    def _drop(self, name: str) -> None:
        if uid := self._uids.pop(name, ""):
            self._names[uid].discard(name)
            if not self._names[uid]:
                del self._names[uid]

    def _tell(self) -> None:
        self._changed.set()  # wakes who waits now, and nobody later
        self._changed = asyncio.Event()
