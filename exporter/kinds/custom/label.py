"""Labels whose values are fields of an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from exporter.families.any_object import LAST_APPLIED
from exporter.kinds.custom.path import Path
from exporter.kinds.custom.value import text_of

_INVALID = re.compile(r"[^a-zA-Z0-9_]")
_VALID = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def is_label_name(name: str) -> bool:
    """Whether Prometheus reads it as one."""
    return _VALID.fullmatch(name) is not None


@lru_cache(maxsize=8192)
def label_name(key: str) -> str:
    """
    ``item-name`` → ``item_name``. A key that begins with a digit gets a ``_``: kube-state-metrics
    shows it as it is, and nobody can read its page any more.
    """
    name = _INVALID.sub("_", key)
    return name if is_label_name(name) else f"_{name}"


class LabelPaths:
    """
    The ``labelsFromPath`` of a document: label names, and where their values stand.

    A name that begins or ends with ``*`` stands for all entries of a map, what is before a ``*`` at
    its end being put before their keys; a label with a name of its own wins over theirs. kubectl's
    last-applied-configuration is not among them.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        stars = [name for name in paths if name.startswith("*") or name.endswith("*")]
        self._maps = [
            (name[:-1] if name.endswith("*") else "", paths[name]) for name in sorted(stars)
        ]
        self._fields = [
            (label_name(name), path) for name, path in paths.items() if name not in stars
        ]

    def of(self, value: Any) -> dict[str, str]:
        """The labels that `value` has; without those that it says nothing of."""
        labels = {}
        for prefix, path in self._maps:
            entries = path.of(value)
            if isinstance(entries, dict):
                for key, entry in entries.items():
                    if key != LAST_APPLIED:
                        labels[label_name(prefix + key)] = text_of(entry)

        for name, path in self._fields:
            found = path.of(value)
            if found is not None:
                labels[name] = text_of(found)

        return labels
