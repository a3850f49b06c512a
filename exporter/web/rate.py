"""A token bucket: so many requests at once, and then one for each interval."""

from __future__ import annotations

import asyncio


class Rate:
    """
    Args:
        interval: seconds until one more request may come; 0 is no limit.
        burst: requests that may come at once.
    """

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._burst = burst
        self._left = float(burst)
        self._counted = _now()

    def allows(self) -> bool:
        """Whether one may come now; it is counted then."""
        if not self._interval:
            return True

        now = _now()
        self._left = min(self._burst, self._left + (now - self._counted) / self._interval)
        self._counted = now
        if self._left < 1:
            return False

        self._left -= 1
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()
