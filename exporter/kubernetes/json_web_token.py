"""What a JSON Web Token says of itself (RFC 7519); nobody's signature is checked here."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import msgspec


class _Claims(msgspec.Struct):
    exp: float | None = None


def expiry(token: str) -> datetime | None:
    """When a token ends; None if it is no JWT, or does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None

    payload = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = msgspec.json.decode(
            base64.b64decode(payload, altchars=b"-_", validate=True), type=_Claims
        )
        return None if claims.exp is None else datetime.fromtimestamp(claims.exp, UTC)
    except (ValueError, OverflowError, OSError, RecursionError):
        return None
