"""
A cluster's data as one unit: what is shown of it, and when.

The rules are the contract's: nothing before every kind was listed once; a kind that keeps failing
is left out after a minute; an unreachable cluster is held for a while and then dropped as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.fleet.health import ClusterHealth, KindHealth, now
from exporter.store.budget import Budget
from exporter.store.store import Store

SETTLE = 10.0
"""Seconds; a block that did not change for so long, or up to twice, is compressed. A leader's lease
changes every two seconds, a node's every ten: those stay as they are."""


@dataclass(frozen=True)
class Staleness:
    """Seconds that old data is held, and that a unit waits for a kind that fails at first."""

    hold: float = 300.0
    first_sync: float = 60.0


Parts = Sequence[tuple[KindHealth, Store[Any]]]


class Unit:
    """One cluster from the moment it was met until it is gone, rebuilt, or lost for too long."""

    def __init__(
        self,
        health: ClusterHealth,
        parts: Mapping[str, Parts],
        staleness: Staleness,
        budget: Budget,
        also: Sequence[KindHealth] = (),
    ) -> None:
        """
        `parts`: by resource, a store for each of its lists and how that list is doing. `budget`:
        what the stores share. `also`: what has to be listed as well, although nothing of it is
        shown.
        """
        self.budget = budget
        self._health = health
        self._parts = dict(parts)
        self._also = tuple(also)
        self._staleness = staleness
        self._began = now()
        self._complete = False

    def add(self, resource: str, parts: Parts) -> None:
        """A kind that came later: a complete unit stays so, and shows it once it is listed."""
        self._parts[resource] = parts

    def drop(self, resource: str) -> None:
        """A kind that has gone, with its series."""
        for _, store in self._parts.pop(resource):
            store.clear()

    async def settle(self) -> None:
        """Compress what has come to rest, now and then, for ever."""
        while True:
            await asyncio.sleep(SETTLE)
            for store in [store for parts in self._parts.values() for _, store in parts]:
                for _ in store.settle():
                    await asyncio.sleep(0)

    @property
    def complete(self) -> bool:
        """
        Whether every kind has been listed, or is known not to be listed: then all appear at once.

        Once complete, a unit stays so.
        """
        if not self._complete:
            overdue = now() - self._began > self._staleness.first_sync
            kinds = [health for parts in self._parts.values() for health, _ in parts]
            kinds += self._also
            self._complete = any(kind.listed for kind in kinds) and all(
                kind.listed
                or kind.forbidden
                or not kind.served
                or (overdue and kind.lost_since is not None)
                for kind in kinds
            )

        return self._complete

    @property
    def expired(self) -> bool:
        """Whether the cluster has been away for longer than its data is held."""
        return not self._health.up and now() - self._health.down_since > self._staleness.hold

    def shown(self) -> dict[str, list[Store[Any]]]:
        """The stores whose series are on the page now, by resource."""
        if not self.complete or self.expired:
            return {}

        held = {
            resource: [store for health, store in parts if self._holds(health)]
            for resource, parts in self._parts.items()
        }
        return {resource: stores for resource, stores in held.items() if stores}

    def _holds(self, kind: KindHealth) -> bool:
        if not kind.listed or not kind.served:
            return False

        lost = kind.lost_since
        if lost is None or not self._health.up:
            return True  # of a cluster that is away everything is held, and dropped, together

        return now() - lost <= self._staleness.hold
