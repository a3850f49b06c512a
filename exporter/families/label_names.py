"""
Kubernetes label keys as Prometheus label names, the way kube-state-metrics v2 makes them.

Rules, observed: every character outside [a-zA-Z0-9_] becomes ``_``; camel case becomes snake case;
keys that meet are walked in byte order of the original key, the first collision renames the earlier
one to ``_conflict1`` and each further one gets the next number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_INVALID = re.compile(r"[^a-zA-Z0-9_]")
_CAMEL = re.compile(r"([a-z0-9])([A-Z])")


@lru_cache(maxsize=8192)
def label_name(key: str) -> str:
    """``app.kubernetes.io/partOf`` → ``app_kubernetes_io_part_of``."""
    return _CAMEL.sub(r"\1_\2", _INVALID.sub("_", key)).lower()


def label_pairs(prefix: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label names (with `prefix`) and values; no name twice."""
    names: list[str] = []
    place: dict[str, int] = {}
    conflicts: dict[str, int] = {}
    ordered = sorted(values)
    for key in ordered:
        name = prefix + label_name(key)
        if name in conflicts:
            name = _next_free(name, conflicts, place)
        elif name in place:
            earlier = place.pop(name)
            conflicts[name] = 0
            original = name
            names[earlier] = _next_free(original, conflicts, place)
            place[names[earlier]] = earlier
            name = _next_free(original, conflicts, place)

        place[name] = len(names)
        names.append(name)

    return list(zip(names, (values[key] for key in ordered), strict=True))


def _next_free(name: str, conflicts: dict[str, int], place: Mapping[str, int]) -> str:
    """`name` with the next conflict number that no label bears yet."""
    while True:
        conflicts[name] += 1
        candidate = f"{name}_conflict{conflicts[name]}"
        if candidate not in place:
            return candidate
