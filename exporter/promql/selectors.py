"""Which series are wanted: those that any of several selectors chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exporter.promql.matcher import NAME, Matcher

Selector = tuple[Matcher, ...]
"""All of them have to hold."""


@dataclass(frozen=True)
class Selectors:
    """
    Any of them has to hold. They are narrowed by what is known of series that were not looked at:
    what is left says how these have to differ from each other.
    """

    alternatives: tuple[Selector, ...]

    def __bool__(self) -> bool:
        """Whether there may be series that are wanted."""
        return bool(self.alternatives)

    @property
    def everything(self) -> bool:
        """Whether all series are wanted."""
        return () in self.alternatives

    def where(self, label: str, value: str) -> Selectors:
        """What is wanted of series that have this value of the label."""
        left = dict.fromkeys(
            tuple(matcher for matcher in selector if matcher.label != label)
            for selector in self.alternatives
            if all(matcher.matches(value) for matcher in selector if matcher.label == label)
        )
        return EVERYTHING if () in left else Selectors(tuple(left))

    def among(self, names: tuple[str, ...], may_have: Callable[[str], bool]) -> Selectors:
        """
        What is wanted of series that have one of these names, and only labels that they may have.
        """
        if self.everything:
            return self

        left = self
        for label in {matcher.label for selector in self.alternatives for matcher in selector}:
            if label != NAME and not may_have(label):
                left = left.where(label, "")

        of_names = {left.where(NAME, name) for name in names}
        if len(of_names) == 1:
            return of_names.pop()

        return left if any(of_names) else NOTHING


EVERYTHING = Selectors(((),))
NOTHING = Selectors(())
