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

_PAIR = re.compile(r'''(,[^=,"]+=)"((?:[^"\\]|\\.)*)"''')
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
        self._tests = [(_key(matcher.label), matcher.matches) for matcher in selector]
        self._needles = [_needle(one) for one in selector if one.operator == "=" and one.value]

    def may_hold(self, text: str) -> bool:
        """Whether it may hold for a line of the text: what has to be in it is somewhere."""
        return all(needle in text for needle in self._needles)

    def holds(self, line: str) -> bool:
        """Whether it holds for the line."""
        if not self.may_hold(line):
            return False

        labels = _labels(line)
        return all(matches(labels.get(key, "")) for key, matches in self._tests)


def _key(label: str) -> str:
    """How a label begins in a line, so that lines need not be taken apart further than that."""
    return f",{label}="


def _needle(matcher: Matcher) -> str:
    """What a line has where the matcher, which is for equality, holds."""
    if matcher.label == NAME:
        return matcher.value + "{"

    return f'{matcher.label}="{escape_value(matcher.value)}"'


def _labels(line: str) -> Mapping[str, str]:
    """Label values by `_key`."""
    name, _, rest = line.partition("{")
    rest = "," + rest
    if "\\" in rest:
        labels = {key: _ESCAPED.sub(_unescaped, value) for key, value in _PAIR.findall(rest)}
    else:
        pieces = rest.split('"')
        labels = dict(zip(pieces[::2], pieces[1::2], strict=False))

    labels[_key(NAME)] = name
    return labels


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
