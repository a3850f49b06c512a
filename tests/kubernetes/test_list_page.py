"""Pages of lists: decoded in one go or, where an object needs care, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.list_page import ListDecoder
from exporter.kubernetes.objects import ApiObject, Metadata, Object
from exporter.kubernetes.table import Tables


class Spec(ApiObject, frozen=True):
    node_name: str = ""


class Pod(ApiObject, frozen=True):
    metadata: Metadata = Metadata()
    spec: Spec = Spec()


class Secret(ApiObject, frozen=True):
    metadata: Metadata = Metadata()
    type: str = ""


pages = ListDecoder(Pod, None)


def document(*items: object) -> bytes:
    metadata = {"resourceVersion": "7", "continue": "c", "remainingItemCount": 3}
    return json.dumps({"kind": "PodList", "metadata": metadata, "items": items}).encode()


def pod(name: str, **spec: object) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": spec}


def names(body: bytes) -> list[str]:
    return [one.metadata.name for one in pages.decode(body).objects]


def test_a_page_is_its_objects_and_what_is_said_of_the_list() -> None:
    page = pages.decode(document(pod("a", nodeName="n1"), pod("b")))

    assert [(one.metadata.name, one.spec.node_name) for one in page.objects] == [
        ("a", "n1"),
        ("b", ""),
    ]
    assert page.undecodable == 0
    assert page.metadata.resource_version == "7"
    assert page.metadata.continue_ == "c"
    assert page.metadata.remaining_item_count == 3


def test_a_null_in_one_object_is_a_field_that_is_not_there() -> None:
    page = pages.decode(document(pod("a", nodeName="n1"), pod("b", nodeName=None)))

    assert [one.spec for one in page.objects] == [Spec("n1"), Spec()]
    assert page.undecodable == 0


def test_an_object_that_cannot_be_decoded_costs_itself_only() -> None:
    body = document(pod("a"), pod("b", nodeName=7), None, pod("c", nodeName=None))

    assert names(body) == ["a", "c"]
    assert pages.decode(body).undecodable == 2


def test_text_that_is_not_utf_8_costs_its_object_only() -> None:
    body = document(pod("a"), pod("b")).replace(b'"b"', b'"\xff"')

    assert names(body) == ["a"]
    assert pages.decode(body).undecodable == 1


@pytest.mark.parametrize("items", [b"", b',"items":null', b',"items":[]'])
def test_items_that_are_missing_or_null_are_none(items: bytes) -> None:
    assert names(b'{"kind":"PodList","metadata":{}%b}' % items) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"kind":"Status","metadata":{}}',
        b'{"kind":"PodList"}',
        b'{"kind":"Table","metadata":{},"rows":[]}',
        b'{"kind":"PodList","metadata":{},"items":{}}',
        b'{"kind":"PodList","metadata":{},"items":[',
        b'{"kind":"PodList","metadata":{},"items":[{"spec":{"nodeName":7}},',
    ],
)
def test_what_is_not_a_list_is_never_taken_for_an_empty_one(body: bytes) -> None:
    with pytest.raises(Undecodable):
        pages.decode(body)


def test_a_table_is_read_where_one_was_asked_for() -> None:
    secrets = ListDecoder(Secret, Tables({"Type": "type"}))
    table = {
        "kind": "Table",
        "metadata": {"resourceVersion": "7"},
        "columnDefinitions": [{"name": "Name"}, {"name": "Type"}],
        "rows": [
            {"cells": ["a", "Opaque"], "object": {"metadata": {"name": "a"}}},
            {"cells": ["b", 7], "object": {"metadata": {"name": "b"}}},
        ],
    }

    page = secrets.decode(json.dumps(table).encode())

    assert page.objects == [Secret(Metadata(name="a"), "Opaque")]
    assert page.undecodable == 1
    assert page.metadata.resource_version == "7"


def test_a_server_that_sends_a_list_in_place_of_a_table_is_understood() -> None:
    secrets = ListDecoder(Secret, Tables({"Type": "type"}))

    assert secrets.decode(document(pod("a"))).objects == [Secret(Metadata(name="a"))]


def test_a_type_that_is_no_struct_makes_itself_of_each_object() -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        @classmethod
        def from_json(cls, value: Any) -> Named:
            if "name" not in value:
                raise ValueError("no name")

            return cls(value["name"])

    page = ListDecoder(Named, None).decode(document({"name": "a"}, {"other": None}, {"name": "b"}))

    assert [one.name for one in page.objects] == ["a", "b"]
    assert page.undecodable == 1


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["metadata", "spec", "name", "nodeName", "labels"]),
                    inner,
                    max_size=4,
                )
            ),
        ),
        max_size=4,
    )
)
def test_a_page_holds_what_each_of_its_objects_decodes_to_alone(items: list[object]) -> None:
    alone = Decoder(Pod)
    expected = []
    for item in items:
        try:
            expected.append(alone.decode(json.dumps(item).encode()))
        except Undecodable:
            continue

    page = pages.decode(document(*items))

    assert page.objects == expected
    assert page.undecodable == len(items) - len(expected)


def test_only_metadata_is_read_of_whole_objects_where_that_is_the_type() -> None:
    page = ListDecoder(Object, None).decode(document({"metadata": {"name": "a"}, "data": {"k": 1}}))

    assert page.objects == [Object(Metadata(name="a"))]
