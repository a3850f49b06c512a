"""What a JSON Web Token says of itself (RFC 7519); nobody's signature is checked here."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import msgspec


class _Claims(msgspec.Struct):
    exp: float | None = None
    nbf: float | None = None
    iat: float | None = None


def expiry(token: str) -> datetime | None:
    """When a token ends; None if it is no JWT, or does not say."""
    claims = _claims(token)
    return None if claims is None else _moment(claims.exp)


def issue(token: str) -> datetime | None:
    """From when a token is valid; None if it is no JWT, or does not say."""
    claims = _claims(token)
    return None if claims is None else _moment(claims.iat if claims.nbf is None else claims.nbf)


def _claims(token: str) -> _Claims | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None

    payload = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        return msgspec.json.decode(
            base64.b64decode(payload, altchars=b"-_", validate=True), type=_Claims
        )
    except (ValueError, RecursionError):
        return None


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
