"""
Who may ask for what: by the web configuration file and Kubernetes' reviews, on both ports.

No path is outside of it but `OPEN`; it decides before anybody looks at which paths there are.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from aiohttp.abc import AbstractResolver

from exporter.discovery.declared import hub_way
from exporter.telemetry import Telemetry
from exporter.web.answers import NoAnswer
from exporter.web.basic_auth import BasicAuth
from exporter.web.rate import Rate
from exporter.web.reviews import Reviews
from exporter.web.tls import CurrentContext, check_client
from exporter.web.web_config import WebConfigError
from exporter.web.web_config_file import WebConfigFile, load, watch

OPEN = frozenset({"/livez", "/readyz"})
"""The kubelet's probes bring no credentials; what they learn is one word."""

_KUBERNETES = re.compile(r"/(api|apis|healthz|livez|openapi|readyz|version)(/.*)?")
"""
What every identity may get of an API server, and so of whoever asks it about these paths: rules of
the roles system:discovery and system:public-info-viewer.
"""

PREFIX = "/kube-fleet-exporter"
"""Before such paths of ours when they are reviewed, so that there is a right to them alone."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750, b64token."""


@dataclass(frozen=True)
class Hub:
    """The cluster that knows the scrapers; empty is the one around the pod, or kubectl's own."""

    kubeconfig: str = ""
    context: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the settings say: a web configuration file, if any, and who reviews, if anybody does."""

    web_config_file: str = ""
    hub: Hub | None = None


@dataclass(frozen=True)
class Prepared:
    """What can be put in force."""

    wanted: Wanted
    file: WebConfigFile
    reviews: Reviews | None


class Access:
    """
    Decides about each request.

    `context` is what TLS listeners are given, None where plain HTTP is spoken; which of both it is
    lasts until a restart.
    """

    def __init__(self, telemetry: Telemetry, resolver: AbstractResolver) -> None:
        self.context: CurrentContext | None = None
        self._telemetry = telemetry
        self._resolver = resolver
        self._wanted = Wanted()
        self._file = WebConfigFile()
        self._users = BasicAuth({})
        self._rate = Rate(0, 0)
        self._reviews: Reviews | None = None

    async def close(self) -> None:
        """Decide nothing any more."""
        self._users.close()
        if self._reviews is not None:
            await self._reviews.close()

    async def prepared(self, wanted: Wanted) -> Prepared:
        """
        Raises:
            WebConfigError, KubernetesError: it cannot be put in force.
        """
        file = await asyncio.to_thread(load, wanted.web_config_file)
        if wanted.hub is None:
            return Prepared(wanted, file, None)

        _check_alone(file)
        if wanted.hub == self._wanted.hub:
            return Prepared(wanted, file, self._reviews)

        way = partial(hub_way, wanted.hub.kubeconfig, wanted.hub.context)
        reviews = Reviews(way, await asyncio.to_thread(way), self._resolver)
        return Prepared(wanted, file, reviews)

    async def begin(self, wanted: Wanted) -> None:
        """
        Raises:
            WebConfigError, KubernetesError: it cannot be put in force.
        """
        prepared = await self.prepared(wanted)
        if prepared.file.context is not None:
            self.context = CurrentContext(ssl.PROTOCOL_TLS_SERVER)

        await self.change(prepared)

    def check(self, file: WebConfigFile) -> None:
        """
        Raises:
            WebConfigError: it would take a restart to put it in force.
        """
        if (self.context is None) != (file.context is None):
            raise WebConfigError(
                f"{file.path or 'web_config_file'}: tls_server_config: "
                "only a restart switches between http and https"
            )

    async def change(self, prepared: Prepared) -> None:
        """
        Put this in force.

        Raises:
            WebConfigError: see `check`.
        """
        self.check(prepared.file)
        self._put(prepared.file)
        self._wanted = prepared.wanted
        before, self._reviews = self._reviews, prepared.reviews
        if before is not None and before is not self._reviews:
            await before.close()

    async def run(self) -> None:
        """Follow the files, for ever."""

        def change(file: WebConfigFile) -> None:
            self.check(file)
            if self._reviews is not None:
                _check_alone(file)

            self._put(file)

        await watch(lambda: self._file, change, self._telemetry)

    def _put(self, file: WebConfigFile) -> None:
        if self.context is not None and file.context is not None:
            self.context.current = file.context

        limit = file.config.rate_limit
        if limit != self._file.config.rate_limit:
            self._rate = Rate(limit.interval, limit.burst)

        self._users.change(file.config.basic_auth_users)
        self._file = file

    @property
    def headers(self) -> dict[str, str]:
        """What the web configuration adds to every answer."""
        chosen = self._file.config.http_server_config.headers
        return {name: value for name, value in chosen.items() if value}

    async def admit(self, request: web.BaseRequest) -> None:
        """
        Raises:
            web.HTTPException: the request is not answered. Says why, and nothing that was sent.
        """
        path = request.rel_url.path_safe  # by which routes are found: `%2F` is no slash
        if path in OPEN:
            return

        try:
            if not self._rate.allows():
                headers = {"Retry-After": "1"}
                raise web.HTTPTooManyRequests(text="too many requests\n", headers=headers)

            if self._file.context is not None:
                config = self._file.config.tls_server_config
                check_client(config, request, self._file.context)

            if self._users.has_users:
                await self._admit_user(request)
            elif self._reviews is not None:
                await _admit_reviewed(self._reviews, request, path)
        except web.HTTPException as refusal:
            self._telemetry.requests_refused.labels(str(refusal.status)).inc()
            raise

    async def _admit_user(self, request: web.BaseRequest) -> None:
        if not await self._users.knows(_authorization(request)):
            raise _unauthorized('Basic realm="metrics", charset="UTF-8"')


@asynccontextmanager
async def access(
    wanted: Wanted, telemetry: Telemetry, resolver: AbstractResolver
) -> AsyncIterator[Access]:
    """
    What the settings say is in force until the block ends, and later changes of it.

    Raises:
        WebConfigError, KubernetesError: it cannot be put in force.
    """
    made = Access(telemetry, resolver)
    try:
        await made.begin(wanted)
        yield made
    finally:
        await made.close()


async def _admit_reviewed(reviews: Reviews, request: web.BaseRequest, path: str) -> None:
    token = _bearer(request)
    # Who may GET may HEAD: that says less.
    reviewed = PREFIX + path if _KUBERNETES.fullmatch(path) else path
    verb = "get" if request.method == "HEAD" else request.method.lower()
    try:
        user = await reviews.user(token) if token else None
        if user is None:
            raise _unauthorized("Bearer")

        if not await reviews.may(user, verb, reviewed):
            raise web.HTTPForbidden(text="forbidden\n")
    except NoAnswer:
        raise web.HTTPServiceUnavailable(
            text="scrapers cannot be reviewed now\n", headers={"Retry-After": "5"}
        ) from None


def _check_alone(file: WebConfigFile) -> None:
    if file.config.basic_auth_users:
        raise WebConfigError(
            f"{file.path}: basic_auth_users: and kubernetes_authorization exclude each other, "
            "as a request has one Authorization"
        )


def _unauthorized(challenge: str) -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(text="unauthorized\n", headers={"WWW-Authenticate": challenge})


def _authorization(request: web.BaseRequest) -> str:
    """Nothing where there are several, of which everybody on the way may have meant another."""
    given = request.headers.getall("Authorization", [])
    return given[0] if len(given) == 1 else ""


def _bearer(request: web.BaseRequest) -> str:
    scheme, _, token = _authorization(request).partition(" ")
    token = token.strip(" ")
    return token if scheme.lower() == "bearer" and _TOKEN.fullmatch(token) else ""
