"""
Whether Kubernetes knows a scraper, and lets him: TokenReview, then SubjectAccessReview.

Answers hold for as long as with controller-runtime's filter for metrics, which kube-state-metrics'
`--auth-filter` is (its package metrics/filters; client-go's delegating authenticator).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp.abc import AbstractResolver

from exporter import __version__
from exporter.discovery.provider import Way
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.errors import (
    CredentialsError,
    KubernetesError,
    ServerError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.json_web_token import expiry
from exporter.web.answers import Answers, NoAnswer

KNOWN = 60.0
"""Seconds for which a token is known, unless it says itself that it ends earlier."""

ALLOWED = 300.0
"""Seconds for which a permission holds."""

DENIED = 30.0
"""Seconds for which a refusal holds, also that of a token."""

DEADLINE = 10.0
"""Seconds for one review, its turn and all attempts."""

PAUSES = (0.5, 0.75)
"""Seconds until an API server that has a fault is asked again."""

AT_ONCE = 10
"""Reviews that are asked for at the same time."""

LOOK = 10.0
"""Seconds at the least between two looks at whether the API server is reached in another way."""

_AUTHENTICATION = "authentication.k8s.io/v1"
_AUTHORIZATION = "authorization.k8s.io/v1"

T = TypeVar("T")
log = structlog.get_logger()


class User(msgspec.Struct, frozen=True):
    """Whom a token is of, in the fields of either review."""

    username: str = ""
    uid: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}


class _Authenticated(msgspec.Struct):
    authenticated: bool = False
    user: User = User()


class _Allowed(msgspec.Struct):
    allowed: bool = False


class _TokenReview(msgspec.Struct):
    status: _Authenticated


class _AccessReview(msgspec.Struct):
    status: _Allowed


_TOKEN_REVIEW, _ACCESS_REVIEW = Decoder(_TokenReview), Decoder(_AccessReview)


class Reviews:
    """
    Asks one API server. `way` says how it is reached; it is asked again after failures, as what
    stands in files may have changed, and may block.
    """

    def __init__(self, way: Callable[[], Way], first: Way, resolver: AbstractResolver) -> None:
        user_agent = f"kube-fleet-exporter/{__version__}"
        self._connection = Connection(first.server, _unobserved, user_agent, resolver)
        self._way = way
        self._digest = first.digest
        self._looked = -LOOK
        self._problem = ""
        self._closed = False
        self._key = secrets.token_bytes(32)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._users: Answers[User] = Answers()
        self._permissions: Answers[bool] = Answers()

    async def close(self) -> None:
        """Ask nothing any more, and close all connections."""
        self._closed = True
        await self._connection.close()

    async def user(self, token: str) -> User | None:
        """
        Whose token it is, if it is anybody's.

        Raises:
            NoAnswer: the API server does not say.
        """

        async def ask() -> tuple[User | None, float]:
            document = {"kind": "TokenReview", "spec": {"token": token}}
            review = await self._review(_AUTHENTICATION, "tokenreviews", document, _TOKEN_REVIEW)
            if not review.status.authenticated or not review.status.user.username:
                return None, DENIED

            ends = expiry(token)
            left = KNOWN if ends is None else ends.timestamp() - time.time()
            return review.status.user, min(KNOWN, left)

        return await self._users.of(self._digest_of(token.encode()), ask)

    async def may(self, user: User, verb: str, path: str) -> bool:
        """
        Whether he is allowed to, as RBAC's nonResourceURLs say.

        Raises:
            NoAnswer: the API server does not say.
        """
        attributes = {"path": path, "verb": verb}
        spec = {
            "user": user.username,
            "uid": user.uid,
            "groups": user.groups,
            "extra": user.extra,
            "nonResourceAttributes": attributes,
        }

        async def ask() -> tuple[bool | None, float]:
            document = {"kind": "SubjectAccessReview", "spec": spec}
            review = await self._review(
                _AUTHORIZATION, "subjectaccessreviews", document, _ACCESS_REVIEW
            )
            return (True, ALLOWED) if review.status.allowed else (None, DENIED)

        key = self._digest_of(msgspec.json.encode(spec, order="sorted"))
        return bool(await self._permissions.of(key, ask))

    def _digest_of(self, text: bytes) -> bytes:
        """What tells the same from different without telling what it is."""
        return hmac.digest(self._key, text, hashlib.sha256)

    async def _review(
        self, api_version: str, plural: str, document: dict[str, Any], decoder: Decoder[T]
    ) -> T:
        body = msgspec.json.encode({"apiVersion": api_version, **document})
        path = f"/apis/{api_version}/{plural}"
        try:
            async with asyncio.timeout(DEADLINE), self._turns:
                review = decoder.decode(await self._answer(path, body))
        except (KubernetesError, Undecodable, TimeoutError) as error:
            problem = f"{plural}: {str(error) or 'nobody answered in time'}"
            if problem != self._problem:
                log.error("scrapers cannot be reviewed, so nobody is let in", error=problem)

            self._problem = problem
            if isinstance(error, Unauthorized | Unreachable | CredentialsError):
                await self._look()

            raise NoAnswer(problem) from None

        self._problem = ""
        return review

    async def _answer(self, path: str, body: bytes) -> bytes:
        pauses = iter(PAUSES)
        while not self._closed:
            try:
                return await self._connection.read(path, verb="POST", body=body)
            except (Unreachable, ServerError, TooManyRequests):
                if (pause := next(pauses, None)) is None:
                    raise

                await asyncio.sleep(pause)

        raise NoAnswer("somebody else reviews scrapers now")

    async def _look(self) -> None:
        """Take another way to the API server, if there is one now."""
        now = asyncio.get_running_loop().time()
        if now - self._looked < LOOK:
            return

        self._looked = now
        try:
            way = await asyncio.to_thread(self._way)
        except KubernetesError as error:
            log.warning("no other way to the API server that reviews", error=str(error))
            return

        if way.digest != self._digest:
            self._digest = way.digest
            await self._connection.replace(way.server)


def _unobserved(*_: object) -> None:
    """These requests are not counted among those to the clusters."""
