"""
Texts as numbers, each way of reading as Go has it; what cannot be read is None.

Source of the rules: Go's packages time (``Parse`` with RFC 3339, ``ParseDuration``) and strconv
(``ParseFloat``), and kube-state-metrics' documentation, "Type conversion and special handling".
"""

from __future__ import annotations

import math
import re
from datetime import date

from exporter.exposition.text import Number
from exporter.kinds.custom.value import Reading
from exporter.kubernetes.quantity import quantity_approximation

_WORDS = {"true": 1, "yes": 1, "false": 0, "no": 0, "unknown": 0}

_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]+)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_OF_400_YEARS = 146097

_PERCENT = re.compile(r"([0-9]+)%")

_DIGITS = r"[0-9](?:_?[0-9])*"
_HEX_DIGITS = r"[0-9a-fA-F](?:_?[0-9a-fA-F])*"
_DECIMAL = re.compile(
    rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
)
_HEXADECIMAL = re.compile(
    rf"[+-]?0[xX](?:_?{_HEX_DIGITS}(?:\.(?:{_HEX_DIGITS})?)?|\.{_HEX_DIGITS})[pP][+-]?{_DIGITS}"
)
_NO_DIGITS = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE)

_DURATION_PART = re.compile(r"([0-9]{0,200})(?:\.([0-9]{0,200}))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LONGEST = 2**63 - 1
"""Nanoseconds, about 292 years; Go's durations end there."""


def any_number(text: str) -> Number | None:
    """What a text most likely means, in kube-state-metrics' order."""
    word = _WORDS.get(text.lower())
    if word is not None:
        return word

    for reading in (timestamp, quantity, percent):
        number = reading(text)
        if number is not None:
            return number

    return decimal(text)


def timestamp(text: str) -> int | None:
    """``2026-01-31T12:00:00Z`` → seconds since 1970, rounded down."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None

    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, zone_hours, zone_minutes = match.groups(default="0")[6:]
    offset = 3600 * int(zone_hours) + 60 * int(zone_minutes)
    if hour > 23 or minute > 59 or second > 59 or int(zone_hours) > 24 or int(zone_minutes) > 60:
        return None

    try:
        # Go's calendar has a year 0, which looks like any fourth century.
        days = date(year or 400, month, day).toordinal() - (0 if year else _DAYS_OF_400_YEARS)
    except ValueError:
        return None

    since = 86400 * (days - _EPOCH) + 3600 * hour + 60 * minute + second
    return since + offset if sign == "-" else since - offset


def quantity(text: str) -> float | None:
    """``25m`` → 0.025, ``1Gi`` → 1073741824."""
    try:
        return quantity_approximation(text)
    except ValueError:
        return None


def percent(text: str) -> float | None:
    """``93%`` → 0.93; whole percents only."""
    match = _PERCENT.fullmatch(text)
    if match is None:
        return None

    number = decimal(match[1])
    return None if number is None else number / 100


def decimal(text: str) -> float | None:
    """``1.5``, ``1_000``, ``0x1p-2``, ``Inf``; None as well where a float cannot hold it."""
    if _NO_DIGITS.fullmatch(text):
        return float(text)

    try:
        if _DECIMAL.fullmatch(text):
            number = float(text)
        elif _HEXADECIMAL.fullmatch(text):
            number = float.fromhex(text.replace("_", ""))
        else:
            return None
    except OverflowError:
        return None

    return None if math.isinf(number) else number


def duration(text: str) -> float | None:
    """``1h30m``, ``-1.5s``, ``300ms`` → seconds."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return 0.0

    nanoseconds, end = 0, 0
    while match := _DURATION_PART.match(unsigned, end):
        whole, fraction, unit = match[1], match[2] or "", _NANOSECONDS[match[3]]
        if not whole and not fraction:
            return None

        nanoseconds += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        end = match.end()

    if end == 0 or end < len(unsigned) or nanoseconds > _LONGEST:
        return None

    return (-nanoseconds if text[0] == "-" else nanoseconds) / 10**9


READINGS: dict[str, Reading] = {
    "duration": duration,
    "quantity": quantity,
    "timestamp": timestamp,
    "number": decimal,
}
"""The names that a gauge's ``parse`` knows."""
