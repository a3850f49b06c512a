"""JSON as an API server sends it, decoded into structs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kinds import KINDS
from exporter.kinds.pod import Pod, pods
from exporter.kubernetes.decoding import Decoder, Undecodable, converted

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web-0",
        "namespace": "shop",
        "uid": "u",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "web"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "controller": True}],
    },
    "spec": {
        "nodeName": "n",
        "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}}}],
        "tolerations": [{"key": "k", "tolerationSeconds": 300}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
    },
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}],
    },
}

decoder = Decoder(Pod)


def decoded(obj: object) -> Pod:
    return decoder.decode(json.dumps(obj).encode())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.resource))
def test_an_empty_object_has_every_default(kind: Any) -> None:
    empty = Decoder(kind.type).decode(b"{}")

    assert empty == kind.type()
    assert set(kind.identity_of(empty)) == {""}


def test_fields_that_nobody_reads_are_skipped_whatever_they_are() -> None:
    assert decoded({"spec": {"nodeName": "n", "affinity": [1, {"a": None}]}}) == decoded(
        {"spec": {"nodeName": "n"}}
    )


def test_the_nulls_that_go_writes_are_read_at_once() -> None:
    pod = decoded(
        {
            "metadata": {"creationTimestamp": None},
            "status": {
                "conditions": [
                    {"type": "Ready", "lastProbeTime": None, "lastTransitionTime": None}
                ],
                "containerStatuses": [
                    {"state": {"running": {"startedAt": None}}},
                    {"lastState": {"terminated": {"startedAt": None, "finishedAt": None}}},
                ],
            },
        }
    )

    assert pod.status.conditions[0].type == "Ready"
    assert pod.status.container_statuses[0].state.running is not None


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def put(path: tuple[str | int, ...], item: object) -> Any:
    """The pod with `item` at `path`."""
    document = json.loads(json.dumps(POD))
    inner = document
    for key in path[:-1]:
        inner = inner[key]

    inner[path[-1]] = item
    return document


def without(path: tuple[str | int, ...]) -> Any:
    document = json.loads(json.dumps(POD))
    inner = document
    for key in path[:-1]:
        inner = inner[key]

    del inner[path[-1]]
    return document


@pytest.mark.parametrize("path", list(places(POD)), ids=lambda path: ".".join(map(str, path)))
def test_a_null_anywhere_counts_as_absent(path: tuple[str | int, ...]) -> None:
    assert decoded(put(path, None)) == decoded(without(path))


@pytest.mark.parametrize(
    ("path", "wrong", "shown"),
    [
        (("metadata",), "text", "$.metadata"),
        (("metadata", "name"), 7, "$.metadata.name"),
        (("metadata", "creationTimestamp"), "yesterday", "$.metadata.creationTimestamp"),
        (("metadata", "labels"), ["app"], "$.metadata.labels"),
        (("metadata", "labels", "app"), {"a": "b"}, "$.metadata.labels[...]"),
        (("spec", "containers"), {}, "$.spec.containers"),
        (("status", "containerStatuses", 0, "ready"), "true", "containerStatuses[0].ready"),
    ],
)
def test_a_field_of_another_type_makes_the_object_undecodable_and_is_named(
    path: tuple[str | int, ...], wrong: object, shown: str
) -> None:
    with pytest.raises(Undecodable) as error:
        decoded(put(path, wrong))

    assert f"{shown}`" in str(error.value)


def test_what_an_undecodable_object_holds_is_not_told() -> None:
    with pytest.raises(Undecodable) as error:
        decoded({"metadata": {"name": ["s3cret"], "labels": {"s3cret": 7}}})

    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"pod"',
        b'{"metadata": {"name": "\xff\xfe"}}',
        b'{"metadata": {"name": NaN}}',
        b'{"spec": {"affinity": ' + b"[" * 100_000,
        b'{"spec": {"nodeName": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"spec": {"affinity": ' + b"[" * 100_000 + b"]" * 100_000 + b', "nodeName": null}}',
    ],
    ids=lambda text: repr(text[:30]),
)
def test_hostile_bytes_are_undecodable_and_nothing_worse(text: bytes) -> None:
    with pytest.raises(Undecodable):
        decoder.decode(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["metadata", "spec", "status", "name", "containers", "state"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_json_is_a_pod_or_undecodable(value: object) -> None:
    try:
        pod = decoded(value)
    except Undecodable:
        return

    assert isinstance(pod, pods.type)


def test_a_null_is_an_error_where_nulls_are_not_looked_for() -> None:
    text = b'{"metadata": {"labels": null}}'

    assert decoder.decode_strictly(b'{"metadata": {}}') == decoder.decode(text) == Pod()
    with pytest.raises(Undecodable, match="labels"):
        decoder.decode_strictly(text)


class Whole:
    """What makes itself of the whole document."""

    def __init__(self, value: dict[str, object]) -> None:
        self.value = value

    @classmethod
    def from_json(cls, value: Any) -> Whole:
        if "name" not in value:
            raise ValueError("no name")

        return cls(value)


def test_a_type_that_is_no_struct_makes_itself_of_the_document() -> None:
    assert Decoder(Whole).decode(b'{"name": null, "b": [null]}').value == {
        "name": None,
        "b": [None],
    }


def test_a_type_that_cannot_make_itself_of_the_document_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="no name"):
        Decoder(Whole).decode(b"{}")


def test_parsed_json_is_converted_without_the_nulls_of_structs() -> None:
    assert converted({"metadata": {"name": "a", "labels": None}}, Pod).metadata.name == "a"
