"""
A hub: a cluster whose objects say which other clusters there are, and how to reach them.

Hubs are followed with the same list and watch as everything else. What a hub says counts only when
it is whole: after every kind that a provider reads has been listed. An error, a kind that may not
be read and one that is not served are never taken for an empty list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp.resolver import AsyncResolver

from exporter import __version__
from exporter.discovery.hub_kind import HubKind, Wanted
from exporter.discovery.provider import Way
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import (
    CredentialsError,
    Forbidden,
    IdentityChanged,
    KubernetesError,
    NotFound,
    ServerError,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.follow import Change, Listing, Lost, follow
from exporter.kubernetes.identity import Identity
from exporter.kubernetes.objects import Key
from exporter.kubernetes.resource import Resource
from exporter.kubernetes.served import find_served

QUIET = 0.2
"""Seconds after a change in which others are waited for: a rollout touches many objects at once."""

PATIENCE = 30.0
"""Seconds until an optional kind is done without that the hub answers with errors of its own."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Contents:
    """
    What a hub says: the objects of each wanted kind by key, oldest first, in the order that the
    kinds were wanted in; and the way to the hub itself.
    """

    objects: Sequence[Mapping[Key, Any]] = field(repr=False)
    way: Way = field(repr=False)


class Hub:
    """
    Args:
        way: says how it is reached, from the user's own files. Asked at the start, and again after
            failures: what is in those files may have changed. May block.
    """

    def __init__(self, way: Callable[[], Way], health: SourceHealth) -> None:
        self._way = way
        self._health = health

    def check(self) -> None:
        """
        Raises:
            KubernetesError: the hub's own kubeconfig, or the pod's service account, is unusable.
        """
        self._way()

    async def contents(self, *wanted: Wanted) -> AsyncGenerator[Contents, None]:
        """
        All objects of the wanted kinds: once they are all known, then after changes, for ever.

        A hub that does not answer is waited for; what it said before stays in force. A hub that
        was rebuilt says everything anew.

        Raises:
            KubernetesError: at the start only, as `check`.
        """
        resolver = AsyncResolver()
        session = None
        try:
            way = await asyncio.to_thread(self._way)
            session = _Session(self._health.source, self._way, way, resolver)
            backoff = Backoff()
            while True:
                unit = _Unit(session, self._health, wanted)
                async with aclosing(unit.contents()) as said:
                    async for contents in said:
                        yield contents

                log.warning("another hub answers", source=self._health.source)
                self._health.forget()
                await asyncio.sleep(backoff.failed())
        finally:
            if session is not None:
                await session.connection.close()

            await resolver.close()


class _Session:
    """The connection to a hub, which goes where the user's files say now."""

    def __init__(
        self, source: str, ask: Callable[[], Way], way: Way, resolver: AsyncResolver
    ) -> None:
        self.source = source
        self.way = way
        self.connection = Connection(
            way.server, _unobserved, f"kube-fleet-exporter/{__version__}", resolver
        )
        self._ask = ask
        self._asking = asyncio.Lock()

    async def ask_again(self) -> bool:
        """Look whether the hub is reached in another way now, and take it; whether it is."""
        async with self._asking:
            try:
                way = await asyncio.to_thread(self._ask)
            except KubernetesError as error:
                log.warning("no other way to the hub", source=self.source, error=str(error))
                return False

            if way.digest == self.way.digest:
                return False

            self.way = way
            await self.connection.replace(way.server)
            return True


class _Unit:
    """One hub, until another one answers in its place."""

    def __init__(self, session: _Session, health: SourceHealth, wanted: Sequence[Wanted]) -> None:
        self._session = session
        self._health = health
        self._kinds = [HubKind(one) for one in wanted]
        self._identity = Identity(session.connection)
        self._changed = asyncio.Event()
        self._began = _now()

    async def contents(self) -> AsyncGenerator[Contents, None]:
        """See `Hub.contents`; ends with the hub."""
        followers = [
            asyncio.create_task(
                self._follow(kind), name=f"{self._session.source} {kind.wanted.plural}"
            )
            for kind in self._kinds
        ]
        # No TaskGroup: one must not be held open across a yield (PEP 789).
        waiting = None
        try:
            while not any(task.done() for task in followers):
                waiting = asyncio.create_task(self._changed.wait())
                await asyncio.wait([waiting, *followers], return_when=asyncio.FIRST_COMPLETED)
                if self._changed.is_set() and all(kind.known for kind in self._kinds):
                    await asyncio.sleep(QUIET)
                    self._changed.clear()
                    yield Contents([kind.oldest_first() for kind in self._kinds], self._session.way)
                else:
                    self._changed.clear()
        finally:
            tasks = [*followers, *([waiting] if waiting else [])]
            for task in tasks:
                task.cancel()

            await asyncio.wait(tasks)

        for task in followers:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, IdentityChanged):
                raise error

    async def _follow(self, kind: HubKind) -> None:
        """
        Raises:
            IdentityChanged: another hub answers.
        """
        while True:
            resource = self._resource(kind.wanted, await self._served(kind))
            async with aclosing(follow(resource, self._identity.verify)) as changes:
                async for change in changes:
                    if isinstance(change, Lost):
                        await self._lost(kind, change)
                        if isinstance(change.error, NotFound) and len(kind.wanted.api_versions) > 1:
                            await asyncio.sleep(change.pause)
                            break  # the hub may have been upgraded, and serve another version
                    else:
                        self._heard(kind, change)

    def _heard(self, kind: HubKind, change: Change[Any]) -> None:
        if kind.apply(change):
            self._changed.set()

        if kind.problem:
            self._health.failed(kind.problem, kind.wanted.plural)
        elif not isinstance(change, Listing):
            self._health.read(kind.wanted.plural)

    async def _lost(self, kind: HubKind, lost: Lost) -> None:
        if lost.error is None or (lost.watching and lost.restart in ("gone", "short")):
            return

        if await self._failed(kind, lost.error):
            self._changed.set()

    async def _failed(self, kind: HubKind, error: KubernetesError) -> bool:
        """Show what is wrong; whether what is known changed by that."""
        if isinstance(error, Forbidden | NotFound) and kind.refused():
            return True

        self._health.failed(str(error), kind.wanted.plural)
        if isinstance(error, ServerError) and _now() - self._began > PATIENCE:
            return kind.refused()

        may_be_old = isinstance(error, Unauthorized | Unreachable | CredentialsError)
        return may_be_old and await self._session.ask_again()

    def _resource(self, wanted: Wanted, api_version: str) -> Resource[Any]:
        return Resource(
            self._session.connection,
            api_version,
            wanted.plural,
            wanted.type,
            namespace=wanted.namespace,
            label_selector=wanted.label_selector,
            field_selector=wanted.field_selector,
        )

    async def _served(self, kind: HubKind) -> str:
        """The first API version that is served; asked until the hub answers."""
        wanted = kind.wanted
        backoff = Backoff()
        while len(wanted.api_versions) > 1:
            try:
                served = await find_served(self._session.connection, wanted.api_versions)
                for api_version in wanted.api_versions:
                    if (api_version, wanted.plural) in served:
                        return api_version

                raise NotFound(404, f"the hub does not serve {wanted.plural}")
            except KubernetesError as error:
                if await self._failed(kind, error):
                    self._changed.set()

                await asyncio.sleep(backoff.failed())

        return wanted.api_versions[0]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _unobserved(*_: object) -> None:
    """Requests to hubs are not counted among those to the clusters."""
