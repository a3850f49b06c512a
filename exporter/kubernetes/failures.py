"""aiohttp's and OpenSSL's ways to fail → `Unreachable` with one of our reasons."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from exporter.kubernetes.errors import (
    KubernetesError,
    Malformed,
    Unreachable,
    UnreachableReason,
)

# X509_V_ERR_* of OpenSSL's x509_vfy.h
_EXPIRED = {9, 10}
_HOSTNAME = {62, 64}
_UNKNOWN_CA = {2, 18, 19, 20, 21}


@contextmanager
def transport_failures() -> Iterator[None]:
    """
    Turn whatever aiohttp raises inside the block into our own exceptions; those of ours that its
    callbacks raise, as `RefusedByPolicy`, it lets through, and so does this.

    Raises:
        Unreachable: no connection, no answer in time, a broken connection, or no trust.
        Malformed: bytes that are not HTTP, or a body that ends before its announced end.
    """
    try:
        yield
    except TimeoutError as error:
        raise Unreachable("timeout", "no answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        raise _failure(error) from error
    except ValueError as error:
        # Not `from error`: aiohttp quotes the header that it would not send.
        raise Malformed(f"cannot be sent or read as HTTP: {type(error).__name__}") from None


def _failure(error: aiohttp.ClientError | OSError) -> KubernetesError:
    match error:
        case aiohttp.InvalidURL():
            return Unreachable("dns", "the host is neither a name nor an address")

        case aiohttp.ClientConnectorDNSError():
            return Unreachable("dns", f"cannot resolve {error.host}")

        case aiohttp.ClientProxyConnectionError():
            return Unreachable("proxy", "cannot connect to the proxy")

        case aiohttp.ClientHttpProxyError():
            return Unreachable("proxy", f"the proxy answered {error.status}")

        case aiohttp.ClientSSLError():
            return _tls_failure(error)

        case aiohttp.ClientConnectorError():
            return Unreachable("refused", f"cannot connect: {error.strerror or 'refused'}")

        case aiohttp.ClientPayloadError():
            return Unreachable("reset", "the answer was cut short")

        case aiohttp.ClientResponseError():
            return Malformed(f"not an HTTP answer: {type(error).__name__}")

        case _:
            return Unreachable("reset", f"the connection broke: {type(error).__name__}")


def _tls_failure(error: aiohttp.ClientSSLError) -> Unreachable:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    reason: UnreachableReason = "tls"
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _EXPIRED:
            reason = "tls-expired"
        elif cause.verify_code in _HOSTNAME:
            reason = "tls-hostname"
        elif cause.verify_code in _UNKNOWN_CA:
            reason = "tls-ca"

        return Unreachable(reason, f"the certificate is not accepted: {cause.verify_message}")

    return Unreachable(reason, f"the TLS handshake failed: {getattr(cause, 'reason', None)}")
