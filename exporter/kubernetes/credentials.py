"""What is presented to an API server now, and when the place it comes from is read again."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog

from exporter.kubernetes.errors import CredentialsError, RefusedByPolicy

RETRY_AFTER = 10.0
"""Seconds until a source is read again that failed, or gave once more what the server rejected."""

EARLY = 60.0
"""Seconds before its end at which a credential is renewed; a fifth of the time left, if less."""

Rotation = Literal["manual", "auto", "file", "exec", "oidc"]
"""
Who renews a credential: nobody but people; something, because it is valid for so short; whoever
writes the file that the token is in; an exec plugin; an OpenID Connect issuer.
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class KeyPair:
    """A client certificate, with its chain, and the key to it; both PEM."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Credential:
    """
    What is presented to an API server: an Authorization header, a client certificate, or nothing.

    `expires` is what the source says of it, an aware time; the server may think differently.
    `rotation` is who renews the token, and of exec plugins the client certificate.
    """

    authorization: str | None = field(default=None, repr=False)
    key_pair: KeyPair | None = field(default=None, repr=False)
    expires: datetime | None = None
    rotation: Rotation = field(default="manual", compare=False)


class Credentials(Protocol):
    """The credentials for one API server, as they are now."""

    async def current(self) -> Credential:
        """
        What to present now. Costs nothing while nothing is due.

        Raises:
            CredentialsError: there is none; the message says which file or command failed.
            RefusedByPolicy: whoever gives it may not be asked.
        """

    def rejected(self, credential: Credential) -> None:
        """
        The server answered 401 to `credential`.

        If that is still the current one, the next `current()` reads the source again. Calling this
        again, or for an older credential, changes nothing.
        """


class CredentialSource(Protocol):
    """Where a credential comes from."""

    @property
    def reread_after(self) -> float:
        """Seconds until it is read again although nothing expired; infinite for most."""

    async def read(self) -> Credential:
        """
        The credential as it is now. Has a deadline of its own and never blocks the event loop.

        Raises:
            CredentialsError: there is none now.
            RefusedByPolicy: whoever gives it may not be asked.
        """


class UserCredentials:
    """
    The credential of one source, read again when it is due.

    However many ask at once, the source is read once. When reading fails, the last good credential
    stays in use until it expires or the server rejects it, as in client-go's token source.
    """

    def __init__(self, source: CredentialSource) -> None:
        self._source = source
        self._reading = asyncio.Lock()
        self._credential: Credential | None = None
        self._rejected = False
        self._failure: CredentialsError | RefusedByPolicy | None = None
        # Times of the event loop's clock, which neither NTP nor a user can set.
        self._due = -math.inf
        self._expiry = math.inf
        self._doubt_from = -math.inf

    async def current(self) -> Credential:
        """See `Credentials.current`."""
        if self._due <= _now():
            async with self._reading:
                if self._due <= _now():
                    await self._read()

        usable = self._credential
        if self._failure is not None and (self._rejected or self._expiry <= _now()):
            usable = None

        if usable is None:
            failure = self._failure or CredentialsError("there is no credential")
            raise type(failure)(str(failure))  # a new one: each raise adds to a traceback

        return usable

    def rejected(self, credential: Credential) -> None:
        """See `Credentials.rejected`."""
        if credential == self._credential and _now() >= self._doubt_from:
            self._rejected = True
            self._due = -math.inf

    async def _read(self) -> None:
        try:
            credential = await self._source.read()
        except (CredentialsError, RefusedByPolicy) as error:
            if self._failure is None and self._credential is not None:
                _log.warning("credential cannot be read again", problem=str(error))

            self._failure = type(error)(str(error))
            self._due = _now() + RETRY_AFTER
            return

        now = _now()
        # Thirty watches may still learn that the server rejects what this source gave once more.
        same_again = self._rejected and credential == self._credential
        self._doubt_from = now + RETRY_AFTER if same_again else -math.inf
        self._credential, self._rejected, self._failure = credential, False, None

        left = _seconds_left(credential)
        self._expiry = now + left
        self._due = now + min(left - min(EARLY, left / 5), self._source.reread_after)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _seconds_left(credential: Credential) -> float:
    if credential.expires is None:
        return math.inf

    return max(0.0, (credential.expires - datetime.now(UTC)).total_seconds())


def bearer(token: str) -> str:
    """
    The Authorization header for a token; white space around the token is dropped, as in client-go.

    Raises:
        CredentialsError: empty, or not fit for an HTTP header (RFC 9110: visible ASCII).
    """
    token = token.strip()
    if not token:
        raise CredentialsError("the token is empty")

    if not all("!" <= character <= "~" for character in token):
        raise CredentialsError("the token holds spaces or characters that are not visible ASCII")

    return f"Bearer {token}"
