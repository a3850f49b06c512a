"""
TLS of the ports, as a web configuration says: one context for each content of its files.

OpenSSL refuses a certificate that nobody vouches for already in the handshake. One that is missing
or has no allowed name is refused path by path, because the kubelet's probes come without any.
"""

from __future__ import annotations

import ipaddress
import ssl
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from exporter.kubernetes.certificates import load_authorities, present
from exporter.kubernetes.credentials import KeyPair
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.files import read_file
from exporter.web.web_config import (
    ASKING,
    CURVES,
    REQUIRING,
    TLS12_CIPHERS,
    TLS13_CIPHERS,
    TlsServerConfig,
    WebConfigError,
)

_OLDEST = {"TLS13": ssl.TLSVersion.TLSv1_3}
"""What is older than TLS 1.2 is never spoken, so that any other minimum means that."""

_NEWEST = {"TLS12": ssl.TLSVersion.TLSv1_2}


class ServerContext(ssl.SSLContext):
    """What one content of the files says; `authorities` are those of clients, in PEM."""

    authorities: bytes = b""


class CurrentContext(ssl.SSLContext):
    """
    What a listener is given: each handshake is that of the `current` context, whole. Contexts that
    are changed in place would go on trusting authorities that were taken away.
    """

    current: ServerContext

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """The beginning of a handshake; asyncio and uvloop call nothing else."""
        return self.current.wrap_bio(*arguments, **named)


def server_context(config: TlsServerConfig) -> ServerContext:
    """
    Reads the files that the configuration names. Blocks.

    Raises:
        WebConfigError: one of them cannot be used; names its field, never its content.
    """
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    _limit_protocol(context, config)
    try:
        pair = KeyPair(
            _content("cert_file", config.cert_file, config.cert),
            _content("key_file", config.key_file, config.key),
        )
        present(context, pair, _field("cert", config.cert_file), _field("key", config.key_file))
        if config.client_auth_type in ASKING:
            pem = _content("client_ca_file", config.client_ca_file, config.client_ca)
            load_authorities(context, pem, _field("client_ca", config.client_ca_file))
            context.authorities = pem
            context.verify_mode = ssl.CERT_OPTIONAL
    except CredentialsError as error:
        raise WebConfigError(f"tls_server_config.{error}") from error

    return context


def check_client(config: TlsServerConfig, request: web.BaseRequest, current: ServerContext) -> None:
    """
    Raises:
        web.HTTPForbidden: this path asks for a client certificate other than what was shown.
    """
    if config.client_auth_type not in REQUIRING:
        return

    tls = request.get_extra_info("ssl_object")
    shown = tls.getpeercert() if tls is not None else None
    if not shown:
        raise web.HTTPForbidden(text="a client certificate is required\n")

    # The connection may be older than what is in force now, or than the end of the certificate.
    trusted = getattr(tls.context, "authorities", b"") == current.authorities
    if not trusted or ssl.cert_time_to_seconds(shown["notAfter"]) < time.time():
        refusal = web.HTTPForbidden(text="the client certificate is not accepted any more\n")
        refusal.force_close()
        raise refusal

    allowed = {_canonical(name) for name in config.client_allowed_sans}
    names = {_canonical(name) for _, name in shown.get("subjectAltName", ())}
    if allowed and not allowed & names:
        raise web.HTTPForbidden(text="the client certificate has none of the allowed names\n")


def _limit_protocol(context: ServerContext, config: TlsServerConfig) -> None:
    context.minimum_version = _OLDEST.get(config.min_version, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = _NEWEST.get(config.max_version, ssl.TLSVersion.TLSv1_3)
    # A resumed session would bring a certificate along that was checked long ago.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    if config.prefer_server_cipher_suites:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE

    if ciphers := [TLS12_CIPHERS[name] for name in config.cipher_suites if name in TLS12_CIPHERS]:
        context.set_ciphers(":".join(ciphers))
    elif set(config.cipher_suites) & TLS13_CIPHERS:
        context.minimum_version = ssl.TLSVersion.TLSv1_3

    if config.curve_preferences:
        # Python can tell OpenSSL one of them: none is used that is not listed.
        context.set_ecdh_curve(CURVES[config.curve_preferences[0]])


def _content(field: str, file: str, inline: str) -> bytes:
    if not file:
        return inline.encode()

    try:
        return read_file(Path(file))
    except OSError as error:
        raise CredentialsError(f"{field}: {file}: {error.strerror}") from error


def _field(name: str, file: str) -> str:
    return f"{name}_file: {file}" if file else name


def _canonical(name: str) -> str:
    """Addresses are written in several ways."""
    try:
        return str(ipaddress.ip_address(name.strip()))
    except ValueError:
        return name
