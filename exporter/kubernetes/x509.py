"""
When a certificate is valid and who issued it, read from its DER (RFC 5280, ITU-T X.690).

OpenSSL has checked it before; Python tells dates of authorities alone. Nothing is verified here,
and nothing else is read.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_PEM = re.compile(
    rb"-----BEGIN (X509 )?CERTIFICATE-----(?P<content>.*?)-----END (X509 )?CERTIFICATE-----",
    re.DOTALL,
)

_INTEGER, _OID, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _SET = 0x02, 0x06, 0x17, 0x18, 0x30, 0x31
_VERSION = 0xA0
"""An explicit [0], left out by certificates of version 1."""

_NAMES = (b"\x55\x04\x03", b"\x55\x04\x0a")
"""commonName, 2.5.4.3; organizationName, 2.5.4.10."""

_LONGEST_NAME = 100
"""Characters of an issuer's name that are kept."""


class NotACertificate(ValueError):
    """Bytes that do not begin as a certificate does."""


@dataclass(frozen=True)
class Certificate:
    """From when and until when it is valid, both aware; `issuer` is one printable line."""

    begins: datetime
    ends: datetime
    issuer: str


def certificates(pem: bytes) -> list[Certificate]:
    """
    Those of a PEM file, in its order; what stands between them is passed over.

    Raises:
        NotACertificate: one of them cannot be read.
    """
    found = []
    for match in _PEM.finditer(pem):
        try:
            found.append(certificate(binascii.a2b_base64(match["content"])))
        except binascii.Error:
            raise NotACertificate("is not base64") from None

    return found


def certificate(der: bytes) -> Certificate:
    """
    One certificate.

    Raises:
        NotACertificate: it cannot be read.
    """
    signed = _Reader(_Reader(_Reader(der).next(_SEQUENCE)).next(_SEQUENCE))
    if signed.tag == _VERSION:
        signed.next(_VERSION)

    signed.next(_INTEGER)  # the serial number
    signed.next(_SEQUENCE)  # the algorithm of the signature
    issuer = signed.next(_SEQUENCE)
    validity = _Reader(signed.next(_SEQUENCE))
    return Certificate(_time(validity), _time(validity), _name(issuer))


class _Reader:
    """Takes one element after the other from the content of another one; never past its end."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def tag(self) -> int | None:
        """The tag of the next element; None at the end."""
        return self._content[self._at] if self._at < len(self._content) else None

    def next(self, *tags: int) -> bytes:
        """The content of the next element, which must have one of the tags (any, without)."""
        if self.tag is None or (tags and self.tag not in tags):
            raise NotACertificate("another element was expected")

        length = self._byte(self._at + 1)
        start = self._at + 2
        if length >= 0x80:  # the long form: so many bytes hold the length
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise NotACertificate("an element without a length, or with an absurd one")

            length = int.from_bytes(self._content[start : start + size], "big")
            start += size

        self._at = start + length
        if self._at > len(self._content):
            raise NotACertificate("an element is cut short")

        return self._content[start : self._at]

    def _byte(self, place: int) -> int:
        if place >= len(self._content):
            raise NotACertificate("an element is cut short")

        return self._content[place]


def _time(reader: _Reader) -> datetime:
    """RFC 5280, 4.1.2.5: two digits of the year until 2049, four from then on, always in UTC."""
    is_short = reader.tag == _UTC_TIME
    text = reader.next(_UTC_TIME, _GENERALIZED_TIME).decode("ascii", "replace")
    if is_short:
        text = ("19" if text[:2] >= "50" else "20") + text

    if not re.fullmatch(r"[0-9]{14}Z", text):
        raise NotACertificate("a time is not written as certificates do")

    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NotACertificate("a time that does not exist") from None


def _name(content: bytes) -> str:
    """The common name, or else the organization; empty when there is neither."""
    found: dict[bytes, str] = {}
    sets = _Reader(content)
    while sets.tag is not None:
        attributes = _Reader(sets.next(_SET))
        while attributes.tag is not None:
            attribute = _Reader(attributes.next(_SEQUENCE))
            kind = attribute.next(_OID)
            found[kind] = attribute.next().decode("utf-8", "replace")

    name = next((found[kind] for kind in _NAMES if kind in found), "")
    return "".join(c if c.isprintable() else " " for c in name)[:_LONGEST_NAME]
