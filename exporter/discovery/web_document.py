"""A document behind a URL that the user named; sent once, and again only if it changed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from aiohttp.resolver import AsyncResolver

from exporter import __version__
from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.errors import Unreachable, api_error
from exporter.kubernetes.failures import transport_failures
from exporter.kubernetes.server import Tls
from exporter.kubernetes.session import bounded, new_session
from exporter.kubernetes.stored_credential import StoredCredential

DEADLINE = 30.0
"""Seconds for one answer, its body included."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a document, decompressed."""


@dataclass(frozen=True)
class Version:
    """A document as it was sent; `etag` is what the server calls it, empty if nothing."""

    body: bytes = field(repr=False)
    etag: str


class WebDocument:
    """
    Args:
        url: http or https; its query is not shown, it may hold a secret.
        token_file: a bearer token, read for each request.
        certificate_authority: a PEM file of whom to trust, instead of the system's authorities.
    """

    def __init__(self, url: str, token_file: Path | None, certificate_authority: Path | None):
        self._url = url
        self._credential = StoredCredential(token_file=token_file)
        self._tls = Tls(ca_file=certificate_authority)

    def __str__(self) -> str:
        return urlunsplit(urlsplit(self._url)._replace(query="", fragment=""))

    def check(self) -> None:
        """
        Raises:
            CredentialsError: a file that cannot be used.
        """
        self._credential.read_now()
        ssl_context(self._tls, None)

    async def read(self, etag: str) -> Version | None:
        """
        The document, or None while it is still the one that was called `etag`.

        Raises:
            KubernetesError: no answer, or not the document.
        """
        credential = await self._credential.read()
        context = await asyncio.to_thread(ssl_context, self._tls, None)
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"kube-fleet-exporter/{__version__}",
        }
        if credential.authorization is not None:
            headers["Authorization"] = credential.authorization

        if etag:
            headers["If-None-Match"] = etag

        resolver = AsyncResolver()
        try:
            with transport_failures():
                async with (
                    asyncio.timeout(DEADLINE),
                    new_session(context, resolver, local_addresses=True) as session,
                    session.get(self._url, headers=headers, allow_redirects=False) as answer,
                ):
                    return await self._version(answer, etag)
        finally:
            await resolver.close()

    async def _version(self, answer: aiohttp.ClientResponse, etag: str) -> Version | None:
        if answer.status == 304 and etag:
            return None

        if 300 <= answer.status < 400:
            raise Unreachable("http", f"{answer.status} redirects; we do not follow")

        if answer.status != 200:
            raise api_error(answer.status, answer.reason or "no document")

        return Version(await bounded(answer, LARGEST), answer.headers.get("ETag", ""))
