"""Label and field selectors."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.simulation.selectors import UnusableSelector, selector

POD = {
    "metadata": {"labels": {"app": "web", "tier": "front", "shop.example.com/team": "checkout"}},
    "spec": {"nodeName": "n1"},
    "type": "Opaque",
}
KEY = ("shop", "web-0")


def selected(obj: object = POD, **query: str) -> bool:
    chosen = selector(query)
    assert chosen is not None
    return chosen(KEY, msgspec.json.encode(obj))


def test_without_selectors_there_is_nothing_to_evaluate() -> None:
    assert selector({"limit": "5"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "app=web",
        "app==web",
        " app = web , tier!=back",
        "app!=db",
        "missing!=x",
        "app",
        "!missing",
        "app in (db, web)",
        "app in (web),tier in (front,back)",
        "app notin (db)",
        "missing notin (a,b)",
        "shop.example.com/team=checkout",
    ],
)
def test_labels_that_match(text: str) -> None:
    assert selected(labelSelector=text)


@pytest.mark.parametrize(
    "text",
    [
        "app=db",
        "app=",
        "app!=web",
        "!app",
        "missing",
        "app in (db)",
        "app notin (web)",
        "app,tier=x",
    ],
)
def test_labels_that_do_not_match(text: str) -> None:
    assert not selected(labelSelector=text)


def test_an_object_without_labels_has_no_labels() -> None:
    assert not selected({"metadata": {}}, labelSelector="app")
    assert selected({"metadata": {"labels": None}}, labelSelector="!app")


@pytest.mark.parametrize(
    "text",
    [
        "metadata.name=web-0",
        "metadata.namespace==shop,metadata.name!=other",
        "metadata.namespace!=data",
        "spec.nodeName=n1",
        "type=Opaque",
    ],
)
def test_fields_that_match(text: str) -> None:
    assert selected(fieldSelector=text)


@pytest.mark.parametrize("text", ["metadata.name=a", "spec.nodeName=", "type!=Opaque"])
def test_fields_that_do_not_match(text: str) -> None:
    assert not selected(fieldSelector=text)


def test_a_pod_on_no_node_is_selected_by_an_empty_node_name() -> None:
    assert selected({"metadata": {}, "spec": {}}, fieldSelector="spec.nodeName=")


def test_both_selectors_must_match() -> None:
    assert selected(labelSelector="app=web", fieldSelector="type=Opaque")
    assert not selected(labelSelector="app=web", fieldSelector="type=Other")
    assert not selected(labelSelector="app=db", fieldSelector="type=Opaque")


@pytest.mark.parametrize("text", ["app in web", "a b c", "in (a)"])
def test_a_label_selector_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(UnusableSelector):
        selector({"labelSelector": text})


@pytest.mark.parametrize("text", ["status.phase=Running", "metadata.name", "a b"])
def test_a_field_that_cannot_be_selected_is_refused(text: str) -> None:
    with pytest.raises(UnusableSelector):
        selector({"fieldSelector": text})


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_either_a_selector_or_refused(labels: str, fields: str) -> None:
    try:
        chosen = selector({"labelSelector": labels, "fieldSelector": fields})
    except UnusableSelector:
        return
    if chosen is not None:
        chosen(KEY, msgspec.json.encode(POD))
