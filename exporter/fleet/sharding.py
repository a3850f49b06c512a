"""
Which objects are this replica's, when one giant cluster is read by several.

The same hash as kube-state-metrics' sharding, so that shards of both agree: FNV-1a of the UID,
placed by jump consistent hash (Lamping and Veach, https://arxiv.org/abs/1406.2294).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from exporter.fleet.mirror import Sink
from exporter.kubernetes.objects import HasMetadata, Key

T = TypeVar("T", bound=HasMetadata)

_64_BITS = 2**64 - 1


@dataclass(frozen=True)
class Shard:
    """Shard `number` of `total`, counted from 0."""

    number: int
    total: int

    def owns(self, uid: str) -> bool:
        """Whether the object with this UID is ours."""
        return jump_hash(fnv1a(uid.encode()), self.total) == self.number


class Sharded(Generic[T]):
    """Tells a sink of the objects of one shard alone."""

    def __init__(self, sink: Sink[T], shard: Shard) -> None:
        self._sink = sink
        self._shard = shard
        self.begin_list = sink.begin_list
        self.end_list = sink.end_list
        self.remove = sink.remove

    def list_object(self, obj: T) -> None:
        """Passed on if it is ours."""
        if self._shard.owns(obj.metadata.uid):
            self._sink.list_object(obj)

    def put(self, key: Key, obj: T) -> None:
        """Passed on if it is ours; an object of the same name may have been, and is gone."""
        if self._shard.owns(obj.metadata.uid):
            self._sink.put(key, obj)
        else:
            self._sink.remove(key)


def fnv1a(text: bytes) -> int:
    """The 64-bit FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/)."""
    value = 0xCBF29CE484222325
    for byte in text:
        value = ((value ^ byte) * 0x100000001B3) & _64_BITS

    return value


def jump_hash(key: int, buckets: int) -> int:
    """The bucket of `key`, from 0; few keys move when a bucket is added."""
    bucket, following = -1, 0
    while following < buckets:
        bucket = following
        key = (key * 2862933555777941757 + 1) & _64_BITS
        following = int((bucket + 1) * (2**31 / ((key >> 33) + 1)))

    return bucket
