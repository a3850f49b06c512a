"""
Users with bcrypt hashes (RFC 7617), as a web configuration lists them.

Checking a hash takes a tenth of a second of one processor and is meant to: so it is done in one
thread, and what came out is kept under a key that tells nothing of the password.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt
from aiohttp import web

from exporter.web.web_config import bcrypt_cost

MOST_KEPT = 100
"""Results of either sort. Wrong passwords never push out those that were right."""

MOST_WAITING = 16
"""Requests that wait for a hash to be checked; with a usual cost the last of them waits 2 s."""

LONGEST = 72
"""Bytes of a password that bcrypt looks at."""


class BasicAuth:
    """Tells who is a user. `users` may change at any time: results are those of a hash."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        # Its own thread: requests that went away leave it busy for a moment, and nobody else.
        self._thread = ThreadPoolExecutor(1, "bcrypt")
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        self.change(users)

    def change(self, users: Mapping[str, str]) -> None:
        """Have these users from now on, whose hashes are usable."""
        self._users = dict(users)
        # Who is no user costs as much as who is, so that waiting tells nobody which there are.
        costs = [bcrypt_cost(hashed) or 0 for hashed in self._users.values()]
        salt = bcrypt.gensalt(max(costs, default=10)).decode()
        self._nobody = salt + "." * 31

    def close(self) -> None:
        """Check nothing any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def has_users(self) -> bool:
        """Whether anybody has to name himself."""
        return bool(self._users)

    async def knows(self, authorization: str) -> bool:
        """
        Whether a header names a user and his password.

        Raises:
            web.HTTPServiceUnavailable: too many wait for that.
        """
        user, password = _credentials(authorization)
        if user is None:
            return False

        hashed = self._users.get(user, self._nobody)
        # Lengths first, so that no two of these are one text.
        parts = (
            b"%d:%s" % (len(text), text) for text in (user.encode(), hashed.encode(), password)
        )
        key = hmac.digest(self._key, b"".join(parts), hashlib.sha256)
        if (kept := self._kept(key)) is not None:
            return kept

        if self._waiting >= MOST_WAITING:
            raise web.HTTPServiceUnavailable(text="busy\n", headers={"Retry-After": "5"})

        self._waiting += 1
        try:
            async with self._turn:
                if (kept := self._kept(key)) is None:
                    loop = asyncio.get_running_loop()
                    is_right = await loop.run_in_executor(
                        self._thread, _is_right, password, hashed.encode()
                    )
                    kept = self._keep(key, is_right and user in self._users)
        finally:
            self._waiting -= 1

        return kept

    def _kept(self, key: bytes) -> bool | None:
        for results, meaning in ((self._right, True), (self._wrong, False)):
            if key in results:
                results.move_to_end(key)
                return meaning

        return None

    def _keep(self, key: bytes, is_right: bool) -> bool:
        results = self._right if is_right else self._wrong
        results[key] = None
        if len(results) > MOST_KEPT:
            results.popitem(last=False)

        return is_right


def _credentials(authorization: str) -> tuple[str | None, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None, b""

    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
        user, colon, password = decoded.partition(b":")
        return (user.decode(), password) if colon else (None, b"")
    except (binascii.Error, ValueError):
        return None, b""


def _is_right(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:LONGEST], hashed)
    except ValueError:  # a hash that only looks like one
        return False
