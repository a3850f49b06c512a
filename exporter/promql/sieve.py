"""
The lines of parts that selectors choose.

A part that cannot have such a line is found out by searching it for the values that have to be
there, as they are written; its lines are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from exporter.exposition.segment import Draft, Part, inflate
from exporter.exposition.text import escape_value
from exporter.promql.matcher import NAME, Matcher
from exporter.promql.selectors import Selector, Selectors

_AT_ONCE = 64
"""Lines after which a sieve stops for a moment: an expression may take long for each."""

_PAIR = re.compile(r'([^=,"]+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


class Sieve:
    """
    Args:
        selectors: what is wanted of the series that the parts may have.
    """

    def __init__(self, selectors: Selectors) -> None:
        self._rules = [_Rule(selector) for selector in selectors.alternatives]

    def parts(self, parts: Iterable[Part]) -> Iterator[Part]:
        """
        What is chosen of them, and empty parts now and then, so that others can have a turn
        meanwhile. A part all of which is chosen stays as it is.
        """
        for part in parts:
            yield from self._part(part)

    def _part(self, part: Part) -> Iterator[Part]:
        if not part:
            return

        whole = b"".join(part.pieces) if isinstance(part, Draft) else inflate((part,))
        text = whole.decode()
        rules = [rule for rule in self._rules if rule.may_hold(text)]
        lines = text.split("\n")[:-1] if rules else ()
        kept: list[str] = []
        for start in range(0, len(lines), _AT_ONCE):
            kept += [
                line
                for line in lines[start : start + _AT_ONCE]
                if any(rule.holds(line) for rule in rules)
            ]
            yield b""

        if not kept:
            yield b""
        elif len(kept) == len(lines):
            yield part
        else:
            yield Draft(("\n".join((*kept, "")).encode(),))


class _Rule:
    """One selector, made ready for many lines."""

    def __init__(self, selector: Selector) -> None:
        self._tests = [_Test(matcher) for matcher in selector]
        self._needles = [_needle(one) for one in selector if one.operator == "=" and one.value]
        self._present = [
            test
            for test, matcher in zip(self._tests, selector, strict=True)
            if matcher.operator != "=" and matcher.label != NAME and not matcher.matches("")
        ]

    def may_hold(self, text: str) -> bool:
        """
        Whether it may hold for a line of the text: each label that must not be empty has a value
        there that fits. One that is written with a backslash may be anything.
        """
        if not all(needle in text for needle in self._needles):
            return False

        return "\\" in text or all(
            any(map(one.matches, set(one.candidates(text)))) for one in self._present
        )

    def holds(self, line: str) -> bool:
        """Whether it holds for the line."""
        if not all(needle in line for needle in self._needles):
            return False

        if "\\" in line:
            labels = _labels(line)
            return all(one.matches(labels.get(one.label, "")) for one in self._tests)

        return all(one.matches(one.value(line)) for one in self._tests)


class _Test:
    """One matcher, and how its label is found in lines without a backslash."""

    def __init__(self, matcher: Matcher) -> None:
        self.label = matcher.label
        self.matches = matcher.matches
        self._begin = f'{matcher.label}="'
        # Looking ahead, because a value may look like the beginning of a label.
        self.candidates = re.compile(f'{re.escape(self._begin)}(?=([^"]*)")').findall

    def value(self, line: str) -> str:
        """The label's value in the line. Outside of values there is an even number of quotes."""
        if self.label == NAME:
            return line.partition("{")[0]

        start = line.find(self._begin)
        while start > 0:
            if line[start - 1] in "{," and not line.count('"', 0, start) % 2:
                start += len(self._begin)
                return line[start : line.index('"', start)]

            start = line.find(self._begin, start + 1)

        return ""


def _needle(matcher: Matcher) -> str:
    """What a line has where the matcher, which is for equality, holds."""
    if matcher.label == NAME:
        return matcher.value + "{"

    return f'{matcher.label}="{escape_value(matcher.value)}"'


def _labels(line: str) -> Mapping[str, str]:
    """The labels of any line."""
    name, _, rest = line.partition("{")
    labels = {key: _ESCAPED.sub(_unescaped, value) for key, value in _PAIR.findall(rest)}
    return {**labels, NAME: name}


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
