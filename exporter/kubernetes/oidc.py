"""
ID tokens from an OpenID Connect issuer, as client-go's `oidc` auth provider gets them.

The kubeconfig is never written. An issuer that gives a new refresh token each time thereby makes
the kubeconfig's useless: we go on with the new one, but after a restart somebody has to log in.
"""

from __future__ import annotations

import asyncio
import base64
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import msgspec
from aiohttp.resolver import AsyncResolver

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.credentials import Credential, bearer
from exporter.kubernetes.errors import CredentialsError, Malformed, Unreachable
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.json_web_token import expiry
from exporter.kubernetes.server import Tls
from exporter.kubernetes.session import bounded, new_session

DEADLINE = 30.0
"""Seconds for finding the issuer's token endpoint and being answered there."""

LARGEST_ANSWER = 1024 * 1024
"""Bytes."""

_DISCOVERY = "/.well-known/openid-configuration"

_OAUTH_ERRORS = {
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
    "unsupported_grant_type", "invalid_scope",
}  # fmt: skip
"""RFC 6749, section 5.2; whatever else an issuer says may be anything, so it is not repeated."""


class _Metadata(msgspec.Struct):
    """OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str] | None = None


class _Tokens(msgspec.Struct):
    """RFC 6749, section 5; OpenID Connect Core 1.0, section 12.2."""

    id_token: str | None = None
    refresh_token: str | None = None
    error: str | None = None

    def __repr__(self) -> str:
        return "_Tokens(...)"


Answer = TypeVar("Answer", _Metadata, _Tokens)


@dataclass(frozen=True)
class OidcClient:
    """Who we are at which issuer. `local_addresses` is whether the issuer may be at one."""

    issuer: str
    client_id: str
    tls: Tls
    client_secret: str = field(default="", repr=False)
    local_addresses: bool = True


@dataclass
class OidcTokens:
    """
    A `CredentialSource`: the ID token that it begins with, and others from the issuer afterwards.

    Either token may be empty. Being read again means that the last ID token is about to end, or
    was rejected.
    """

    client: OidcClient
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    _given: bool = field(default=False, init=False, repr=False, compare=False)

    @property
    def reread_after(self) -> float:
        """Infinite: an ID token says when it ends."""
        return math.inf

    async def read(self) -> Credential:
        """
        See `CredentialSource.read`.

        Raises:
            CredentialsError: the token has ended, and the issuer gives no other.
            RefusedByPolicy: the issuer is at a local address, and may not be.
        """
        ends = expiry(self.id_token)
        usable = ends is not None and ends > datetime.now(UTC)
        if not usable or (self._given and self.refresh_token):
            if not self.refresh_token:
                raise self._problem("the id-token has ended, and there is no refresh-token")

            ends = await self._refresh()

        self._given = True
        return Credential(bearer(self.id_token), expires=ends, rotation="oidc")

    async def _refresh(self) -> datetime | None:
        """Take a new ID token, and say when it ends."""
        try:
            async with asyncio.timeout(DEADLINE):
                tokens = await self._asked()
        except TimeoutError:
            raise self._problem(f"no answer within {DEADLINE:.0f} s") from None
        except (Unreachable, Malformed) as error:
            raise self._problem(str(error)) from error

        if tokens.refresh_token:
            self.refresh_token = tokens.refresh_token

        if not tokens.id_token:
            raise self._problem("answered without an id_token; was scope openid asked for?")

        ends = expiry(tokens.id_token)
        if ends is None or ends <= datetime.now(UTC):
            raise self._problem("gave an id_token that has ended or says no end; check the clock")

        self.id_token = tokens.id_token
        return ends

    async def _asked(self) -> _Tokens:
        context = await asyncio.to_thread(ssl_context, self.client.tls, None)
        resolver = AsyncResolver()
        try:
            async with new_session(
                context, resolver, local_addresses=self.client.local_addresses
            ) as session:
                return await self._ask(session)
        finally:
            await resolver.close()

    async def _ask(self, session: aiohttp.ClientSession) -> _Tokens:
        issuer = self.client.issuer.rstrip("/")
        status, body = await _exchange(session, "GET", issuer + _DISCOVERY)
        if status != 200:
            raise self._problem(f"its {_DISCOVERY} is answered with status {status}")

        metadata = self._decoded(body, _Metadata)
        if metadata.issuer.rstrip("/") != issuer:
            raise self._problem("says that it is another issuer")

        if not _is_https(metadata.token_endpoint):
            raise self._problem("its token_endpoint is no https URL")

        supported = metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        form, headers = self._request("client_secret_basic" in supported)
        status, body = await _exchange(session, "POST", metadata.token_endpoint, form, headers)
        if status == 200:
            return self._decoded(body, _Tokens)

        raise self._problem(f"gives no new token: {_oauth_error(status, body)}; log in again")

    def _request(self, basic: bool) -> tuple[bytes, dict[str, str]]:
        """Form and headers of a refresh; RFC 6749, sections 2.3.1 and 6."""
        client = self.client
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if client.client_secret and basic:
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = client.client_id
            if client.client_secret:
                form["client_secret"] = client.client_secret

        return urlencode(form).encode(), headers

    def _decoded(self, body: bytes, kind: type[Answer]) -> Answer:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._problem("answers with something that is not OpenID Connect") from None

    def _problem(self, what: str) -> CredentialsError:
        return CredentialsError(f"auth-provider oidc: {self.client.issuer}: {what}")


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    """Status and body of the answer; raises as `transport_failures` does."""
    wanted = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    with transport_failures():
        async with session.request(
            method, url, data=body, headers=wanted, allow_redirects=False
        ) as answer:
            return answer.status, await bounded(answer, LARGEST_ANSWER)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False

    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def _oauth_error(status: int, body: bytes) -> str:
    try:
        error = msgspec.json.decode(body, type=_Tokens).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = None

    return f"status {status}" + (f", {error}" if error in _OAUTH_ERRORS else "")
