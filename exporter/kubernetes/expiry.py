"""When what we present to an API server, and what it presents to us, comes to its end."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from exporter.kubernetes.credentials import Credential, Rotation
from exporter.kubernetes.json_web_token import expiry, issue
from exporter.kubernetes.x509 import Certificate, NotACertificate, certificate, certificates

ExpiryKind = Literal["client-certificate", "token", "ca", "serving-certificate"]

BRIEF = timedelta(days=31)
"""What is valid for no longer than that in all is renewed by something: nobody does it by hand."""


@dataclass(frozen=True)
class Expiry:
    """One end. `timestamp` is in seconds since 1970."""

    kind: ExpiryKind
    rotation: Rotation
    timestamp: int


class Expiries:
    """
    What ends on the way to one API server, as last seen; told by its connection, read at scrapes.

    Tells dates alone. What cannot be read has no date, which is no error: whether it can be used is
    for OpenSSL and the API server to say.
    """

    def __init__(self) -> None:
        self._credential: Credential | None = None
        self._served: bytes | None = None
        self._known: dict[ExpiryKind, Expiry] = {}

    @property
    def known(self) -> list[Expiry]:
        """At most one of each kind."""
        return list(self._known.values())

    def presented(self, credential: Credential) -> None:
        """A credential is being used from now on."""
        if credential is self._credential:
            return

        self._credential = credential
        self._put("token", _of_token(credential))
        self._put("client-certificate", _of_key_pair(credential))

    def trusted(self, context: ssl.SSLContext) -> None:
        """
        Authorities of the user's own. Of several the last to end counts: while an authority is
        replaced, the old one stands beside the new one until nobody needs it.
        """
        try:
            ends = [certificate(der).ends for der in context.get_ca_certs(binary_form=True)]
        except NotACertificate:
            ends = []

        self._put("ca", Expiry("ca", "manual", int(max(ends).timestamp())) if ends else None)

    def served(self, der: bytes) -> None:
        """The API server showed this certificate, and it was accepted."""
        if der == self._served:
            return

        self._served = der
        shown = _read(lambda: [certificate(der)])
        self._put("serving-certificate", _of_certificates("serving-certificate", shown, "manual"))

    def _put(self, kind: ExpiryKind, found: Expiry | None) -> None:
        if found is None:
            self._known.pop(kind, None)
        else:
            self._known[kind] = found


def _of_token(credential: Credential) -> Expiry | None:
    scheme, _, token = (credential.authorization or "").partition(" ")
    if scheme != "Bearer":
        return None

    ends = credential.expires or expiry(token)
    if ends is None:
        return None

    return Expiry(
        "token", _rotation(credential.rotation, issue(token), ends), int(ends.timestamp())
    )


def _of_key_pair(credential: Credential) -> Expiry | None:
    if (pair := credential.key_pair) is None:
        return None

    # A file in which there is a token says nothing of the certificate beside it.
    rotation: Rotation = "exec" if credential.rotation == "exec" else "manual"
    chain = _read(lambda: certificates(pair.certificate))
    return _of_certificates("client-certificate", chain, rotation)


def _of_certificates(
    kind: ExpiryKind, chain: list[Certificate], rotation: Rotation
) -> Expiry | None:
    """The first in the chain to end: then all of it is worthless."""
    first = min(chain, key=lambda one: one.ends, default=None)
    if first is None:
        return None

    return Expiry(kind, _rotation(rotation, first.begins, first.ends), int(first.ends.timestamp()))


def _rotation(stated: Rotation, begins: datetime | None, ends: datetime) -> Rotation:
    brief = begins is not None and ends - begins <= BRIEF
    return "auto" if stated == "manual" and brief else stated


def _read(read: Callable[[], list[Certificate]]) -> list[Certificate]:
    try:
        return read()
    except NotACertificate:
        return []
