"""A moment and what clocks of a time zone show then, moved about as Go's ``time`` moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from exporter.kubernetes.objects import unix_seconds

_HOUR = 3600
_DAY = 24 * _HOUR


class LocalClock:
    """
    Starts at `now`, in seconds since 1970, in `zone`.

    A local time that does not exist, or exists twice, becomes a moment by the rule of Go's
    ``time.Date``, which leaves open in its documentation which one that is.

    Raises, wherever it moves:
        OverflowError, ValueError: out of Python's calendar, which has the years 1 to 9999.
    """

    def __init__(self, now: int, zone: tzinfo) -> None:
        self._zone = zone
        self._is_set_back = False
        self._set(now)

    def _set(self, now: int) -> None:
        self.now = now
        self.local = datetime.fromtimestamp(now, self._zone)

    def set_back_to_month(self) -> None:
        """To the start of the month, unless it was set back before: it stands at a start then."""
        if not self._is_set_back:
            self._set_back(self.local.replace(day=1, hour=0, minute=0, second=0))

    def set_back_to_day(self) -> None:
        """To the start of the day, unless it was set back before."""
        if not self._is_set_back:
            self._set_back(self.local.replace(hour=0, minute=0, second=0))

    def set_back_to_hour(self) -> None:
        """To the start of the hour, unless it was set back before."""
        if not self._is_set_back:
            self._set_back(self.local.replace(minute=0, second=0))

    def set_back_to_minute(self) -> None:
        """To the start of the minute, unless it was set back before."""
        if not self._is_set_back:
            self._is_set_back = True
            self._set(self.now - self.now % 60)

    def _set_back(self, local: datetime) -> None:
        self._is_set_back = True
        self._set_local(local.replace(tzinfo=None))

    def go_on(self, seconds: int) -> None:
        """So much time passes."""
        self._set(self.now + seconds)

    def next_month(self) -> None:
        """The same day and time a month later; a 31st where there is none becomes the 1st."""
        local = self.local.replace(tzinfo=None)
        year, month = divmod(local.year * 12 + local.month, 12)
        first = local.replace(year=year, month=month + 1, day=1)
        self._set_local(first + timedelta(days=local.day - 1))

    def next_day(self) -> None:
        """Midnight a day later; where there is none, the whole hour that is nearest to it."""
        before = self.now
        self._set_local(self.local.replace(tzinfo=None) + timedelta(days=1))
        hour = self.local.hour
        if hour:
            self.go_on((24 - hour if hour > 12 else -hour) * _HOUR)

        if self.now <= before:
            self.go_on(_DAY)  # Samoa had no 30 December 2011: Go would stand still here for ever

    def _set_local(self, local: datetime) -> None:
        if_utc = unix_seconds(local.replace(tzinfo=UTC))
        self._set(if_utc - self._offset(if_utc - self._offset(if_utc)))

    def _offset(self, moment: int) -> int:
        offset = datetime.fromtimestamp(moment, self._zone).utcoffset() or timedelta()
        return offset.days * _DAY + offset.seconds
