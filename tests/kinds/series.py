"""One family of one object, as it is exposed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter, identity_text
from exporter.kubernetes.decoding import Decoder
from exporter.kubernetes.objects import HasMetadata

T = TypeVar("T", bound=HasMetadata)

EVERYTHING = Selection(
    metric_opt_in_list=(".*",),
    labels_allow_list={"*": ("*",)},
    annotations_allow_list={"*": ("*",)},
)


def series(kind: Kind[T], family: str, obj: Mapping[str, object]) -> list[str]:
    """
    The lines of `family` for a manifest, without its name and the labels that every line of the
    object begins with: ``{phase="Running"} 1``.
    """
    writer = KindWriter(kind, EVERYTHING)
    write = writer.writes[[one.name for one in writer.families].index(family)]
    decoded = Decoder(kind.type).decode(json.dumps(obj).encode())
    identity = identity_text(writer.identity, ("c", *kind.identity_of(decoded)))
    lines = write(identity, decoded).split("\n")[:-1]
    start = f"{family}{{{identity}"

    assert all(line.startswith(start) for line in lines)
    return ["{" + line.removeprefix(start).removeprefix(",") for line in lines]


def every_series(kind: Kind[T], obj: Mapping[str, object]) -> dict[str, list[str]]:
    """The lines of every family, opt-in ones too, by the family's name."""
    return {family.name: series(kind, family.name, obj) for family in kind.families}
