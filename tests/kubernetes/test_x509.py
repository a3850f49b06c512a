"""Dates and issuers of certificates, and what is none."""

from __future__ import annotations

import datetime

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.kubernetes.x509 import Certificate, NotACertificate, certificate, certificates

KEY = ec.generate_private_key(ec.SECP256R1())
SECONDS = st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=datetime.UTC)
)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=16)


def der_of(issuer: x509.Name, *moments: datetime.datetime, serial: int = 1) -> bytes:
    begins, ends = sorted(moments)
    signed = (
        x509.CertificateBuilder(issuer, x509.Name([]), KEY.public_key(), serial, begins, ends)
    ).sign(KEY, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def named(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes])


@given(SECONDS, SECONDS, NAMES, st.integers(1, 2**159 - 1))
def test_dates_and_issuer_are_what_the_certificate_was_made_with(
    one: datetime.datetime, other: datetime.datetime, issuer: str, serial: int
) -> None:
    der = der_of(named((NameOID.COMMON_NAME, issuer)), one, other, serial=serial)

    assert certificate(der) == Certificate(min(one, other), max(one, other), issuer)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (named((NameOID.ORGANIZATION_NAME, "shop"), (NameOID.COMMON_NAME, "kubernetes")),
         "kubernetes"),
        (named((NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "shop")), "shop"),
        (named(), ""),
        (named((NameOID.COMMON_NAME, "two\nlines")), "two lines"),
    ],
)  # fmt: skip
def test_an_issuer_is_one_line(name: x509.Name, shown: str) -> None:
    moment = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)

    assert certificate(der_of(name, moment, moment)).issuer == shown


def test_all_certificates_of_a_file_are_read_in_its_order() -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("api", not_after=datetime.datetime(2030, 1, 1))
    pem = b"a comment\n" + leaf.cert_chain_pems[0].bytes() + authority.cert_pem.bytes()

    first, second = certificates(pem)

    assert first.ends == datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    assert second.ends > first.ends


@pytest.mark.parametrize(
    "pem", [b"nothing", b"-----BEGIN CERTIFICATE-----\na\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_certificates_is_told_from_one(pem: bytes) -> None:
    with pytest.raises(NotACertificate):
        certificates(pem)


MADE = der_of(
    named((NameOID.COMMON_NAME, "kubernetes")),
    datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(2060, 1, 1, tzinfo=datetime.UTC),
)


@given(st.binary())
def test_whatever_is_given_either_is_read_or_is_no_certificate(given_: bytes) -> None:
    with pytest.raises(NotACertificate):
        certificate(given_)


@given(st.integers(0, len(MADE) - 1), st.integers(0, 255))
@example(MADE.index(b"\x02\x01\x01") + 2, 0xFF)  # a serial number below zero
@example(11, 1)  # a version that there was not
@example(38, 3)  # a name that is no text
def test_one_byte_that_is_wrong_fails_in_no_other_way(place: int, value: int) -> None:
    changed = MADE[:place] + bytes([value]) + MADE[place + 1 :]
    try:
        certificate(changed)
    except NotACertificate:
        assert changed != MADE


@given(st.integers(0, 100))
def test_a_certificate_that_is_cut_short_is_none(length: int) -> None:
    with pytest.raises(NotACertificate):
        certificate(MADE[:length])
