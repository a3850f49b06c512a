"""Whether a cluster that was found may be read under its name; and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from exporter.discovery.provider import Cluster
from exporter.fleet.claims import Claims
from exporter.fleet.health import ClusterHealth, ConditionName
from exporter.kubernetes.errors import IdentityChanged, KubernetesError

LOOK = 60.0
"""Seconds between two looks at who a cluster is that may not be read."""

log = structlog.get_logger()


class Displaced(Exception):
    """The cluster may not be read any more under this name."""


class Standing:
    """
    What discovery says of a cluster, and what the cluster says of itself: together they decide.

    A cluster is not read when discovery refuses it, when another name before it in the order of
    discovery has it, and when it is not, or does not say that it is, the one that the settings
    expect.
    """

    def __init__(self, cluster: Cluster, claims: Claims, health: ClusterHealth) -> None:
        self.cluster = cluster
        self._claims = claims
        self._health = health
        self._changed = asyncio.Event()
        self._handed_over = False

    @property
    def described(self) -> Cluster:
        """The cluster, with what is said of it under its other names."""
        return self._claims.described(self.cluster.name) or self.cluster

    def replace(self, cluster: Cluster) -> None:
        """Discovery says something else of the cluster."""
        self.cluster = cluster
        self._changed.set()  # wakes who waits now, and nobody later
        self._changed = asyncio.Event()

    async def until_offered(self) -> None:
        """Wait while discovery refuses the cluster."""
        while (refusal := self.cluster.refusal) is not None:
            self._health.refused(refusal.condition, refusal.reason)
            log.warning("cluster is not read", cluster=self.cluster.name, reason=refusal.message)
            await self._changed.wait()

    async def until_granted(self, verify: Callable[[], Awaitable[None]]) -> None:
        """
        Wait while the cluster, which has been met, is not ours to read.

        Raises:
            IdentityChanged: `verify`, asked now and then, finds another cluster.
            Displaced: discovery refuses it meanwhile.
        """
        self._claims.claim(self.cluster.name, self._health.uid)
        logged: ConditionName | None = None
        problem: KubernetesError | None = None
        while (objection := self._objection()) is not None:
            self._health.refused(objection, "")
            if objection != logged:
                name = self._claims.owner(self.cluster.name)
                log.warning("cluster is not read", cluster=self.cluster.name, reason=objection,
                            read_as=name)  # fmt: skip
                logged = objection

            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._any_change()

            if self.cluster.refusal is not None:
                raise Displaced

            try:
                await verify()
                problem = None
            except IdentityChanged:
                raise
            except KubernetesError as error:
                problem = error  # it does not say who it is now; it may later

        if logged is not None:
            self._say_how_it_is(problem)

    async def until_lost(self) -> None:
        """
        Wait while it may be read.

        Raises:
            Displaced: the only end.
        """
        while self.cluster.refusal is None and self._objection() is None:
            await self._any_change()

        raise Displaced

    def release(self) -> None:
        """Another cluster answers, or nobody is asked any more: nothing is known of who it is."""
        if not self._handed_over:
            self._claims.release(self.cluster.name)

    def hand_over(self) -> None:
        """Another one goes on with the cluster: the name stays its own."""
        self._handed_over = True

    def _say_how_it_is(self, problem: KubernetesError | None) -> None:
        """Why it was not read is over: the last look counts, until the next one."""
        if problem is None:
            self._health.answered()
        else:
            self._health.unanswered(problem)

    def _objection(self) -> ConditionName | None:
        if self.cluster.uid and self.cluster.uid != self._health.uid:
            return "identity-mismatch"

        if self._claims.owner(self.cluster.name) != self.cluster.name:
            return "duplicate"

        return None

    async def _any_change(self) -> None:
        waits = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self._claims.changed()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
