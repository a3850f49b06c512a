"""The loop that everything is read with, driven by a script in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from exporter.kubernetes.errors import (
    Forbidden,
    Gone,
    IdentityChanged,
    KubernetesError,
    Malformed,
    NotFound,
    NotWatchable,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.follow import (
    Change,
    Listed,
    Listing,
    Lost,
    Put,
    Removed,
    Undecodable,
    Watching,
    follow,
)
from exporter.kubernetes.objects import Metadata, Object
from exporter.kubernetes.resource import Event, Page

pytestmark = pytest.mark.looptime

SILENCE = 10_000.0
OPEN: Event[Object] = Event("OPEN", None, None, "")

Step = KubernetesError | Event[Object] | Page[Object] | float


def pod(name: str, version: int) -> Object:
    return Object(Metadata(name=name, namespace="shop", resource_version=str(version)))


def put(name: str, version: int) -> Event[Object]:
    return Event("PUT", ("shop", name), pod(name, version), str(version))


def bookmark(version: int) -> Event[Object]:
    return Event("BOOKMARK", None, None, str(version))


def page(*names: str, version: int = 10) -> Page[Object]:
    return Page([pod(name, version) for name in names], str(version), 0)


@dataclass
class Script:
    """
    A resource that plays what it is given: a list of steps for each list and each watch.

    A number is a wait, an error is raised; after the last watch it is silent.
    """

    lists: list[Sequence[Step]]
    watches: list[Sequence[Step]]
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def pages(self) -> AsyncGenerator[Page[Object], None]:
        self.asked.append(("list", asyncio.get_running_loop().time()))
        async for step in self._play(self.lists.pop(0)):
            yield step

    async def watch(
        self, since: str, lasting: int, quiet: float
    ) -> AsyncGenerator[Event[Object], None]:
        self.asked.append(("watch", asyncio.get_running_loop().time(), since, lasting, quiet))
        async for step in self._play(self.watches.pop(0) if self.watches else [OPEN, SILENCE]):
            yield step

    async def _play(self, steps: Sequence[Step]) -> AsyncGenerator[Any, None]:
        for step in steps:
            if isinstance(step, int | float):
                await asyncio.sleep(step)
            elif isinstance(step, KubernetesError):
                raise step
            else:
                yield step

    def times(self, verb: str) -> list[float]:
        return [one[1] for one in self.asked if one[0] == verb]

    def positions(self) -> list[str]:
        return [one[2] for one in self.asked if one[0] == "watch"]


async def same_cluster() -> None:
    """Nobody else has moved in."""


async def play(
    script: Script,
    until: Callable[[list[Change[Object]]], bool],
    verify: Callable[[], Any] = same_cluster,
    **more: Any,
) -> list[Change[Object]]:
    """Follow the script until enough has come."""
    changes: list[Change[Object]] = []
    async with aclosing(follow(script, verify, **more)) as following:
        async for change in following:
            changes.append(change)
            if until(changes):
                break

    return changes


def watched(times: int) -> Callable[[list[Change[Object]]], bool]:
    def enough(changes: list[Change[Object]]) -> bool:
        return sum(isinstance(one, Watching) and one.opened for one in changes) >= times

    return enough


def last_is(kind: type[Any]) -> Callable[[list[Change[Object]]], bool]:
    return lambda changes: isinstance(changes[-1], kind)


def faults(changes: list[Change[Object]]) -> list[Lost]:
    return [one for one in changes if isinstance(one, Lost)]


async def test_a_list_comes_page_by_page_and_then_says_that_it_is_whole() -> None:
    script = Script([[page("a", "b"), page("c")]], [])

    changes = await play(script, last_is(Listed))

    assert [type(one) for one in changes] == [Listing, Listing, Listed]
    assert [one.first for one in changes if isinstance(one, Listing)] == [True, False]


async def test_the_watch_begins_at_the_version_of_the_first_page() -> None:
    script = Script([[page("a", version=10), page("b", version=12)]], [])

    await play(script, watched(1))

    assert script.positions() == ["10"]


async def test_changes_are_handed_on_as_they_come() -> None:
    gone: Event[Object] = Event("REMOVED", ("shop", "a"), None, "12")
    broken: Event[Object] = Event("UNDECODABLE", ("shop", "b"), None, "13")
    script = Script([[page("a")]], [[OPEN, put("b", 11), gone, broken]])

    changes = await play(script, last_is(Undecodable))

    assert changes[-3:] == [
        Put(("shop", "b"), pod("b", 11)),
        Removed(("shop", "a")),
        Undecodable(("shop", "b")),
    ]


async def test_a_watch_that_ends_is_resumed_where_it_was_without_a_list() -> None:
    script = Script([[page("a")]], [[OPEN, 20, put("a", 15), 20], [OPEN, SILENCE]])

    changes = await play(script, watched(2))

    assert script.positions() == ["10", "15"]
    assert [(one.restart, one.error) for one in faults(changes)] == [("ended", None)]


async def test_a_bookmark_moves_the_place_to_resume_from() -> None:
    script = Script([[page("a")]], [[OPEN, bookmark(40), 50], [OPEN, SILENCE]])

    await play(script, watched(2))

    assert script.positions() == ["10", "40"]


@pytest.mark.parametrize("reason", ["timeout", "reset", "refused", "dns"])
async def test_after_a_broken_watch_it_goes_on_from_the_last_whole_event(reason: Any) -> None:
    broken = Unreachable(reason, "it broke")
    script = Script([[page("a")]], [[OPEN, put("a", 15), broken], [OPEN, SILENCE]])

    await play(script, watched(2))

    assert script.positions() == ["10", "15"]
    assert len(script.times("list")) == 1


@pytest.mark.parametrize("error", [Gone(410, "too old"), Malformed("half a line")])
async def test_when_the_place_is_lost_everything_is_listed_again(error: KubernetesError) -> None:
    script = Script([[page("a")], [page("b", version=90)]], [[OPEN, error], [OPEN, SILENCE]])

    changes = await play(script, watched(2))

    assert script.positions() == ["10", "90"]
    assert sum(isinstance(one, Listed) for one in changes) == 2


async def test_a_version_that_goes_back_is_a_restored_etcd_and_listed_again() -> None:
    script = Script(
        [[page("a", version=50)], [page("a", version=7)]], [[OPEN, bookmark(6)], [OPEN, SILENCE]]
    )

    changes = await play(script, watched(2))

    assert script.positions() == ["50", "7"]
    assert faults(changes)[0].restart == "gone"


async def test_a_page_that_expires_begins_the_list_anew() -> None:
    script = Script([[page("a"), Gone(410, "token")], [page("b", version=20)]], [])

    changes = await play(script, watched(1))

    listings = [one for one in changes if isinstance(one, Listing)]
    assert [one.first for one in listings] == [True, True]
    assert script.positions() == ["20"]


async def test_watches_that_end_at_once_are_slowed_down_and_then_listed_again() -> None:
    at_once: list[Sequence[Step]] = [[OPEN] for _ in range(6)]
    script = Script([[page("a")] for _ in range(9)], [*at_once, [OPEN, SILENCE]])

    changes = await play(script, watched(7))

    assert [one.restart for one in faults(changes)] == ["short"] * 6
    assert len(script.times("list")) > 1
    times = script.times("watch")
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert min(waits) >= 0.4 and sum(waits) > 10


async def test_a_server_that_ends_each_watch_after_one_event_is_not_asked_without_pause() -> None:
    short: list[Sequence[Step]] = [[OPEN, put("a", 11 + number)] for number in range(5)]
    script = Script([[page("a")]], [*short, [OPEN, SILENCE]])

    await play(script, watched(6))

    assert script.times("watch")[-1] > 2
    assert len(script.times("list")) == 1


async def test_pauses_grow_to_half_a_minute_and_no_further() -> None:
    down: list[Sequence[Step]] = [[Unreachable("refused", "down")] for _ in range(20)]
    script = Script([*down, [page("a")]], [])

    changes = await play(script, watched(1))

    pauses = [one.pause for one in faults(changes)]
    assert 0.4 <= pauses[0] <= 0.8
    assert 15 <= pauses[-1] <= 30
    assert max(pauses) <= 30


async def test_pauses_begin_small_again_after_a_watch_that_lasted() -> None:
    down: list[Sequence[Step]] = [[Unreachable("refused", "down")] for _ in range(8)]
    lasted: Sequence[Step] = [OPEN, 60, Unreachable("reset", "cut")]
    script = Script([*down, [page("a")]], [lasted, [OPEN, SILENCE]])

    changes = await play(script, watched(2))

    assert faults(changes)[-1].pause <= 0.8


async def test_retry_after_is_honoured_up_to_a_minute() -> None:
    busy = TooManyRequests(429, "busy", 7)
    very_busy = TooManyRequests(429, "busy", 3600)
    script = Script([[busy], [very_busy], [page("a")]], [])

    changes = await play(script, watched(1))

    first, second = (one.pause for one in faults(changes))
    assert 7 <= first <= 8
    assert 60 <= second <= 66


async def test_throttled_watches_keep_their_place() -> None:
    script = Script([[page("a")]], [[TooManyRequests(429, "busy", 1)], [OPEN, SILENCE]])

    changes = await play(script, watched(1))

    assert script.positions() == ["10", "10"]
    assert faults(changes)[0].restart == "throttled"


@pytest.mark.parametrize("error", [Forbidden(403, "no"), NotFound(404, "no such kind")])
async def test_what_is_refused_is_asked_for_again_every_minute(error: KubernetesError) -> None:
    script = Script([[error], [error], [page("a")]], [])

    await play(script, watched(1))

    first, second, third = script.times("list")
    assert 54 <= second - first <= 66
    assert 54 <= third - second <= 66


@pytest.mark.parametrize(
    "error", [Forbidden(403, "no"), NotFound(404, "what?"), NotWatchable(405, "only lists")]
)
async def test_what_may_be_listed_but_not_watched_is_listed_every_minute(
    error: KubernetesError,
) -> None:
    script = Script([[page("a")], [page("b")]], [[error], [OPEN, SILENCE]])

    changes = await play(script, watched(1))

    first, second = script.times("list")
    assert 54 <= second - first <= 66
    assert faults(changes)[0].current


async def test_a_watch_that_is_refused_later_is_asked_about_by_a_list_at_once() -> None:
    script = Script(
        [[page("a")], [Forbidden(403, "no")], [page("b")]],
        [[OPEN, 100], [Forbidden(403, "no")], [OPEN, SILENCE]],
    )

    changes = await play(script, watched(2))

    _, second, third = script.times("list")
    assert second <= 102
    assert third - second >= 54
    assert [one.current for one in faults(changes)] == [True, False, False]


async def test_a_rejected_credential_is_not_tried_again_for_half_a_minute() -> None:
    script = Script([[Unauthorized(401, "who?")], [page("a")]], [])

    await play(script, watched(1))

    first, second = script.times("list")
    assert second - first >= 30


async def test_the_cluster_is_verified_before_every_list_and_every_watch() -> None:
    verified = 0

    async def verify() -> None:
        nonlocal verified
        verified += 1

    script = Script([[page("a")]], [[OPEN, 20], [OPEN, 20], [OPEN, SILENCE]])

    await play(script, watched(3), verify)

    assert verified == 1 + 3


async def test_another_cluster_ends_the_stream() -> None:
    async def verify() -> None:
        raise IdentityChanged("before", "now")

    with pytest.raises(IdentityChanged):
        await play(Script([], []), last_is(Listed), verify)


async def test_watches_are_short_until_two_bookmarks_have_come() -> None:
    script = Script(
        [[page("a")]],
        [[OPEN, 50], [OPEN, bookmark(11), 30, bookmark(12), 20], [OPEN, SILENCE]],
    )

    await play(script, watched(3))

    lasting = [one[3] for one in script.asked if one[0] == "watch"]
    assert lasting[0] <= 60
    assert lasting[1] <= 60
    assert lasting[2] >= 300


async def test_after_a_silent_watch_bookmarks_are_no_longer_relied_on() -> None:
    script = Script(
        [[page("a")]],
        [
            [OPEN, bookmark(11), bookmark(12), 20],
            [OPEN, Unreachable("timeout", "silent")],
            [OPEN, SILENCE],
        ],
    )

    changes = await play(script, watched(3))

    lasting = [one[3] for one in script.asked if one[0] == "watch"]
    assert lasting[1] >= 300
    assert lasting[2] <= 60
    assert faults(changes)[-1].restart == "silent"


def listed(times: int) -> Callable[[list[Change[Object]]], bool]:
    def enough(changes: list[Change[Object]]) -> bool:
        return sum(isinstance(one, Listed) for one in changes) >= times

    return enough


def every_five_minutes() -> float:
    return 300.0


async def test_a_polled_kind_is_listed_again_and_again_and_never_watched() -> None:
    script = Script([[page("a")], [page("a", "b"), page("c")], [page("b")]], [])

    changes = await play(script, listed(3), until_next_list=every_five_minutes)

    assert script.times("list") == [0, 300, 600]
    assert script.times("watch") == []
    assert faults(changes) == []


async def test_a_polled_kind_that_fails_is_retried_as_any_other_and_then_back_in_step() -> None:
    down: list[Sequence[Step]] = [[Unreachable("refused", "down")] for _ in range(8)]
    script = Script([[page("a")], *down, [page("a")], [page("a")]], [])

    changes = await play(script, listed(3), until_next_list=every_five_minutes)

    lost = faults(changes)
    assert [(one.watching, one.current) for one in lost] == [(False, False)] * 8
    assert lost[0].pause <= 0.8 and 15 <= lost[-1].pause <= 30
    *_, recovered, next_one = script.times("list")
    assert next_one - recovered == pytest.approx(300)


async def test_the_pauses_of_a_polled_kind_begin_small_again_after_a_list() -> None:
    down = Unreachable("refused", "down")
    script = Script([*([down] for _ in range(8)), [page("a")], [down], [page("a")]], [])

    changes = await play(script, listed(2), until_next_list=every_five_minutes)

    assert faults(changes)[-1].pause <= 0.8


async def test_a_polled_kind_that_failed_is_woken_and_one_that_did_not_is_left_in_peace() -> None:
    rested = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    script = Script([[page("a")], [Unauthorized(401, "who?")], [page("a")]], [])

    await play(script, listed(2), rest=rest, until_next_list=every_five_minutes)

    assert len(rested) == 1 and rested[0] >= 30
    assert script.times("list") == [0, 300, 300]


@pytest.mark.parametrize("error", [Forbidden(403, "no"), NotFound(404, "no such kind")])
async def test_a_polled_kind_that_is_refused_is_asked_for_again_every_minute(
    error: KubernetesError,
) -> None:
    script = Script([[error], [page("a")]], [])

    await play(script, listed(1), until_next_list=every_five_minutes)

    first, second = script.times("list")
    assert 54 <= second - first <= 66


async def test_the_cluster_is_verified_before_every_poll() -> None:
    verified = 0

    async def verify() -> None:
        nonlocal verified
        verified += 1
        if verified == 3:
            raise IdentityChanged("before", "now")

    script = Script([[page("a")], [page("a")]], [])

    with pytest.raises(IdentityChanged):
        await play(script, listed(3), verify, until_next_list=every_five_minutes)

    assert len(script.times("list")) == 2
