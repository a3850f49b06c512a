"""When a certificate is valid and who issued it. Nothing is verified here: OpenSSL has, before."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

_LONGEST_NAME = 100
"""Characters of an issuer's name that are kept."""


class NotACertificate(ValueError):
    """Bytes that are no certificate as RFC 5280 has it."""


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
        NotACertificate: there is none, or one of them cannot be read.
    """
    with _tolerant():
        return [_read(one) for one in x509.load_pem_x509_certificates(pem)]


def certificate(der: bytes) -> Certificate:
    """
    One certificate.

    Raises:
        NotACertificate: it cannot be read.
    """
    with _tolerant():
        return _read(x509.load_der_x509_certificate(der))


@contextmanager
def _tolerant() -> Iterator[None]:
    """What is odd about other people's certificates is nothing to warn the operator of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (x509.InvalidVersion, TypeError, ValueError) as error:  # names raise TypeError
            raise NotACertificate(str(error)) from None


def _read(found: x509.Certificate) -> Certificate:
    """May raise what loading does: names are parsed when they are asked for."""
    return Certificate(found.not_valid_before_utc, found.not_valid_after_utc, _name(found.issuer))


def _name(issuer: x509.Name) -> str:
    """The common name, or else the organization; empty when there is neither."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in issuer.get_attributes_for_oid(kind):
            name = attribute.value
            text = name if isinstance(name, str) else name.decode("utf-8", "replace")
            return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_NAME]

    return ""
