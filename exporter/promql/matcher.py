"""
One condition on one label.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import re2

NAME = "__name__"
"""The label that is the name of a series."""

Operator = Literal["=", "!=", "=~", "!~"]

_REMEMBERED = 1024
"""Values whose answer is remembered: those of a label are few and come often."""


def _options() -> re2.Options:
    options = re2.Options()
    options.dot_nl = True  # as Prometheus has it since 3.0
    options.never_capture = True
    options.log_errors = False
    # Bytes of one expression: more would let matching take milliseconds, and re2 keeps 128 of them.
    options.max_mem = 256 * 1024
    return options


_OPTIONS = _options()


@dataclass(frozen=True)
class Matcher:
    """What a label's value has to be. A label that a series does not have is empty."""

    label: str
    operator: Operator
    value: str

    @cached_property
    def matches(self) -> Callable[[str], bool]:
        """
        Whether a value fits, in time linear in its length.

        Raises:
            re2.error: the value is no regular expression, or one that takes too much memory.
        """
        if self.operator == "=":
            return self.value.__eq__

        if self.operator == "!=":
            return self.value.__ne__

        whole = re2.compile(self.value, _OPTIONS).fullmatch
        wanted = self.operator == "=~"

        @lru_cache(_REMEMBERED)
        def matches(value: str) -> bool:
            return (whole(value) is not None) == wanted

        return matches
