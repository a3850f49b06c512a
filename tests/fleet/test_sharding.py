"""Which objects are a replica's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.fleet.sharding import Shard, Sharded, fnv1a, jump_hash
from exporter.kubernetes.objects import Metadata, Object

uids = st.uuids().map(str)


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)],
)
def test_fnv1a_gives_the_published_values(text: bytes, value: int) -> None:
    assert fnv1a(text) == value


@pytest.mark.parametrize(
    ("key", "buckets", "bucket"),
    [
        (0, 1, 0),
        (1, 1, 0),
        (42, 57, 43),
        (0xDEAD10CC, 1, 0),
        (0xDEAD10CC, 666, 361),
        (256, 1024, 520),
    ],
)
def test_jump_hash_gives_the_published_values(key: int, buckets: int, bucket: int) -> None:
    assert jump_hash(key, buckets) == bucket


@given(uids, st.integers(min_value=1, max_value=20))
def test_every_object_has_exactly_one_shard(uid: str, total: int) -> None:
    assert sum(Shard(number, total).owns(uid) for number in range(total)) == 1


class Kept:
    """A sink that shows what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begin_list(self) -> None:
        self.told.append("begin")

    def list_object(self, obj: Object) -> None:
        self.told.append(("list", obj.metadata.uid))

    def end_list(self) -> None:
        self.told.append("end")

    def put(self, key: tuple[str, str], obj: Object) -> None:
        self.told.append(("put", obj.metadata.uid))

    def remove(self, key: tuple[str, str]) -> None:
        self.told.append(("remove", key))


def of(shard: Shard, *, ours: bool) -> Object:
    """An object that is, or is not, of this shard."""
    number = next(n for n in range(1000) if shard.owns(str(n)) is ours)
    return Object(Metadata(name="x", uid=str(number)))


def test_only_the_shard_s_own_objects_are_told_of() -> None:
    kept, shard = Kept(), Shard(1, 3)
    sharded = Sharded(kept, shard)
    mine, other = of(shard, ours=True), of(shard, ours=False)

    sharded.begin_list()
    sharded.list_object(mine)
    sharded.list_object(other)
    sharded.end_list()
    sharded.put(("", "x"), mine)

    uid = mine.metadata.uid
    assert kept.told == ["begin", ("list", uid), "end", ("put", uid)]


def test_an_object_made_anew_under_another_uid_may_leave_the_shard() -> None:
    kept, shard = Kept(), Shard(0, 2)
    sharded = Sharded(kept, shard)

    sharded.put(("shop", "x"), of(shard, ours=False))
    sharded.remove(("shop", "y"))

    assert kept.told == [("remove", ("shop", "x")), ("remove", ("shop", "y"))]
