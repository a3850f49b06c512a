"""
How long to wait before asking an API server again.

Growth and bounds as client-go's reflector has them (800 ms, doubled up to 30 s), with full jitter,
so that a fleet that lost its network does not come back in step.
"""

from __future__ import annotations

import random

FIRST = 0.8
LONGEST = 30.0
LONGEST_RETRY_AFTER = 60.0


class Backoff:
    """Waiting times in seconds for one thing that fails again and again."""

    def __init__(self, first: float = FIRST, longest: float = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def succeeded(self) -> None:
        """The next failure is the first one again."""
        self._failures = 0

    def failed(self, retry_after: float | None = None) -> float:
        """
        The seconds to wait now.

        A server's Retry-After (HTTP header or Status detail) is a lower bound, up to a minute: a
        longer one would break the promise that a kind is current 120 s after a fault ends.
        """
        bound: float = min(self._longest, self._first * 2 ** min(self._failures, 16))
        self._failures += 1
        wait = random.uniform(bound / 2, bound)
        if retry_after is None:
            return wait

        return max(wait, min(retry_after, LONGEST_RETRY_AFTER) * random.uniform(1.0, 1.1))
