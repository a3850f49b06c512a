from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from exporter.discovery.hub_kind import HubKind, Wanted
from exporter.kubernetes.follow import (
    Change,
    Listed,
    Listing,
    Put,
    Removed,
    Undecodable,
    Watching,
)
from exporter.kubernetes.objects import Metadata, Object

WANTED = Wanted(("v1",), "secrets", Object)
OPTIONAL = Wanted(("v1",), "secrets", Object, optional=True)


def one(name: str, day: int | None = None) -> Object:
    created = None if day is None else datetime(2026, 1, day, tzinfo=UTC)
    return Object(metadata=Metadata(name=name, namespace="fleet", creation_timestamp=created))


def listing(*names: str, first: bool = True, undecodable: int = 0) -> Listing[Object]:
    return Listing([one(name) for name in names], first, undecodable)


def put(name: str) -> Put[Object]:
    return Put(("fleet", name), one(name))


def after(*changes: Change[Any], wanted: Wanted = WANTED) -> HubKind:
    kind = HubKind(wanted)
    for change in changes:
        kind.apply(change)

    return kind


def names(kind: HubKind) -> list[str]:
    return [name for _, name in kind.oldest_first()]


def test_a_list_counts_when_it_is_whole() -> None:
    begun = after(listing("a"), listing("b", first=False))
    whole = after(listing("a"), listing("b", first=False), Listed())

    assert (begun.known, names(begun)) == (False, [])
    assert (whole.known, names(whole)) == (True, ["a", "b"])


def test_a_new_list_replaces_the_old_one_at_its_end() -> None:
    old = (listing("a", "b"), Listed())

    assert names(after(*old, listing("c"))) == ["a", "b"]
    assert names(after(*old, listing("c"), Listed())) == ["c"]


def test_a_list_that_is_begun_anew_forgets_its_first_pages() -> None:
    assert names(after(listing("a"), listing("b"), Listed())) == ["b"]


def test_only_what_changes_the_objects_is_news() -> None:
    kind = after(listing("a"), Listed())

    assert kind.apply(put("b")) and kind.apply(Removed(("fleet", "b")))
    assert not kind.apply(Watching(opened=True))
    assert not kind.apply(Undecodable(("fleet", "a")))
    assert not kind.apply(listing("a"))


def test_an_object_that_is_unreadable_stays_what_it_was_until_it_is_readable_or_gone() -> None:
    kind = after(listing("a", "b"), Listed(), Undecodable(("fleet", "a")))
    assert names(kind) == ["a", "b"]
    assert kind.problem == "1 secrets cannot be decoded: fleet/a"

    kind.apply(put("a"))
    assert kind.problem == ""

    kind.apply(Undecodable(("fleet", "b")))
    kind.apply(Removed(("fleet", "b")))
    assert (names(kind), kind.problem) == (["a"], "")


def test_nothing_goes_with_a_list_of_which_a_part_is_unreadable() -> None:
    kind = after(
        listing("a", "b"),
        Listed(),
        listing("a", undecodable=1),
        listing("c", first=False),
        Listed(),
    )
    assert names(kind) == ["a", "b", "c"]
    assert kind.problem == "1 secrets cannot be decoded"

    kind.apply(listing("a"))
    kind.apply(Listed())
    assert (names(kind), kind.problem) == (["a"], "")


def test_the_oldest_comes_first_and_equals_come_by_name() -> None:
    objects = [one("young", 3), one("b", 2), one("old", 1), one("a", 2), one("ageless")]
    kind = after(Listing(objects, first=True, undecodable=0), Listed())

    assert names(kind) == ["ageless", "old", "a", "b", "young"]


def test_only_an_optional_kind_that_was_never_listed_is_done_without() -> None:
    assert not after().refused()
    assert not after(listing("a"), Listed(), wanted=OPTIONAL).refused()

    kind = after(wanted=OPTIONAL)
    assert kind.refused() and kind.known and names(kind) == []
