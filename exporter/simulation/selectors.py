"""Label and field selectors, evaluated on encoded objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from exporter.simulation.storage import Key

Selector = Callable[[Key, bytes], bool]
"""Whether an object is selected, from its key and its JSON."""

_SET_BASED = re.compile(r"^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EQUALITY = re.compile(r"^\s*([^\s!=]+)\s*(==|=|!=)\s*(\S*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s!=()]+)\s*$")
_BETWEEN_REQUIREMENTS = re.compile(r",(?![^()]*\))")


class UnusableSelector(ValueError):
    """A selector that the API server answers with 400."""


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Labelled(msgspec.Struct):
    metadata: _Metadata


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str | None = None


class _Scheduled(msgspec.Struct):
    spec: _Spec


class _Typed(msgspec.Struct):
    type: str = ""


_decode_labelled = msgspec.json.Decoder(_Labelled).decode
_decode_scheduled = msgspec.json.Decoder(_Scheduled).decode
_decode_typed = msgspec.json.Decoder(_Typed).decode

_FIELDS: dict[str, Callable[[Key, bytes], str]] = {
    "metadata.name": lambda key, _: key[1],
    "metadata.namespace": lambda key, _: key[0],
    "spec.nodeName": lambda _, encoded: _decode_scheduled(encoded).spec.node_name or "",
    "type": lambda _, encoded: _decode_typed(encoded).type,
}


def selector(query: Mapping[str, str]) -> Selector | None:
    """The selector of a request, None when everything is selected. Raises UnusableSelector."""
    by_labels = _label_requirements(query.get("labelSelector", ""))
    by_fields = _field_requirements(query.get("fieldSelector", ""))
    if not by_labels and not by_fields:
        return None

    def selected(key: Key, encoded: bytes) -> bool:
        if not all(requirement(key, encoded) for requirement in by_fields):
            return False
        if not by_labels:
            return True
        labels = _decode_labelled(encoded).metadata.labels or {}
        return all(requirement(labels) for requirement in by_labels)

    return selected


def _field_requirements(text: str) -> list[Selector]:
    return [_field_requirement(part) for part in text.split(",") if part.strip()]


def _field_requirement(text: str) -> Selector:
    parsed = _EQUALITY.match(text)
    if parsed is None:
        raise UnusableSelector(f"invalid selector: '{text}'; can't understand '{text}'")
    name, operator, wanted = parsed.groups()
    if name not in _FIELDS:
        raise UnusableSelector(f"field label not supported: {name}")
    field = _FIELDS[name]
    equal = operator != "!="
    return lambda key, encoded: (field(key, encoded) == wanted) is equal


def _label_requirements(text: str) -> list[Callable[[Mapping[str, str]], bool]]:
    parts = _BETWEEN_REQUIREMENTS.split(text)
    return [_label_requirement(part) for part in parts if part.strip()]


def _label_requirement(text: str) -> Callable[[Mapping[str, str]], bool]:
    if parsed := _SET_BASED.match(text):
        name, operator, listed = parsed.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda labels: labels.get(name) in values
        return lambda labels: labels.get(name) not in values
    if parsed := _EQUALITY.match(text):
        name, operator, wanted = parsed.groups()
        if operator == "!=":
            return lambda labels: labels.get(name) != wanted
        return lambda labels: labels.get(name) == wanted
    if parsed := _EXISTS.match(text):
        absent, name = parsed.groups()
        return lambda labels: (name in labels) is not bool(absent)
    raise UnusableSelector(f"unable to parse requirement: {text.strip()!r}")
