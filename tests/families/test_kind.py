"""A kind names its objects."""

from __future__ import annotations

from exporter.families.kind import Kind
from exporter.kubernetes.objects import Metadata, Object

THING = Object(Metadata(name="t", namespace="n", uid="u", generation=7))


def test_namespace_and_uid_are_the_objects_and_any_other_label_is_its_name() -> None:
    things = Kind(
        Object, "v1", "things", singular="thing", identity=("namespace", "thing_name", "uid")
    )

    assert things.identity_of(THING) == ("n", "t", "u")


def test_a_kind_may_say_where_a_label_comes_from() -> None:
    things = Kind(
        Object,
        "v1",
        "things",
        singular="thing",
        identity=("namespace", "generation"),
        also={
            "namespace": lambda thing: thing.metadata.name,
            "generation": lambda thing: str(thing.metadata.generation),
        },
    )

    assert things.identity_of(THING) == ("t", "7")
