from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from exporter.discovery.argocd import ArgoCd
from exporter.discovery.declared import Labelled, Marks
from exporter.discovery.found import Finding
from exporter.discovery.member import filled, member
from exporter.discovery.provider import Way
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential

SETTINGS = ArgoCd(labels={"region": "region"}, marks=Marks(hibernated="asleep", virtual="guest"))
WAY = Way(Server("https://eu", Tls(), UserCredentials(StoredCredential())), "digest")


def found(declared: Labelled = SETTINGS, *, name: str = "", **metadata: Any) -> Finding:
    fields = metadata.pop("fields", {})
    given = Metadata(name="eu", **metadata)
    return member(
        declared, given, fields, origin="cluster eu", of=("spec",), way=lambda: WAY, name=name
    )


def test_it_is_named_as_the_object_unless_something_else_is_said() -> None:
    assert (found().name, found(name="Europe").name) == ("eu", "Europe")


def test_labels_come_from_labels_then_fields_then_annotations() -> None:
    first, second, third = ({"region": each} for each in "123")

    assert found(labels=first, fields=second, annotations=third).labels == first
    assert found(fields=second, annotations=third).labels == second
    assert found(annotations=third).labels == third


def test_one_whose_object_is_being_deleted_is_in_maintenance() -> None:
    assert not found().maintenance
    assert found(deletion_timestamp=datetime(2026, 1, 1, tzinfo=UTC)).maintenance


def test_marks_are_set_by_labels() -> None:
    marked = found(labels={"asleep": "true", "guest": ""})

    assert (marked.hibernated, marked.virtual) == (True, True)


def test_what_managers_write_all_the_time_makes_no_other_cluster() -> None:
    assert found(resource_version="1").of == found(resource_version="2").of
    assert found(labels={"region": "1"}).of != found(labels={"region": "2"}).of
    assert found(labels={"asleep": "true"}).of != found().of


def test_empty_fields_are_no_values() -> None:
    assert filled({"spec.region": "eu", "spec.provider": ""}) == {"spec.region": "eu"}
