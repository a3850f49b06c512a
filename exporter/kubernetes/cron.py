"""
When a cron job is due next, exactly as kube-state-metrics 2.20 computes it.

It reads schedules as netresearch/go-cron 0.15 does, and not as robfig/cron, Kubernetes' own, does.
No library on PyPI has the same rules: a day must be right by month AND by week, a step be smaller
than its range; ranges wrap round; if the clock skips an hour that was asked for, the next is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from exporter.kubernetes.local_clock import LocalClock

_LONGEST = 1024
"""In bytes, the time zone's prefix included."""

_SEARCHED_YEARS = 5

_ZONE_PREFIXES = ("TZ=", "CRON_TZ=")
_ZONE_NAME = re.compile(r"[A-Za-z0-9/_+:-]{1,64}")
_QUOTED = re.compile(r"(['\"])(.*)\1")
_NUMBER = re.compile(r"[+-]?[0-9]+")

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6}
_UNITS |= {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = rf"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)({'|'.join(_UNITS)})"
_DURATION_PART = re.compile(_PART)
_DURATION = re.compile(rf"\+?(?:{_PART})+")
_LONGEST_DURATION = 2**63 - 1
_FRACTION_DIGITS = 18
"""As many as always fit an int64, the others change nothing."""


class Schedule(Protocol):
    """A schedule that could be read."""

    def next(self, after: int) -> int | None:
        """
        The first time it is due after `after`, both in seconds since 1970.

        None if that is not within five years, or not within Python's calendar (year 1 to 9999).
        """


@dataclass(frozen=True)
class _Never:
    """``@triggered``: only ever started by hand."""

    def next(self, after: int) -> int | None:
        return None


@dataclass(frozen=True)
class _Interval:
    """``@every 1h30m``: so long after the last time."""

    seconds: int

    def next(self, after: int) -> int | None:
        return after + self.seconds


@dataclass(frozen=True)
class _Field:
    """The numbers that a field may hold, and the names they go by."""

    first: int
    last: int
    names: tuple[str, ...] = ()
    """Of the numbers from `first` on."""

    def values(self, text: str) -> frozenset[int]:
        """``*/15``, ``MON-FRI``, ``1,15``; nothing between commas is nothing."""
        return frozenset(value for part in text.split(",") if part for value in self._range(part))

    def _range(self, text: str) -> list[int]:
        span, slash, step_text = text.partition("/")
        low, hyphen, high = span.partition("-")
        if low in ("*", "?"):
            first, last = self.first, self.last
        else:
            first = self._number(low)
            last = self._number(high) if hyphen else self.last if slash else first

        if first < self.first or last > self.last:
            raise ValueError(f"{text!r} is not within {self.first} to {self.last}")

        size = self.last - self.first + 1
        end = last if first <= last else last + size
        step = _number(step_text) if slash else 1
        if step < 1 or 1 < step >= end - first + 1:
            raise ValueError(f"{text!r} has a step that is not smaller than its range")

        return [(value - self.first) % size + self.first for value in range(first, end + 1, step)]

    def _number(self, text: str) -> int:
        name = text.lower()
        return self.first + self.names.index(name) if name in self.names else _number(text)


_MINUTE = _Field(0, 59)
_HOUR = _Field(0, 23)
_DAY = _Field(1, 31)
_MONTH = _Field(
    1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
)
_WEEKDAY = _Field(0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
"""Sunday is 0 and 7."""


@dataclass(frozen=True)
class _Calendar:
    """Five fields: due when the local time agrees with every one of them."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    zone: tzinfo

    def next(self, after: int) -> int | None:
        if not (self.minutes and self.hours and self.days and self.months and self.weekdays):
            return None

        try:
            return self._search(LocalClock(after + 1, self.zone))
        except (OverflowError, ValueError):
            return None

    def _search(self, clock: LocalClock) -> int | None:
        """
        From the largest field to the smallest, as daylight saving makes the order matter.

        A field that comes round without an answer has changed the larger ones: from the top again.
        """
        last_year = clock.local.year + _SEARCHED_YEARS
        while clock.local.year <= last_year:
            if (
                self._month(clock)
                and self._day(clock)
                and self._hour(clock)
                and self._minute(clock)
                and _at_a_minute(clock)
            ):
                return clock.now

        return None

    def _month(self, clock: LocalClock) -> bool:
        while clock.local.month not in self.months:
            clock.set_back_to_month()
            clock.next_month()
            if clock.local.month == 1:
                return False

        return True

    def _day(self, clock: LocalClock) -> bool:
        while not self._is_on(clock.local):
            clock.set_back_to_day()
            clock.next_day()
            if clock.local.day == 1:
                return False

        return True

    def _is_on(self, day: datetime) -> bool:
        return day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _hour(self, clock: LocalClock) -> bool:
        while clock.local.hour not in self.hours:
            clock.set_back_to_hour()
            before = clock.local.hour
            clock.go_on(3600)
            hour = clock.local.hour
            if hour - before == 2 and hour - 1 in self.hours:
                return True  # the hour that was asked for is the one that the clock jumped over

            if hour == 0:
                return False

        return True

    def _minute(self, clock: LocalClock) -> bool:
        while clock.local.minute not in self.minutes:
            clock.set_back_to_minute()
            clock.go_on(60)
            if clock.local.minute == 0:
                return False

        return True


def _at_a_minute(clock: LocalClock) -> bool:
    if clock.local.second == 0:
        return True

    clock.go_on(60 - clock.local.second)
    return False


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 0:
        raise ValueError(f"{text!r} is neither a number nor a name")

    return int(text)


def _zone(name: str) -> tzinfo:
    if _QUOTED.fullmatch(name):
        name = name[1:-1]

    if name in ("UTC", "Local"):
        return UTC

    try:
        if _ZONE_NAME.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass

    raise ValueError(f"{name!r} is not a time zone")


def _interval(text: str) -> _Interval:
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration such as 1h30m")

    nanoseconds = 0
    for amount, unit in _DURATION_PART.findall(text):
        whole, _, fraction = amount.partition(".")
        fraction = fraction[:_FRACTION_DIGITS]
        # Go computes fractions as a float and cuts them off; so must whoever wants its seconds.
        nanoseconds += int(whole or "0") * _UNITS[unit]
        nanoseconds += int(int(fraction or "0") * (_UNITS[unit] / 10.0 ** len(fraction)))

    if not 10**9 <= nanoseconds <= _LONGEST_DURATION:
        raise ValueError(f"{text!r} is shorter than a second or longer than 292 years")

    return _Interval(nanoseconds // 10**9)


_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_BY_HAND = ("@triggered", "@manual", "@none")


@lru_cache(maxsize=4096)
def parse_schedule(text: str, time_zone: str | None = None) -> Schedule:
    """
    A cron job's ``spec.schedule`` in its ``spec.timeZone``; without one, times are in UTC.

    Raises:
        ValueError: kube-state-metrics could not read it either.
    """
    if time_zone is not None:
        text = f"CRON_TZ={time_zone} {text}"

    if len(text.encode()) > _LONGEST:
        raise ValueError(f"a schedule of more than {_LONGEST} bytes")

    zone: tzinfo = UTC
    if text.startswith(_ZONE_PREFIXES):
        prefix, _, text = text.partition(" ")
        zone = _zone(prefix.partition("=")[2])
        text = text.strip()

    if text in _BY_HAND:
        return _Never()

    if text.startswith("@every "):
        return _interval(text.removeprefix("@every "))

    fields = _NAMED.get(text, text).split()
    if len(fields) != 5:
        raise ValueError(f"{text[:40]!r} has {len(fields)} fields, not five")

    minutes, hours, days, months, weekdays = fields
    return _Calendar(
        _MINUTE.values(minutes),
        _HOUR.values(hours),
        _DAY.values(days),
        _MONTH.values(months),
        frozenset(day % 7 for day in _WEEKDAY.values(weekdays)),
        zone,
    )
