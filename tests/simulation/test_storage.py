"""Objects, versions and history of a cluster."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.simulation.kinds import KINDS
from exporter.simulation.storage import Collection, Expired, Key, Storage


def encoded(name: str, version: int) -> bytes:
    metadata = {"name": name, "resourceVersion": str(version)}
    return json.dumps({"metadata": metadata}).encode()


def write(storage: Storage, collection: Collection, name: str) -> int:
    version = storage.next_version()
    storage.write(collection, ("shop", name), encoded(name, version), version)
    return version


def pods(storage: Storage) -> Collection:
    return storage.add(KINDS["pods"])


def test_versions_count_over_all_kinds() -> None:
    storage = Storage(history=10)
    nodes = storage.add(KINDS["nodes"])

    versions = [write(storage, pods(storage), "a"), write(storage, nodes, "n")]
    versions.append(write(storage, pods(storage), "a"))

    assert versions == [2, 3, 4]


def test_a_change_knows_what_was_before() -> None:
    storage = Storage(history=10)
    collection = pods(storage)
    first = write(storage, collection, "a")
    second = write(storage, collection, "a")
    storage.remove(collection, ("shop", "a"), storage.next_version())

    added, modified, deleted = collection.changes_after(1)

    assert (added.type, added.previous) == ("ADDED", None)
    assert (modified.type, modified.previous) == ("MODIFIED", encoded("a", first))
    assert (deleted.type, deleted.previous) == ("DELETED", encoded("a", second))
    assert json.loads(deleted.object)["metadata"]["resourceVersion"] == "4"


def test_a_version_before_the_history_is_expired() -> None:
    storage = Storage(history=2)
    collection = pods(storage)
    versions = [write(storage, collection, name) for name in "abc"]

    assert len(collection.changes_after(versions[0])) == 2
    with pytest.raises(Expired):
        collection.changes_after(versions[0] - 1)


def test_compacting_leaves_nothing_that_anybody_has_seen() -> None:
    storage = Storage(history=10)
    collection = pods(storage)
    seen = write(storage, collection, "a")

    storage.compact()

    with pytest.raises(Expired):
        collection.changes_after(seen)
    assert collection.changes_after(storage.resource_version) == []
    assert len(collection.objects) == 1


def test_a_kind_that_is_added_again_keeps_its_objects() -> None:
    storage = Storage(history=10)
    write(storage, pods(storage), "a")

    again = storage.add(KINDS["pods"]._replace(short_names=("p",)))

    assert len(again.objects) == 1
    assert again.kind.short_names == ("p",)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=40),
    st.integers(min_value=1, max_value=8),
)
def test_old_objects_and_the_changes_since_then_are_the_objects_now(
    operations: list[tuple[str, bool]], history: int
) -> None:
    storage = Storage(history=history)
    collection = pods(storage)
    past: dict[int, dict[Key, bytes]] = {storage.resource_version: {}}
    for name, removed in operations:
        if not removed:
            write(storage, collection, name)
        elif ("shop", name) in collection.objects:
            storage.remove(collection, ("shop", name), storage.next_version())
        past[storage.resource_version] = dict(collection.objects)

    for version, objects in past.items():
        try:
            changes = collection.changes_after(version)
        except Expired:
            assert storage.resource_version - version > history
            continue
        for change in changes:
            assert (change.key in objects) is (change.type != "ADDED")
            assert change.previous == objects.get(change.key)
            if change.type == "DELETED":
                del objects[change.key]
            else:
                objects[change.key] = change.object
        assert objects == collection.objects
