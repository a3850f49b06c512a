"""A stream of changes, applied to whatever keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from exporter.fleet import mirror as module
from exporter.fleet.health import KindHealth
from exporter.fleet.mirror import Mirror
from exporter.kubernetes.errors import Forbidden, IdentityChanged, KubernetesError
from exporter.kubernetes.follow import (
    Listed,
    Listing,
    Lost,
    Put,
    Removed,
    Undecodable,
    Watching,
)
from exporter.kubernetes.objects import Metadata, Object


def pod(name: str) -> Object:
    return Object(Metadata(name=name, namespace="shop"))


class Names:
    """A sink that keeps names."""

    def __init__(self) -> None:
        self.shown: set[str] = set()
        self.listed: set[str] = set()

    def begin_list(self) -> None:
        self.listed = set()

    def list_object(self, obj: Object) -> None:
        self.listed.add(obj.metadata.name)

    def end_list(self) -> None:
        self.shown = self.listed

    def put(self, key: tuple[str, str], obj: Object) -> None:
        self.shown.add(key[1])

    def remove(self, key: tuple[str, str]) -> None:
        self.shown.discard(key[1])


class Played:
    """What a mirror made of some changes."""

    def __init__(self) -> None:
        self.names, self.others = Names(), Names()
        self.health = KindHealth("pods")
        self.faults: list[KubernetesError] = []


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def play(*changes: Any) -> Played:
        async def follow(*_: Any) -> AsyncGenerator[Any, None]:
            for change in changes:
                yield change

            raise IdentityChanged("before", "now")

        monkeypatch.setattr(module, "follow", follow)
        played = Played()
        mirror: Mirror[Object] = Mirror(
            [played.names, played.others], played.health, played.faults.append
        )
        with pytest.raises(IdentityChanged):
            await mirror.run(None, None, None)  # type: ignore[arg-type]  # the script asks nobody

        return played

    return play


LIST = (Listing([pod("a"), pod("b")], True, 0), Listed())


async def test_every_sink_learns_everything(play: Any) -> None:
    played = await play(*LIST, Put(("shop", "c"), pod("c")), Removed(("shop", "a")))

    assert played.names.shown == played.others.shown == {"b", "c"}


async def test_a_list_counts_when_it_is_whole(play: Any) -> None:
    played = await play(Listing([pod("a")], True, 0))

    assert (played.names.shown, played.health.listed) == (set(), False)


async def test_a_list_that_begins_anew_forgets_what_the_first_attempt_brought(play: Any) -> None:
    played = await play(Listing([pod("a")], True, 0), *LIST[:1], LIST[1])

    assert played.names.shown == {"a", "b"}
    assert played.health.lists == {"success": 1}


async def test_an_object_that_can_no_longer_be_read_is_no_longer_shown(play: Any) -> None:
    played = await play(*LIST, Undecodable(("shop", "a")), Undecodable(None))

    assert played.names.shown == {"b"}
    assert played.health.undecodable == 2


async def test_undecodable_objects_of_a_list_are_counted(play: Any) -> None:
    played = await play(Listing([pod("a")], True, 7), Listed())

    assert played.health.undecodable == 7


async def test_a_fault_is_told_and_counted_and_the_data_stays(play: Any) -> None:
    error = Forbidden(403, "no")
    played = await play(*LIST, Lost(error, "refused", True, False, 1.0))

    assert played.names.shown == {"a", "b"}
    assert played.health.reason == "forbidden"
    assert played.faults == [error]
    assert (played.health.restarts, played.health.watches) == ({"refused": 1}, {"error": 1})


async def test_a_watch_that_ends_in_order_is_no_fault(play: Any) -> None:
    played = await play(*LIST, Watching(opened=True), Lost(None, "ended", True, True, 0.0))

    assert played.health.reason == ""
    assert played.faults == []
    assert played.health.watches == {"success": 1}


async def test_others_have_their_turn_while_a_long_list_is_written(play: Any) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await play(Listing([pod(str(number)) for number in range(1000)], True, 0), Listed())
    task.cancel()

    assert turns >= 1000 // module.SLICE
