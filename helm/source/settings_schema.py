"""The exporter's settings as a JSON Schema, draft 7, from their structs."""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from exporter.kinds import KINDS
from exporter.settings import Duration, Settings

RESOURCES = {"enum": [kind.resource for kind in KINDS]}

_DURATION = {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2}
_AS_KEYS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "object"}}
_ALSO_AS_KEYS = ("metric_allowlist", "metric_denylist", "metric_opt_in_list")
"""Sets of `collect` that kube-state-metrics' own file writes as mappings to empty mappings."""


def settings_schema() -> dict[str, Any]:
    """For a whole settings document."""
    schema = _of(inspect.type_info(Settings))
    collect = schema["properties"]["collect"]["properties"]
    for name in _ALSO_AS_KEYS:
        collect[name] = {"anyOf": [collect[name], _AS_KEYS]}

    listed = {"type": "array", "items": RESOURCES}
    collect["resources"] = {"anyOf": [listed, {**_AS_KEYS, "propertyNames": RESOURCES}]}
    collect["poll"]["properties"]["resources"] = listed
    return schema


def _of(type_: inspect.Type) -> dict[str, Any]:
    match type_:
        case inspect.StructType():
            return _struct(type_)

        case inspect.VarTupleType() | inspect.ListType():
            return {"type": "array", "items": _of(type_.item_type)}

        case inspect.DictType():
            return {"type": "object", "additionalProperties": _of(type_.value_type)}

        case inspect.UnionType():
            return _union(type_)

        case inspect.LiteralType():
            return {"enum": list(type_.values)}

        case inspect.IntType():
            return {"type": "integer"} | ({} if type_.ge is None else {"minimum": type_.ge})

        case inspect.CustomType() if type_.cls is Duration:
            return _DURATION

        case _:
            return _plain(type_)


def _plain(type_: inspect.Type) -> dict[str, Any]:
    names = {
        inspect.StrType: "string",
        inspect.BoolType: "boolean",
        inspect.FloatType: "number",
        inspect.NoneType: "null",
    }
    if type(type_) not in names:
        raise TypeError(f"{type_}: nothing says how it is written in the settings")

    return {"type": names[type(type_)]}


def _struct(type_: inspect.StructType) -> dict[str, Any]:
    properties = {one.encode_name: _of(one.type) for one in type_.fields}
    required = [one.encode_name for one in type_.fields if one.required]
    if type_.tag_field is not None:
        properties[type_.tag_field] = {"const": type_.tag}
        required.append(type_.tag_field)

    return {
        "type": "object",
        "additionalProperties": not type_.forbid_unknown_fields,
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _union(type_: inspect.UnionType) -> dict[str, Any]:
    """Of tagged structs the one that is named: of any of all, the faults of each would be told."""
    structs = [one for one in type_.types if isinstance(one, inspect.StructType)]
    tags = [one.tag_field for one in structs if one.tag_field is not None]
    if not tags:
        return {"anyOf": [_of(one) for one in type_.types]}

    named = {"enum": [one.tag for one in structs]}
    return {
        "type": "object",
        "required": [tags[0]],
        "properties": {tags[0]: named},
        "allOf": [
            {
                "if": {"required": [tags[0]], "properties": {tags[0]: {"const": one.tag}}},
                "then": _struct(one),
            }
            for one in structs
        ],
    }
