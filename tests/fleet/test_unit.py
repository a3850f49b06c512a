"""What is shown of a cluster, and when; in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.health import ClusterHealth, KindHealth
from exporter.fleet.unit import Staleness, Unit
from exporter.kinds.namespace import namespaces
from exporter.kubernetes.errors import Forbidden, NotFound, ServerError, Unreachable
from exporter.store.budget import Budget, SeriesLimit
from exporter.store.store import Store
from exporter.telemetry import Telemetry

pytestmark = pytest.mark.looptime

AWAY = Unreachable("refused", "nobody there")
BROKEN = ServerError(503, "broken")


class Sample:
    """A unit of two kinds, and how they are doing."""

    def __init__(self) -> None:
        self.cluster = ClusterHealth("eu-1")
        self.cluster.answered()
        self.pods, self.nodes = KindHealth("pods"), KindHealth("nodes")
        budget = Budget(SeriesLimit())
        store: Store[Any] = Store(
            "eu-1", namespaces, KindWriter(namespaces, Selection()), budget, Telemetry()
        )
        parts = {"pods": [(self.pods, store)], "nodes": [(self.nodes, store)]}
        self.unit = Unit(self.cluster, parts, Staleness(hold=300, first_sync=60), budget)

    @property
    def shown(self) -> set[str]:
        return set(self.unit.shown())


def listed(*kinds: KindHealth) -> None:
    for kind in kinds:
        kind.listed = True
        kind.current()


async def test_nothing_is_shown_until_every_kind_was_listed() -> None:
    sample = Sample()
    listed(sample.pods)

    assert sample.shown == set()

    listed(sample.nodes)

    assert sample.shown == {"pods", "nodes"}


async def test_a_kind_that_is_merely_slow_is_waited_for() -> None:
    sample = Sample()
    listed(sample.pods)
    await asyncio.sleep(3600)

    assert sample.shown == set()


async def test_a_kind_that_fails_is_waited_for_a_minute() -> None:
    sample = Sample()
    listed(sample.pods)
    sample.nodes.lost(BROKEN)
    await asyncio.sleep(59)

    assert sample.shown == set()

    await asyncio.sleep(2)

    assert sample.shown == {"pods"}


@pytest.mark.parametrize("error", [Forbidden(403, "no"), NotFound(404, "what?")])
async def test_a_kind_that_is_forbidden_or_not_served_is_not_waited_for(error: Any) -> None:
    sample = Sample()
    listed(sample.pods)
    sample.nodes.lost(error)

    assert sample.shown == {"pods"}


async def test_a_cluster_of_which_nothing_was_listed_is_never_complete() -> None:
    sample = Sample()
    sample.pods.lost(BROKEN)
    sample.nodes.lost(BROKEN)
    await asyncio.sleep(3600)

    assert not sample.unit.complete


async def test_what_was_complete_stays_so() -> None:
    sample = Sample()
    listed(sample.pods, sample.nodes)
    assert sample.unit.complete

    sample.nodes.lost(BROKEN)

    assert sample.unit.complete


async def test_a_cluster_that_is_away_is_held_for_a_while_and_dropped_as_a_whole() -> None:
    sample = Sample()
    listed(sample.pods, sample.nodes)
    sample.pods.lost(AWAY)
    await asyncio.sleep(200)
    sample.nodes.lost(AWAY)
    sample.cluster.unanswered(AWAY)
    await asyncio.sleep(299)

    assert sample.shown == {"pods", "nodes"}

    await asyncio.sleep(2)

    assert sample.shown == set()
    assert sample.unit.expired


@pytest.mark.parametrize("error", [Forbidden(403, "no"), BROKEN])
async def test_a_kind_that_is_lost_alone_is_held_and_dropped_alone(error: Any) -> None:
    sample = Sample()
    listed(sample.pods, sample.nodes)
    assert sample.shown == {"pods", "nodes"}
    sample.pods.lost(error)
    await asyncio.sleep(299)

    assert sample.shown == {"pods", "nodes"}

    await asyncio.sleep(2)

    assert sample.shown == {"nodes"}


async def test_a_kind_that_is_no_longer_served_goes_at_once() -> None:
    sample = Sample()
    listed(sample.pods, sample.nodes)
    assert sample.shown == {"pods", "nodes"}

    sample.pods.lost(NotFound(404, "gone"))

    assert sample.shown == {"nodes"}


async def test_a_kind_that_is_current_again_is_shown_again() -> None:
    sample = Sample()
    listed(sample.pods, sample.nodes)
    assert sample.shown == {"pods", "nodes"}
    sample.pods.lost(BROKEN)
    await asyncio.sleep(400)

    listed(sample.pods)

    assert sample.shown == {"pods", "nodes"}
