"""One kind of one cluster, followed: applies a stream of changes to whatever keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from exporter.fleet.health import KindHealth
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.follow import (
    Change,
    Followable,
    Listed,
    Listing,
    Lost,
    Put,
    Removed,
    Undecodable,
    Watching,
    follow,
)
from exporter.kubernetes.objects import HasMetadata, Key

T = TypeVar("T", bound=HasMetadata)
T_contra = TypeVar("T_contra", bound=HasMetadata, contravariant=True)

SLICE = 32
"""Objects of a list that are written before others get their turn: about three milliseconds, for
each of the lists whose pages are written at once."""


class Sink(Protocol[T_contra]):
    """Keeps what is known of one kind's objects: text, counts, or a few facts about them."""

    def begin_list(self) -> None: ...
    def list_object(self, obj: T_contra, /) -> None: ...
    def end_list(self) -> None: ...
    def put(self, key: Key, obj: T_contra, /) -> None: ...
    def remove(self, key: Key, /) -> None: ...


class Mirror(Generic[T]):
    """
    Args:
        sinks: told of every object.
        health: told how it goes.
        faulted: called with each fault; the cluster may want to look after itself.
    """

    def __init__(
        self,
        sinks: Sequence[Sink[T]],
        health: KindHealth,
        faulted: Callable[[KubernetesError], None],
    ) -> None:
        self._sinks = sinks
        self._health = health
        self._faulted = faulted

    async def run(
        self,
        resource: Followable[T],
        verify: Callable[[], Awaitable[None]],
        rest: Callable[[float], Awaitable[None]],
        until_next_list: Callable[[], float] | None = None,
    ) -> None:
        """
        Follow `resource` for ever, as `follow` does.

        Raises:
            IdentityChanged: what was known belongs to a cluster that is gone.
        """
        async with aclosing(follow(resource, verify, rest, until_next_list)) as changes:
            async for change in changes:
                await self._apply(change)

    async def _apply(self, change: Change[T]) -> None:
        match change:
            case Put():
                self._put(change)

            case Removed(key):
                self._remove(key)
                self._health.current()

            case Listing():
                await self._list(change)

            case Listed():
                self._end_list()

            case Watching(opened):
                self._health.watches["success"] += opened
                self._health.current()

            case Undecodable(key):
                self._health.undecodable += 1
                if key is not None:
                    self._remove(key)

            case Lost():
                self._lose(change)

    def _put(self, change: Put[T]) -> None:
        for sink in self._sinks:
            sink.put(change.key, change.obj)

        self._health.current()

    async def _list(self, listing: Listing[T]) -> None:
        if listing.first:
            for sink in self._sinks:
                sink.begin_list()

        for place, obj in enumerate(listing.objects):
            for sink in self._sinks:
                sink.list_object(obj)

            if place % SLICE == SLICE - 1:
                await asyncio.sleep(0)

        self._health.undecodable += listing.undecodable

    def _end_list(self) -> None:
        for sink in self._sinks:
            sink.end_list()

        self._health.lists["success"] += 1
        self._health.listed = True
        self._health.current()

    def _remove(self, key: Key) -> None:
        for sink in self._sinks:
            sink.remove(key)

    def _lose(self, lost: Lost) -> None:
        if lost.watching:
            self._health.restarts[lost.restart] += 1

        if lost.error is not None:
            (self._health.watches if lost.watching else self._health.lists)["error"] += 1

        if lost.current:
            self._health.current()
        elif lost.error is not None:
            self._health.lost(lost.error)
            self._faulted(lost.error)
