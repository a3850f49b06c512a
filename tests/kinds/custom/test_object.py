"""Custom resources as they come."""

from __future__ import annotations

import pytest

from exporter.kinds.custom.object import CustomObject
from exporter.kubernetes.decoding import Decoder, Undecodable

decoder = Decoder(CustomObject)


def test_all_fields_are_there_with_the_nulls_among_them() -> None:
    obj = decoder.decode(b'{"metadata": {"name": "a"}, "spec": [null, 1, {"b": null}]}')

    assert obj.fields["spec"] == [None, 1, {"b": None}]
    assert obj.metadata.name == "a"


def test_nulls_of_the_metadata_count_as_absent() -> None:
    obj = decoder.decode(b'{"metadata": {"name": "a", "labels": null}, "spec": [null]}')

    assert obj.metadata.labels == {}
    assert obj.fields == {"metadata": {"name": "a", "labels": None}, "spec": [None]}


def test_an_object_may_be_without_metadata() -> None:
    assert decoder.decode(b'{"metadata": null}').metadata.name == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"[]", "array"),
        (b"null", "null"),
        (b"{", "truncated"),
        (b'{"metadata": {"name": 5}}', r"\$\.metadata\.name"),
    ],
)
def test_what_is_no_object_of_kubernetes_is_undecodable(text: bytes, problem: str) -> None:
    with pytest.raises(Undecodable, match=problem):
        decoder.decode(text)
