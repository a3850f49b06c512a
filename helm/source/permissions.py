"""What the exporter may have to be allowed, for the chart's templates to choose from."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import yaml

from exporter.discovery.declared import FromHub
from exporter.discovery.found import HubProvider
from exporter.discovery.providers import AnyProvider
from exporter.fleet.plan import EVENTS
from exporter.kinds import DEFAULT_RESOURCES, KINDS
from exporter.rbac import DEFINITIONS, IDENTITY, group_and_plural
from exporter.telemetry import Telemetry

_GIVEN = "given"
"""Stands for whatever a user says."""
_HEAD = "# What reading takes, by `make generate` from the exporter's own declarations.\n"


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
        "hubs": {_tag(one): _hub(one) for one in get_args(AnyProvider) if issubclass(one, FromHub)},
    }
    return _HEAD + yaml.safe_dump(document, sort_keys=False)


def _hub(declaration: type[FromHub]) -> dict[str, Any]:
    """
    A provider's own default of `namespace`, and what it reads there. A kind that is not read in the
    namespace that is given is read everywhere.
    """
    fields = {one.name: one for one in msgspec.structs.fields(declaration)}
    given = {name: _GIVEN for name, one in fields.items() if one.required or name == "namespace"}
    declared = msgspec.convert({"provider": _tag(declaration), **given}, declaration)
    provider = declared.provider(Telemetry())
    if not isinstance(provider, HubProvider):
        raise TypeError(f"{_tag(declaration)}: nothing says what it reads in its hub")

    reads = [
        {**place, "namespaced": wanted.namespace == _GIVEN}
        for wanted in provider.wanted
        for place in _distinct(
            [group_and_plural(one, wanted.plural) for one in wanted.api_versions]
        )
    ]
    namespace = fields["namespace"].default if "namespace" in fields else ""
    return {"namespace": namespace, "reads": reads}


def _distinct(places: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Versions of one group are one permission."""
    return [_place(place) for place in dict.fromkeys(places)]


def _place(place: tuple[str, str]) -> dict[str, Any]:
    group, plural = place
    return {"group": group, "resource": plural}


def _tag(declaration: type[FromHub]) -> str:
    return str(declaration.__struct_config__.tag)
