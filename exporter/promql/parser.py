"""
Instant vector selectors as text.

Source: the grammar of https://github.com/prometheus/prometheus, promql/parser: `vector_selector`,
and what `checkAST` demands of one. What is wrong is told without repeating what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import re2

from exporter.promql.matcher import NAME, Matcher, Operator
from exporter.promql.selectors import Selector, Selectors

MOST = 64
"""Selectors of one question."""

LONGEST = 4096
"""Characters of one selector."""

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OPERATORS: dict[str, Operator] = {"=~": "=~", "!~": "!~", "!=": "!=", "=": "="}
_OPERATOR = re.compile("|".join(_OPERATORS))
_STRING = re.compile(r""""(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`""")
_OPEN, _CLOSE, _COMMA = re.compile("{"), re.compile("}"), re.compile(",")
_MODIFIER = re.compile(r"\[|@|offset\b", re.IGNORECASE)

_NO_METRICS = frozenset(
    ("atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on")
)
"""Words that cannot be a metric's name outside of braces; other keywords can."""

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_SIMPLE = dict(zip("abfnrtv\\", "\a\b\f\n\r\t\v\\", strict=True))


class SelectorError(ValueError):
    """Selectors that cannot be answered; one line that says what is wrong, and where."""


def selectors_of(texts: Sequence[str]) -> Selectors:
    """
    What the values of ``match[]`` choose together.

    Raises:
        SelectorError: there is none, there are too many, or one is no instant vector selector.
    """
    if not texts:
        raise SelectorError("match[] is missing: say which series, such as match[]={job=~'.+'}")

    if len(texts) > MOST:
        raise SelectorError(f"match[] is given {len(texts)} times; {MOST} are the most")

    return Selectors(tuple(_selector(number, text) for number, text in enumerate(texts, 1)))


def _selector(number: int, text: str) -> Selector:
    if len(text) > LONGEST:
        raise SelectorError(f"match[] {number} has {len(text)} characters; {LONGEST} are the most")

    try:
        return _Reader(text).selector()
    except _Unexpected as error:
        where = f"match[] {number}, character {error.position + 1}"
        raise SelectorError(f"{where}: {error.reason}") from None


class _Unexpected(Exception):
    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason


class _Reader:
    """Reads one selector from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._end = 0
        """Where what was read last begins and ends."""

    def selector(self) -> Selector:
        """All of the text."""
        matchers: list[Matcher] = []
        if name := self._found(_METRIC):
            if name.lower() in _NO_METRICS:
                raise _Unexpected(self._start, "a word of the query language is no metric's name")

            matchers.append(Matcher(NAME, "=", name))

        if self._found(_OPEN):
            self._braces(matchers)
        elif not name:
            raise _Unexpected(self._end, "a metric's name or { is expected")

        if self._found(_MODIFIER):
            raise _Unexpected(self._start, "ranges, offset and @ are not answered")

        if self._end < len(self._text):
            raise _Unexpected(self._end, "the end of the selector is expected")

        _check(matchers, bool(name))
        return tuple(matchers)

    def _braces(self, matchers: list[Matcher]) -> None:
        """Up to the one that closes; a comma may stand before it."""
        while not self._found(_CLOSE):
            matchers.append(self._matcher())
            if not self._found(_COMMA):
                self._expect(_CLOSE, "a comma or } is expected")
                return

    def _matcher(self) -> Matcher:
        label = self._found(_LABEL)
        if label:
            operator = self._expect(_OPERATOR, "one of = != =~ !~ is expected")
        else:
            label = self._string("a label, a quoted name or } is expected")
            operator = self._found(_OPERATOR)
            if not operator:
                return Matcher(NAME, "=", label)

        value = self._string("a quoted value is expected")
        matcher = Matcher(label, _OPERATORS[operator], value)
        try:
            matcher.matches("")
        except re2.error as error:
            # Behind the colon is what was sent.
            reason = error.args[0].decode(errors="replace").partition(":")[0]
            raise _Unexpected(self._start, f"RE2 refuses the expression: {reason}") from None

        return matcher

    def _string(self, otherwise: str) -> str:
        quoted = self._expect(_STRING, otherwise)
        quote, inside = quoted[0], quoted[1:-1]
        try:
            if quote != "`":
                inside = _ESCAPE.sub(lambda found: _unescaped(found, quote), inside)

            return inside.encode(errors="surrogateescape").decode()
        except _Unexpected as error:
            raise _Unexpected(self._start + 1 + error.position, error.reason) from None
        except UnicodeError:
            raise _Unexpected(self._start, "the text is not UTF-8") from None

    def _expect(self, pattern: re.Pattern[str], otherwise: str) -> str:
        found = self._found(pattern)
        if not found:
            raise _Unexpected(self._end, otherwise)

        return found

    def _found(self, pattern: re.Pattern[str]) -> str:
        """What stands here, if it is what is asked for; nothing otherwise."""
        if space := _SPACE.match(self._text, self._end):
            self._end = space.end()

        found = pattern.match(self._text, self._end)
        if found is None:
            return ""

        self._start, self._end = found.span()
        return found.group()


def _unescaped(found: re.Match[str], quote: str) -> str:
    """What an escape sequence stands for: Go's, but for the quote that is not around the text."""
    byte, octal, short, long, simple = found.groups()
    if simple:
        if simple == quote:
            return quote

        if simple not in _SIMPLE:
            raise _Unexpected(found.start(), "an escape sequence that Go has is expected")

        return _SIMPLE[simple]

    if byte or octal:
        number = int(byte, 16) if byte else int(octal, 8)
        if number > 0xFF:
            raise _Unexpected(found.start(), "an octal escape is at most 377")

        return bytes((number,)).decode(errors="surrogateescape")

    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise _Unexpected(found.start(), "the escape is not a character of Unicode")

    return chr(code)


def _check(matchers: Sequence[Matcher], named: bool) -> None:
    """What a selector that can be read has to be, besides."""
    if named and any(matcher.label == NAME for matcher in matchers[1:]):
        raise _Unexpected(0, "the metric's name is given twice")

    if all(matcher.matches("") for matcher in matchers):
        raise _Unexpected(0, "at least one matcher must not match the empty string")
