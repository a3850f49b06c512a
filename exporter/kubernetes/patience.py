"""How long a watch may last and be silent before it counts as dead."""

from __future__ import annotations

import random


class Patience:
    """
    With the watches of one kind at one server, learnt from their bookmarks.

    API servers send bookmarks about every minute, but not for every kind and not everywhere: only
    when the resourceVersion moved (etcd's progress notifications may be ten minutes apart), never
    for kinds without a watch cache. Where two came, a long watch is safe, because a missing third
    gives a dead one away; elsewhere a watch is kept so short that its end does.
    """

    BOOKMARKED = (300, 600, 75.0)
    PLAIN = (45, 60, 70.0)
    """Seconds: shortest and longest watch, silence after which it is dead."""

    def __init__(self) -> None:
        self._bookmarks = 0

    def bookmark(self) -> None:
        """One has come."""
        self._bookmarks += 1

    def silent(self) -> None:
        """A watch was silent for too long: perhaps bookmarks have ended."""
        self._bookmarks = 0

    def terms(self) -> tuple[int, float]:
        """(seconds a watch is to last, seconds it may be silent)"""
        shortest, longest, quiet = self.BOOKMARKED if self._bookmarks >= 2 else self.PLAIN
        return random.randint(shortest, longest), quiet
