"""What the exporter may have to be allowed, for the chart's templates to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import yaml
from msgspec import inspect

from exporter.discovery.declared import FromHub
from exporter.discovery.found import HubProvider
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.providers import AnyProvider
from exporter.fleet.plan import EVENTS
from exporter.kinds import DEFAULT_RESOURCES, KINDS
from exporter.rbac import DEFINITIONS, IDENTITY, group_and_plural
from exporter.sources import unheard

_HEAD = "# What reading takes, by `make generate` from the exporter's own declarations.\n"
_BY_NAME = "metadata.name="


def permissions() -> str:
    """YAML: what each resource, the events and each provider that reads a hub take."""
    resources = {}
    for kind in KINDS:
        group, _ = group_and_plural(kind.api_version, kind.resource)
        resources[kind.resource] = {"group": group, "namespaced": kind.namespaced}

    document = {
        "identity": IDENTITY,
        "definitions": _place(DEFINITIONS),
        "events": [_place(group_and_plural(*place)) for place in EVENTS],
        "default": list(DEFAULT_RESOURCES),
        "resources": resources,
        "hubs": {_tag(one): hub(one) for one in get_args(AnyProvider) if issubclass(one, FromHub)},
    }
    return _HEAD + yaml.safe_dump(document, sort_keys=False)


def hub(declaration: type[FromHub]) -> dict[str, Any]:
    """
    What a provider reads in its hub, and the defaults of its fields that this depends on.

    Of each kind: `namespace` and `name` are the fields that say where, and which one alone; `if` is
    a field without which it is not read, `when` is fields and the values with which it is.
    """
    texts, choices, defaults = _fields(declaration)
    given = _accepted(declaration, texts)
    reads = {_key(read): read for read in _reads(declaration, given) or ()}
    for name, values in choices.items():
        found = {one: _reads(declaration, given | {name: one}) for one in values}
        reads = {_key(read): read for some in found.values() for read in some or ()}
        for key, read in reads.items():
            # A value that does not go with the other fields is not known to do without it.
            having = [one for one, some in found.items() if some is None or key in map(_key, some)]
            if having != values:
                read["when"] = {name: having}

    for name in given:
        left = _reads(declaration, {key: one for key, one in given.items() if key != name})
        kinds = {(read["group"], read["resource"]) for read in left or ()}
        for read in reads.values():
            absent = (read["group"], read["resource"]) not in kinds
            if left is not None and absent and "when" not in read:
                read["if"] = name

    used = {one.get(key) for one in reads.values() for key in ("namespace", "name", "if")}
    used |= {name for read in reads.values() for name in read.get("when", ())}
    return {
        "defaults": {name: one for name, one in defaults.items() if name in used},
        "reads": list(reads.values()),
    }


def _fields(
    declaration: type[FromHub],
) -> tuple[list[str], dict[str, list[str]], dict[str, str]]:
    """The provider's own fields that are texts; those that are choices; defaults of both."""
    own = [
        one
        for one in getattr(inspect.type_info(declaration), "fields", ())
        if one.name not in FromHub.__struct_fields__
    ]
    texts = [one.name for one in own if isinstance(one.type, inspect.StrType)]
    choices = {
        one.name: [str(value) for value in one.type.values]
        for one in own
        if isinstance(one.type, inspect.LiteralType)
    }
    defaults = {one.name: one.default for one in own if isinstance(one.default, str)}
    return texts, choices, defaults


def _accepted(declaration: type[FromHub], texts: list[str]) -> dict[str, str]:
    """Something for each field that takes just anything."""
    given: dict[str, str] = {}
    for name in texts:
        more = given | {name: _sentinel(name)}
        if _reads(declaration, more) is not None or _reads(declaration, given) is None:
            given = more

    return given


def _reads(declaration: type[FromHub], given: dict[str, str]) -> list[dict[str, Any]] | None:
    """What is read where the fields are these; None where they cannot be."""
    try:
        declared = msgspec.convert({"provider": _tag(declaration), **given}, declaration)
    except msgspec.ValidationError:
        return None

    provider = unheard(declared)
    if not isinstance(provider, HubProvider):
        raise TypeError(f"{_tag(declaration)}: nothing says what it reads in its hub")

    return [read for wanted in provider.wanted for read in _of(wanted, given)]


def _of(wanted: Wanted, given: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Versions of one group are one permission."""
    fields = {_sentinel(name): name for name in given}
    places = [group_and_plural(one, wanted.plural) for one in wanted.api_versions]
    for place in dict.fromkeys(places):
        read = {**_place(place), "namespace": fields.get(wanted.namespace, "")}
        selected = wanted.field_selector.removeprefix(_BY_NAME)
        if selected in fields and selected != wanted.field_selector:
            read["name"] = fields[selected]

        yield read


def _key(read: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(read.get(name)) for name in ("group", "resource", "namespace", "name"))


def _sentinel(name: str) -> str:
    """Stands for whatever a user says."""
    return f"given-{name.replace('_', '-')}"


def _place(place: tuple[str, str]) -> dict[str, Any]:
    group, plural = place
    return {"group": group, "resource": plural}


def _tag(declaration: type[FromHub]) -> str:
    return str(declaration.__struct_config__.tag)
