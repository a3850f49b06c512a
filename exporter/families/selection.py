"""
Which families are written and which labels and annotations they show: the settings of `collect`.

Meaning as in kube-state-metrics: metric lists are unanchored regular expressions; a label list is
all keys when it begins with ``*``, else each entry is a key or a pattern with one ``*``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from exporter.families.family import Family

T = TypeVar("T")
Keys = Callable[[Mapping[str, str]], Mapping[str, str]]


@dataclass(frozen=True)
class Selection:
    """What of a kind is shown. Lists are as in the settings file; empty means no choice is made."""

    cluster_label: str = "cluster"
    metric_allowlist: tuple[str, ...] = ()
    metric_denylist: tuple[str, ...] = ()
    metric_opt_in_list: tuple[str, ...] = ()
    labels_allow_list: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotations_allow_list: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    object_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By resource: label name → key of the object's label that is shown on all its series."""
    label_value_limit: int = 0
    """Bytes; 0 for none."""

    def includes(self, family: Family[T]) -> bool:
        """Whether the family is written at all: opt-in first, then the allow or the deny list."""
        if family.opt_in and not _any_match(self.metric_opt_in_list, family.name):
            return False

        if self.metric_allowlist:
            return _any_match(self.metric_allowlist, family.name)

        return not _any_match(self.metric_denylist, family.name)

    def keys(self, choice: Literal["labels", "annotations"], resource: str) -> Keys | None:
        """What keeps the chosen keys of an object; None when nothing is said of `resource`."""
        lists = self.labels_allow_list if choice == "labels" else self.annotations_allow_list
        patterns = lists.get("*") or lists.get(resource)
        if not patterns:
            return None

        if patterns[0] == "*":
            return every_key

        return _chosen_by(patterns)


def every_key(values: Mapping[str, str]) -> Mapping[str, str]:
    """All keys."""
    return values


def _any_match(patterns: tuple[str, ...], name: str) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _chosen_by(patterns: tuple[str, ...]) -> Keys:
    """A later bare ``*`` is ignored, as in kube-state-metrics."""
    exact = frozenset(pattern for pattern in patterns if "*" not in pattern)
    wild = [
        (before, after)
        for before, _, after in (
            pattern.partition("*") for pattern in patterns if "*" in pattern and pattern != "*"
        )
    ]

    def keep(values: Mapping[str, str]) -> Mapping[str, str]:
        return {
            key: value
            for key, value in values.items()
            if key in exact
            or any(
                len(key) >= len(before) + len(after)
                and key.startswith(before)
                and key.endswith(after)
                for before, after in wild
            )
        }

    return keep
