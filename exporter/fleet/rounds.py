"""When the polled kinds of one cluster are listed: all in one go, each cluster at its own time."""

from __future__ import annotations

import random

from exporter.fleet.health import now


class Rounds:
    """
    A round at least every `interval` seconds, and no two clusters in step.

    A round takes all kinds of a cluster, so that between two of them its connections can close: one
    kind at a time would keep them open, or take a TLS handshake for each list.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._next = 0.0

    def begin(self) -> None:
        """A cluster was met, and everything is listed; the first round is not soon after."""
        self._next = now() + self._interval * random.uniform(0.5, 1.0)

    def until_next(self) -> float:
        """Seconds."""
        moment = now()
        while self._next <= moment:
            self._next += self._interval * random.uniform(0.9, 1.0)

        return self._next - moment
