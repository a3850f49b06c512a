"""
Being in contact with one cluster: whether it answers, which one it is, what it serves.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress

import structlog

from exporter.fleet.gate import Gate
from exporter.fleet.health import ClusterHealth
from exporter.fleet.plan import Places
from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import (
    ApiError,
    IdentityChanged,
    KubernetesError,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.identity import Identity
from exporter.kubernetes.served import Served, find_served
from exporter.kubernetes.version import Version, read_version

PROBE = 15.0
"""Seconds between two looks at whether the cluster is there, and still the same."""

PROBE_DEADLINE = 10.0
"""Seconds for the answer."""

REVIEW = 300.0
"""Seconds between two looks at the version; clusters are upgraded in place."""

REDISCOVER = 60.0
"""Seconds between two looks at what is served, while something we want is not."""

SETTLE = 1.0
"""Seconds from a kind's fault to the look at the cluster: many kinds fail at once."""

log = structlog.get_logger()


class Expired(Exception):
    """The cluster was away for longer than its data is held."""


class Contact:
    """
    One cluster as long as it is the same: from meeting it until another answers in its place.

    `served` is what it serves of `wanted`, which says of each kind where it can be read.
    """

    def __init__(
        self,
        connection: Connection,
        health: ClusterHealth,
        wanted: Collection[Places],
    ) -> None:
        self.connection = connection
        self.served = Served({})
        self._identity = Identity(connection)
        self._health = health
        self._wanted = wanted
        self._probe_now = asyncio.Event()
        self._back = asyncio.Event()

    async def meet(self, meetings: Gate) -> None:
        """Ask until the cluster has answered who it is and what it serves, each time in turn."""
        backoff = Backoff(longest=PROBE)
        while True:
            try:
                async with meetings.turn(self._health.name):
                    await self._ask()
            except KubernetesError as error:
                self._unanswered(error)
                await asyncio.sleep(backoff.failed(getattr(error, "retry_after", None)))
            else:
                self._answered()
                return

    async def _ask(self) -> None:
        await self.verify()
        await self._review()
        await self._discover()

    async def watch_over(self, expired: Callable[[], bool]) -> None:
        """
        Look at the cluster now and then, for ever.

        Raises:
            IdentityChanged: it is another cluster.
            Expired: `expired` says so, asked after each look.
        """
        clock = asyncio.get_running_loop().time
        reviewed = discovered = clock()
        while True:
            await self._until_the_next_look()
            try:
                async with asyncio.timeout(PROBE_DEADLINE):
                    await self.verify()

                if not self._health.up or clock() - reviewed > REVIEW:
                    await self._review()
                    reviewed = clock()

                if self._misses_some() and clock() - discovered > REDISCOVER:
                    await self._discover()
                    discovered = clock()
            except TimeoutError:
                self._unanswered(Unreachable("timeout", "no answer in time"))
            except IdentityChanged:
                raise
            except KubernetesError as error:
                self._unanswered(error)
            else:
                self._answered()

            if expired():
                raise Expired

    async def verify(self) -> None:
        """Raises `IdentityChanged` if this is another cluster; see `Identity.verify`."""
        await self._identity.verify()

    async def rest(self, seconds: float) -> None:
        """A kind's pause after a fault; it is over when the cluster answers again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._back.wait()

    def faulted(self, error: KubernetesError) -> None:
        """A kind met a fault; of a cluster that seems well, that is a reason to look soon."""
        if self._health.up and isinstance(error, Unreachable | Unauthorized):
            self.look()

    def look(self) -> None:
        """Look at the cluster soon, instead of at the next turn."""
        self._probe_now.set()

    async def _until_the_next_look(self) -> None:
        self._probe_now.clear()
        try:
            async with asyncio.timeout(PROBE * random.uniform(0.8, 1.0)):
                await self._probe_now.wait()
        except TimeoutError:
            return

        await asyncio.sleep(SETTLE)

    async def _review(self) -> None:
        try:
            self._health.version = await read_version(self.connection)
        except Unauthorized:
            raise
        except ApiError:
            self._health.version = Version()  # not everybody may read it; it is only a fact

    async def _discover(self) -> None:
        api_versions = {api_version for places in self._wanted for api_version, _ in places}
        self.served = await find_served(self.connection, api_versions)

    def _misses_some(self) -> bool:
        return any(not any(place in self.served for place in places) for places in self._wanted)

    def _answered(self) -> None:
        uid = self._identity.uid
        if not self._health.up:
            log.info("cluster answers", cluster=self._health.name, uid=uid)
            self._back.set()  # wakes who rests now, and nobody later
            self._back.clear()

        self._health.uid = uid or self._health.uid
        self._health.answered()

    def _unanswered(self, error: KubernetesError) -> None:
        before = self._health.down_condition
        self._health.unanswered(error)
        if self._health.down_condition != before:
            log.warning("cluster does not answer", cluster=self._health.name, error=str(error))
