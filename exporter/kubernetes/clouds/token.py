"""A cloud's token as a credential source: issued in a thread, in time, and once for all who ask."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from weakref import WeakValueDictionary

from exporter.kubernetes.clouds.cloud import Cloud, CloudName, missing_library
from exporter.kubernetes.credentials import EARLY, Credential, bearer
from exporter.kubernetes.errors import CredentialsError

DEADLINE = 30.0
"""Seconds for one token. A thread ends by its library's own time limits, usually before."""

AT_ONCE = 4
"""Threads for each cloud: one that does not answer takes no thread from anything else."""

_threads: dict[CloudName, ThreadPoolExecutor] = {
    name: ThreadPoolExecutor(AT_ONCE, f"{name}-tokens") for name in ("eks", "gke", "aks")
}

for _library in ("azure", "botocore", "google", "msal"):
    # What they log as a warning quotes what they are answered; what matters they raise as well.
    logging.getLogger(_library).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Token:
    """A bearer token, and its end, an aware time."""

    text: str = field(repr=False)
    expires: datetime


@dataclass
class CloudToken:
    """
    A `CredentialSource`. Being read again means that the last token is about to end, or was
    rejected: whoever does so gets another one.
    """

    cloud: Cloud
    _given: Token | None = field(default=None, init=False, repr=False, compare=False)
    _shared: _SharedToken | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def reread_after(self) -> float:
        """Infinite: these tokens say when they end."""
        return math.inf

    async def read(self) -> Credential:
        """See `CredentialSource.read`."""
        if self._shared is None:
            self._shared = _tokens.setdefault(self.cloud, _SharedToken(self.cloud))

        self._given = await self._shared.other_than(self._given)
        return Credential(bearer(self._given.text), expires=self._given.expires, rotation="auto")


class _SharedToken:
    """
    The last token of one identity. A hundred clusters that it opens do not ask for a hundred, and
    when there is none they do not wait for a hundred deadlines.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._asking = asyncio.Lock()
        self._last: Token | None = None
        self._failure = ""
        self._failed = -math.inf

    async def other_than(self, given: Token | None) -> Token:
        """
        The last token, or a new one if that is `given`, or about to end.

        Raises:
            CredentialsError: there is none, or was none for somebody who asked meanwhile.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        async with self._asking:
            last = self._last
            if last is not None and last is not given and _seconds_left(last) > EARLY:
                return last

            if self._failed > began:
                raise CredentialsError(self._failure)

            try:
                self._last = await _issued(self._cloud)
            except CredentialsError as error:
                self._failure, self._failed = str(error), clock()
                raise

            return self._last


_tokens: WeakValueDictionary[Cloud, _SharedToken] = WeakValueDictionary()


async def _issued(cloud: Cloud) -> Token:
    """
    A new token.

    Raises:
        CredentialsError: none within the deadline, or none at all; the cloud, and why.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DEADLINE):
            token = await loop.run_in_executor(_threads[cloud.name], _issue, cloud)
    except TimeoutError:
        raise CredentialsError(f"{cloud.name}: no token within {DEADLINE:.0f} s") from None
    except CredentialsError as error:
        raise CredentialsError(f"{cloud.name}: {error}") from None

    if _seconds_left(token) <= 0:
        raise CredentialsError(f"{cloud.name}: the token has ended already; check the clock")

    return token


def _issue(cloud: Cloud) -> Token:
    """
    Imports the cloud's module when it is needed first: its library takes a tenth of a second and
    30 MB, and most who have installed it use one cloud.
    """
    if (missing := missing_library(cloud)) is not None:
        raise CredentialsError(missing)

    issue: Callable[[Cloud], Token] = import_module(
        f"exporter.kubernetes.clouds.{cloud.name}"
    ).token
    try:
        return issue(cloud)
    except (LookupError, TypeError, ValueError) as error:  # what libraries make of odd answers
        problem = f"an answer, or a setting, that makes no sense: {type(error).__name__}"
        raise CredentialsError(problem) from None


def _seconds_left(token: Token) -> float:
    return (token.expires - datetime.now(UTC)).total_seconds()
