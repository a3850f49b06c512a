"""
How one cluster and each of its kinds are doing: what the facts on the page are made of.

Outlives reconnects and rebuilt clusters, so that counters never go back while the process lives.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from exporter.kubernetes.errors import (
    CredentialsError,
    Forbidden,
    KubernetesError,
    NotFound,
    RefusedByPolicy,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.version import Version

ConditionName = Literal[
    "synced", "syncing", "stale", "incomplete", "unreachable", "unauthorized", "forbidden",
    "refused-by-policy", "duplicate", "name-conflict", "identity-mismatch", "hibernated",
]  # fmt: skip

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the request durations, in seconds."""


def now() -> float:
    """Seconds on the event loop's clock, which nobody can set."""
    return asyncio.get_running_loop().time()


class Durations:
    """A histogram of seconds with the bounds `BOUNDS`."""

    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS)
        self.sum = 0.0
        self.count = 0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        place = bisect_left(BOUNDS, seconds)
        if place < len(BOUNDS):
            self._counts[place] += 1

        self.sum += seconds
        self.count += 1

    @property
    def buckets(self) -> Sequence[tuple[str, int]]:
        """(upper bound, how many were not longer), without +Inf."""
        total = 0
        cumulative = []
        for bound, count in zip(BOUNDS, self._counts, strict=True):
            total += count
            cumulative.append((str(bound), total))

        return cumulative


@dataclass
class KindHealth:
    """
    One kind in one cluster. Moments are of `now`, but for `last_success`: that one is shown, in
    seconds since 1970.
    """

    resource: str
    listed: bool = False
    """Whether there is a whole list of this unit."""
    served: bool = True
    forbidden: bool = False
    lost_since: float | None = None
    last_success: float | None = None
    restarts: Counter[str] = field(default_factory=Counter)
    lists: Counter[str] = field(default_factory=Counter)
    watches: Counter[str] = field(default_factory=Counter)
    undecodable: int = 0

    def begin(self) -> None:
        """A new unit begins: nothing is known."""
        self.listed = False
        self.served = True
        self.forbidden = False
        self.lost_since = None

    def current(self) -> None:
        """Something proved that what we know is how it is."""
        self.lost_since = None
        self.forbidden = False
        self.served = True
        self.last_success = time.time()

    def lost(self, error: KubernetesError) -> None:
        """What we know is getting old."""
        if self.lost_since is None:
            self.lost_since = now()

        self.forbidden = isinstance(error, Forbidden)
        self.served = not isinstance(error, NotFound)

    @property
    def reason(self) -> str:
        """Why it is not up: not-served, forbidden, stale (old data is shown) or failing."""
        if not self.served:
            return "not-served"

        if self.forbidden:
            return "forbidden"

        if self.lost_since is None:
            return ""

        return "stale" if self.listed else "failing"


def together(parts: Sequence[KindHealth]) -> KindHealth:
    """How a kind is doing that is read in parts, a namespace each: as badly as its worst part."""
    if len(parts) == 1:
        return parts[0]

    lost = [part.lost_since for part in parts if part.lost_since is not None]
    successes = [part.last_success for part in parts if part.last_success is not None]
    return KindHealth(
        resource=parts[0].resource,
        listed=all(part.listed for part in parts),
        served=any(part.served for part in parts),
        forbidden=any(part.forbidden for part in parts),
        lost_since=min(lost, default=None),
        last_success=min(successes, default=None),
        restarts=sum((part.restarts for part in parts), Counter()),
        lists=sum((part.lists for part in parts), Counter()),
        watches=sum((part.watches for part in parts), Counter()),
        undecodable=sum(part.undecodable for part in parts),
    )


@dataclass
class ClusterHealth:
    """One cluster, as the facts show it."""

    name: str
    up: bool = False
    uid: str = ""
    down_condition: tuple[ConditionName, str] | None = None
    down_since: float = field(default_factory=now)
    version: Version = field(default_factory=Version)
    parts: dict[str, list[KindHealth]] = field(default_factory=dict)
    """By resource, one for each list that the kind takes."""
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    durations: dict[str, Durations] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, KindHealth]:
        """How each kind is doing, by resource."""
        return {resource: together(parts) for resource, parts in self.parts.items()}

    def observe_request(self, verb: str, code: str, seconds: float) -> None:
        """A request to the API server has been answered, or not."""
        self.requests[verb, code] += 1
        self.durations.setdefault(verb, Durations()).observe(seconds)

    def answered(self) -> None:
        """The API server answers us."""
        self.up = True
        self.down_condition = None

    def unanswered(self, error: KubernetesError) -> None:
        """It does not, or not as it should."""
        self.refused(*_condition(error))

    def refused(self, condition: ConditionName, reason: str) -> None:
        """It is not read, and this is why."""
        if self.up:
            self.down_since = now()

        self.up = False
        self.down_condition = (condition, reason)


def _condition(error: KubernetesError) -> tuple[ConditionName, str]:
    match error:
        case Unreachable():
            return "unreachable", error.reason

        case Unauthorized() | CredentialsError():
            return "unauthorized", ""

        case Forbidden():
            return "forbidden", ""

        case RefusedByPolicy():
            return "refused-by-policy", ""

        case _:
            return "unreachable", "http"
