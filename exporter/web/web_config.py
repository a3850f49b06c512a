"""
The web configuration file: TLS, headers, users and rate, as all Prometheus exporters take them.

Format: https://prometheus.io/docs/prometheus/latest/configuration/https/, and `rate_limit` of
exporter-toolkit's docs/web-configuration.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.files import read_file
from exporter.kubernetes.kubeconfig_yaml import yaml_document

Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
ClientAuth = Literal[
    "",
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    "RequireClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
]
"""Go's names (crypto/tls, `ClientAuthType`); `RequireClientCert` is an old one of RequireAny."""

REQUIRING = frozenset({"RequireAnyClientCert", "RequireClientCert", "RequireAndVerifyClientCert"})
"""With which nobody gets in without a certificate."""

ASKING = REQUIRING | {"VerifyClientCertIfGiven"}
"""With which a certificate is looked at."""

TLS12_CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""Go's name (crypto/tls, `CipherSuites`) → OpenSSL's."""

TLS13_CIPHERS = frozenset(
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
)
"""Always on where TLS 1.3 is, in Go as in OpenSSL."""

CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
"""exporter-toolkit's name → OpenSSL's."""

HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""What may be set, and the values where not any is right."""

MOST_EXPENSIVE = 18
"""A bcrypt hash of this cost takes 15 seconds to check, and twice as long for each one more."""

_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


class WebConfigError(Exception):
    """A web configuration that cannot be used; one line: file, field, what is wrong. No content."""


class Secret(str):
    """Text that shows itself to nobody who only prints what holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


class Interval(float):
    """Seconds, written as Go writes durations: ``1s``, ``1m30s``, ``250ms``."""


class TlsServerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What is presented, and what is asked for. Empty: no TLS."""

    cert: str = ""
    key: Secret = Secret()
    client_ca: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_auth_type: ClientAuth = ""
    client_ca_file: str = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    curve_preferences: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True

    @property
    def enabled(self) -> bool:
        """Whether anything of it is set: half a configuration must not end as plain HTTP."""
        return self != TlsServerConfig()


class HttpServerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """`http2` is accepted and changes nothing: HTTP/1.1 is spoken."""

    http2: bool = True
    headers: dict[str, str] = {}


class RateLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """At most `burst` requests at once, and one more each `interval`; 0 is no limit."""

    interval: Interval = Interval()
    burst: int = 0


class WebConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; paths in it are absolute."""

    tls_server_config: TlsServerConfig = TlsServerConfig()
    http_server_config: HttpServerConfig = HttpServerConfig()
    rate_limit: RateLimit = RateLimit()
    basic_auth_users: dict[str, Secret] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it names."""
        tls = self.tls_server_config
        return tuple(
            Path(name) for name in (tls.cert_file, tls.key_file, tls.client_ca_file) if name
        )


def read_web_config(path: Path) -> WebConfig:
    """
    The configuration in a file. Reads no file that it names. Blocks.

    Raises:
        WebConfigError: unreadable, or nothing that exporter-toolkit would take.
    """
    try:
        document = yaml_document(path, read_file(path))
    except OSError as error:
        raise WebConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except KubeconfigError as error:  # names this file; the loader is that of kubeconfigs
        raise WebConfigError(str(error)) from None

    try:
        config = msgspec.convert(_without_nulls(document) or {}, WebConfig, dec_hook=_decode)
        _check_tls(config.tls_server_config)
        _check_rest(config)
    except (msgspec.ValidationError, ValueError) as error:
        raise WebConfigError(f"{path}: {_field_first(str(error))}") from None

    tls = config.tls_server_config
    placed = {
        name: str(path.parent / value)
        for name in ("cert_file", "key_file", "client_ca_file")
        if (value := getattr(tls, name))
    }
    return msgspec.structs.replace(config, tls_server_config=msgspec.structs.replace(tls, **placed))


def bcrypt_cost(hashed: str) -> int | None:
    """The cost of a hash; None if it is none."""
    match = _BCRYPT.fullmatch(hashed)
    return int(match["cost"]) if match and int(match["cost"]) >= 4 else None


def _check_tls(tls: TlsServerConfig) -> None:
    where = "tls_server_config"
    if not tls.enabled:
        return

    for name in ("cert", "key", "client_ca"):
        inline, file = getattr(tls, name), getattr(tls, f"{name}_file")
        if inline and file:
            raise ValueError(f"{where}: {name} and {name}_file exclude each other")

        if not inline and not file and name != "client_ca":
            raise ValueError(f"{where}: one of {name} and {name}_file is missing")

    has_authority = tls.client_ca or tls.client_ca_file
    if has_authority and tls.client_auth_type in ("", "NoClientCert"):
        raise ValueError(f"{where}.client_auth_type: is missing, so client_ca would be for nothing")

    if tls.client_auth_type in ASKING and not has_authority:
        raise ValueError(f"{where}.client_ca_file: is missing; certificates prove nothing without")

    if tls.client_allowed_sans and tls.client_auth_type not in REQUIRING:
        raise ValueError(
            f"{where}.client_allowed_sans: needs a client_auth_type that requires a certificate, "
            "such as RequireAndVerifyClientCert"
        )

    _check_protocol(tls, where)


def _check_protocol(tls: TlsServerConfig, where: str) -> None:
    if tls.max_version in ("TLS10", "TLS11"):
        raise ValueError(f"{where}.max_version: nothing older than TLS12 is spoken")

    if tls.min_version > tls.max_version:
        raise ValueError(f"{where}.min_version: is above max_version")

    for cipher in tls.cipher_suites:
        if cipher not in TLS12_CIPHERS and cipher not in TLS13_CIPHERS:
            raise ValueError(f"{where}.cipher_suites: {cipher!r} is none of Go's secure ones")

    needs = tls.cipher_suites and not set(tls.cipher_suites) & TLS12_CIPHERS.keys()
    if needs and tls.max_version == "TLS12":
        raise ValueError(f"{where}.cipher_suites: holds none for TLS 1.2")

    for curve in tls.curve_preferences:
        if curve not in CURVES:
            raise ValueError(f"{where}.curve_preferences: {curve!r} is none of {', '.join(CURVES)}")


def _check_rest(config: WebConfig) -> None:
    for name, value in config.http_server_config.headers.items():
        where = "http_server_config.headers"
        if name not in HEADERS:
            raise ValueError(f"{where}: {name!r} cannot be set; {', '.join(HEADERS)} can")

        if HEADERS[name] and value not in HEADERS[name]:
            raise ValueError(f"{where}.{name}: is one of {', '.join(HEADERS[name])}")

        if not value.isprintable() or not value.isascii():
            raise ValueError(f"{where}.{name}: holds what no header can")

    limit = config.rate_limit
    if limit.interval < 0 or limit.burst < 0 or (limit.interval and not limit.burst):
        raise ValueError("rate_limit: interval and burst are positive, or nobody would get in")

    for place, (user, hashed) in enumerate(config.basic_auth_users.items()):
        where = f"basic_auth_users: password {place + 1}"
        cost = bcrypt_cost(hashed)
        if cost is None:
            raise ValueError(f"{where}: is not a bcrypt hash, as `htpasswd -nB` prints it")

        if cost > MOST_EXPENSIVE:
            raise ValueError(
                f"{where}: its cost is {cost}, and at most {MOST_EXPENSIVE} is bearable"
            )

        if ":" in user:
            raise ValueError("basic_auth_users: a user's name cannot hold a colon (RFC 7617)")


def _decode(type_: type[Any], value: Any) -> Any:
    if type_ is Secret:
        if isinstance(value, str):
            return Secret(value)

        raise ValueError("a text is expected")

    if type_ is not Interval:
        raise NotImplementedError(type_)

    if isinstance(value, int) and not isinstance(value, bool):
        return Interval(value * 1e-9)  # Go's own unit, as yaml.v2 reads a number

    text = str(value)
    if text == "0" or (text and not _DURATION.sub("", text)):
        return Interval(sum(float(n) * _SECONDS[unit] for n, unit in _DURATION.findall(text)))

    raise ValueError("a duration is written as 1s, 1m30s or 250ms")


def _without_nulls(document: Any) -> Any:
    """In Go a key without a value is one that is not there."""
    if not isinstance(document, dict):
        return document

    return {key: _without_nulls(value) for key, value in document.items() if value is not None}


def _field_first(problem: str) -> str:
    """msgspec's ``Expected … - at `$.rate_limit.burst` `` → ``rate_limit.burst: expected …``."""
    what, at, place = " ".join(problem.split()).rpartition(" - at `$")
    if not at:
        what, place = problem, ""

    path = place.removesuffix("`").removeprefix(".")
    if unknown := _UNKNOWN_KEY.fullmatch(what):
        return f"{path}.{unknown[1]}: unknown key".removeprefix(".")

    return f"{path}: {what[:1].lower()}{what[1:]}" if path else what
