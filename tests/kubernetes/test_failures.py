"""aiohttp's ways to fail, as our reasons; test_connection.py provokes the real ones."""

from __future__ import annotations

import traceback

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from exporter.kubernetes.errors import (
    KubernetesError,
    Malformed,
    RefusedByPolicy,
    Unreachable,
)
from exporter.kubernetes.failures import transport_failures

KEY = ConnectionKey("eu-1.example", 443, True, True, None, None, None)
REFUSED = ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (TimeoutError(), "timeout"),
        (aiohttp.SocketTimeoutError(), "timeout"),
        (aiohttp.ConnectionTimeoutError(), "timeout"),
        (aiohttp.ClientConnectorDNSError(KEY, REFUSED), "dns"),
        (aiohttp.ClientConnectorError(KEY, REFUSED), "refused"),
        (aiohttp.ClientProxyConnectionError(KEY, REFUSED), "proxy"),
        (aiohttp.ClientConnectorSSLError(KEY, REFUSED), "tls"),
        (aiohttp.ClientPayloadError("short"), "reset"),
        (aiohttp.ServerDisconnectedError(), "reset"),
        (ConnectionResetError(104, "reset"), "reset"),
        (OSError(24, "Too many open files"), "reset"),
    ],
)
def test_whatever_breaks_has_one_of_our_reasons(raised: Exception, reason: str) -> None:
    with pytest.raises(Unreachable) as caught, transport_failures():
        raise raised

    assert caught.value.reason == reason


def test_what_is_not_http_is_malformed() -> None:
    with pytest.raises(Malformed), transport_failures():
        raise ValueError("Forbidden control character: Bearer s3cret")


def test_no_message_holds_what_the_library_said() -> None:
    with pytest.raises(Malformed) as caught, transport_failures():
        raise ValueError("Bearer s3cret")

    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_host_that_is_nothing_cannot_be_found() -> None:
    with pytest.raises(Unreachable) as caught, transport_failures():
        raise aiohttp.InvalidUrlClientError("127.1", "is not a canonical IPv4 address")

    assert caught.value.reason == "dns"


@pytest.mark.parametrize("kind", [Malformed, RefusedByPolicy])
def test_our_own_exceptions_pass(kind: type[KubernetesError]) -> None:
    with pytest.raises(kind, match="ours"), transport_failures():
        raise kind("ours")
