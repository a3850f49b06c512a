"""The families that many kinds have in the same words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exporter.families.any_object import (
    LAST_APPLIED,
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_info,
    declare_labels,
    declare_owner,
    declare_resource_version,
)
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter, identity_text
from exporter.kubernetes.objects import Metadata, Object, OwnerReference

things: Kind[Object] = Kind(Object, "v1", "things", singular="thing", identity=("thing",))
declare_created(things, "stable")
declare_deletion_timestamp(things)
declare_labels(things, "stable")
declare_annotations(things)
declare_owner(things)
declare_info(things)
declare_resource_version(things)

ALL = Selection(labels_allow_list={"*": ("*",)}, annotations_allow_list={"*": ("*",)})


def lines(family: str, selection: Selection = ALL, **metadata: Any) -> list[str]:
    """The lines of `kube_thing_<family>`, from the first label that is the family's own."""
    writer = KindWriter(things, selection)
    names = [one.name for one in writer.families]
    thing = Object(Metadata(name="t", **metadata))
    identity = identity_text(writer.identity, ("c", *things.identity_of(thing)))
    text = writer.writes[names.index(f"kube_thing_{family}")](identity, thing)
    return [line.replace(f"kube_thing_{family}{{{identity}", "{") for line in text.split("\n")[:-1]]


MOMENT = datetime(2026, 11, 21, 2, 10, 33, 999_999, tzinfo=UTC)


def test_creation_and_deletion_are_whole_seconds_and_left_out_when_there_was_none() -> None:
    assert lines("created", creation_timestamp=MOMENT) == ["{} 1795227033"]
    assert lines("created") == []
    assert lines("deletion_timestamp", deletion_timestamp=MOMENT) == ["{} 1795227033"]
    assert lines("deletion_timestamp") == []


def test_labels_and_annotations_are_told_apart_by_their_prefix() -> None:
    assert lines("labels", labels={"a.b/c": "1"}) == ['{,label_a_b_c="1"} 1']
    assert lines("annotations", annotations={"a.b/c": "1"}) == ['{,annotation_a_b_c="1"} 1']


def test_the_last_applied_configuration_is_never_shown() -> None:
    annotations = {LAST_APPLIED: '{"password": "s3cret"}', "team": "x"}
    by_name = Selection(annotations_allow_list={"things": (LAST_APPLIED, "kubectl*")})

    assert lines("annotations", annotations=annotations) == ['{,annotation_team="x"} 1']
    assert lines("annotations", by_name, annotations=annotations) == ["{} 1"]


def test_owners_are_shown_one_by_one() -> None:
    owners = (
        OwnerReference("ReplicaSet", "web", controller=True),
        OwnerReference("Thing", "x", controller=False),
        OwnerReference("Thing", "y"),
    )

    assert lines("owner", owner_references=owners) == [
        '{,owner_kind="ReplicaSet",owner_name="web",owner_is_controller="true"} 1',
        '{,owner_kind="Thing",owner_name="x",owner_is_controller="false"} 1',
        '{,owner_kind="Thing",owner_name="y",owner_is_controller="false"} 1',
    ]


def test_an_object_nobody_owns_has_one_series_with_empty_labels() -> None:
    assert lines("owner") == ['{,owner_kind="",owner_name="",owner_is_controller=""} 1']


def test_that_an_object_exists_is_always_1() -> None:
    assert lines("info") == ["{} 1"]


def test_the_resource_version_is_shown_as_a_number() -> None:
    assert lines("metadata_resource_version", resource_version="751") == ["{} 751"]
    assert lines("metadata_resource_version", resource_version=str(2**64 - 1)) == [
        f"{{}} {2**64 - 1}"
    ]


@pytest.mark.parametrize("text", ["", "123456B", "-1", " 1", "1_0", "\u0663", "9" * 5000])
def test_a_resource_version_that_is_no_number_is_not_shown(text: str) -> None:
    assert lines("metadata_resource_version", resource_version=text) == []


def test_the_stability_is_the_kinds_choice() -> None:
    stable = {one.name for one in things.families if one.stability == "stable"}

    assert stable == {"kube_thing_created", "kube_thing_labels"}
