"""`ssl.SSLContext`s from certificates in memory: no temporary files, no descriptors left open."""

from __future__ import annotations

import functools
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from exporter.kubernetes.credentials import KeyPair
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.files import read_file
from exporter.kubernetes.server import Tls

_ENCRYPTED_KEY = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED")
_KEY = re.compile(rb"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----")
_MISMATCH = {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"}


def ssl_context(tls: Tls, key_pair: KeyPair | None) -> ssl.SSLContext:
    """
    A client's context: TLS 1.2 or later, certificates checked unless `tls.insecure`.

    Reads `tls.ca_file` anew. Contexts with neither CA nor key pair are one shared object, because
    the system's authorities take 830 KiB and 40 ms: do not change what is returned.

    Raises:
        CredentialsError: one line that names the field, never its content.
    """
    if key_pair is None and (tls.insecure or (tls.ca_data is None and tls.ca_file is None)):
        return _shared_context(tls.insecure)

    context = _context(tls.insecure)
    if not tls.insecure:
        _trust(context, tls)

    if key_pair is not None:
        present(context, key_pair, "client-certificate", "client-key")

    return context


def check_key_pair(key_pair: KeyPair, certificate: str, key: str) -> None:
    """
    Raise `CredentialsError` unless the pair can be used; `certificate` and `key` name its parts.

    Certificate and key are two files that nobody replaces in one step.
    """
    present(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), key_pair, certificate, key)


@functools.cache
def _shared_context(insecure: bool) -> ssl.SSLContext:
    context = _context(insecure)
    if not insecure:
        context.load_default_certs()

    return context


def _context(insecure: bool) -> ssl.SSLContext:
    # Not ssl.create_default_context(): that writes session keys to the file SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    # As Go does, so that what works with kubectl works here: clusters' authorities often lack the
    # key identifiers that strict checking (Python's default since 3.13) asks for, and an
    # intermediate authority may be trusted without its root.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _trust(context: ssl.SSLContext, tls: Tls) -> None:
    if tls.ca_data is not None:
        load_authorities(context, tls.ca_data, "certificate-authority-data")
    elif tls.ca_file is not None:
        field = f"certificate-authority: {tls.ca_file}"
        try:
            content = read_file(tls.ca_file)
        except OSError as error:
            raise CredentialsError(f"{field}: {error.strerror}") from error

        load_authorities(context, content, field)
    else:
        context.load_default_certs()


def load_authorities(context: ssl.SSLContext, pem: bytes, field: str) -> None:
    """
    Trust those in `pem` besides others; `field` says where they stand.

    Raises:
        CredentialsError: there are none.
    """
    if b"-----BEGIN " not in pem:
        raise CredentialsError(f"{field}: holds no certificate in PEM form")

    try:
        # Comments between certificates may be in any encoding; PEM itself is ASCII.
        context.load_verify_locations(cadata=pem.decode("ascii", "ignore"))
    except ssl.SSLError as error:
        raise CredentialsError(f"{field}: holds no valid certificate: {_reason(error)}") from error


def present(context: ssl.SSLContext, key_pair: KeyPair, certificate: str, key: str) -> None:
    """
    Show this certificate to others; `certificate` and `key` say where its parts stand.

    Raises:
        CredentialsError: they cannot be used, or do not belong together.
    """
    load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), key_pair.certificate, certificate)
    if _ENCRYPTED_KEY.search(key_pair.key):
        raise CredentialsError(f"{key}: is encrypted, and there is no place for its password")

    if not _KEY.search(key_pair.key):
        raise CredentialsError(f"{key}: holds no private key in PEM form")

    try:
        with _named(key_pair.certificate) as chain, _named(key_pair.key) as private:
            # A password, so that OpenSSL never asks for one on the terminal.
            context.load_cert_chain(chain, private, password="")
    except ssl.SSLError as error:
        if error.reason in _MISMATCH:
            raise CredentialsError(f"{key}: does not belong to the certificate") from error

        raise CredentialsError(f"{key}: cannot be used: {_reason(error)}") from error
    except OSError as error:
        raise CredentialsError(f"{key}: cannot be handed to OpenSSL: {error.strerror}") from error


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own name for what is wrong, which never holds content."""
    return (error.reason or "not PEM").replace("_", " ").lower()


@contextmanager
def _named(pem: bytes) -> Iterator[str]:
    """
    A name under which OpenSSL can open `pem`, as Python gives it keys by file name only.

    In memory where the system can; otherwise a file for this user alone, gone afterwards.
    """
    file: IO[bytes]
    if hasattr(os, "memfd_create"):
        file = os.fdopen(os.memfd_create("pem"), "wb")
        name = f"/proc/self/fd/{file.fileno()}"
    else:
        file = tempfile.NamedTemporaryFile()  # noqa: SIM115  closed by `with file`
        name = file.name

    with file:
        file.write(pem)
        file.flush()
        yield name
