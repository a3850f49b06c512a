"""A list of clusters behind a URL: an inventory that speaks JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from exporter.discovery.declared import Labelled
from exporter.discovery.entry import Entry
from exporter.discovery.found import Clusters, Finding, usable_name, way_of
from exporter.discovery.provider import Provider, Snapshot, Way
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import expanded
from exporter.discovery.web_document import WebDocument
from exporter.kubernetes.decoding import DECODE_ERRORS
from exporter.kubernetes.errors import KubeconfigError, KubernetesError, Malformed
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.trust import Allow

INTERVAL = 30.0
"""Seconds between two questions; a document that did not change is not sent again (ETag)."""

LONGEST_SHOWN = 200
"""Characters of what is wrong with an entry: it may quote a key of any length."""


class HttpEntry(Entry, frozen=True, kw_only=True):
    """A cluster of the document, which may hold its credentials, or a whole kubeconfig."""

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    kubeconfig: str = ""

    def way(self, origin: str, allow: Allow) -> Way:
        """See `Entry.way`."""
        if not self.kubeconfig:
            return super().way(origin, allow)

        if self.server or self.clouds() or any(super().user().values()):
            raise KubeconfigError(f"{origin}: kubeconfig: there is a way besides; remove either")

        return way_of(parse(self.kubeconfig.encode("utf-8", "replace"), origin, allow), origin)

    def user(self) -> dict[str, str]:
        """See `Entry.user`."""
        return {
            **super().user(),
            "token": self.token,
            "client-certificate-data": self.client_certificate_data,
            "client-key-data": self.client_key_data,
        }


class Http(Labelled, frozen=True, kw_only=True, tag="http"):
    """
    The clusters of a JSON document behind `url`, asked for every 30 s: a list of objects, each with
    a `name` and either `kubeconfig`, the text of one, or a kubeconfig's fields in snake case:

        [{"name": "eu-1", "server": "https://eu-1.example.com:6443",
          "certificate_authority_data": "…", "token": "…", "labels": {"region": "eu"}}]

    Others are `tls_server_name`, `insecure_skip_tls_verify`, `proxy_url`, `token_file`,
    `certificate_authority`, `client_certificate[_data]`, `client_key[_data]`, `eks`, `gke` and
    `aks` (as in `static`), the `uid` to expect, `maintenance`, `virtual` and `hibernated`. What
    they may make us do is up to `allow`. An entry that cannot be used, unknown fields included, is
    listed with the reason; a document that is no such list, or does not come within 30 s, leaves
    the last one in force.

    `token_file` and `certificate_authority` are for the URL itself; redirects are not followed.

        - {provider: http, url: "https://inventory.example.com/clusters.json",
           token_file: /etc/fleet/inventory.token, labels: {region: region}}
    """

    url: str
    token_file: str = ""
    certificate_authority: str = ""

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: no URL that we can use; or as `Labelled`.
        """
        super().__post_init__()
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url: is no URL like https://host/path")

        if parts.username is not None or parts.password is not None:
            raise ValueError("url: must hold no user name or password; token_file is for secrets")

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        document = WebDocument(self.url, _file(self.token_file), _file(self.certificate_authority))
        return HttpClusters(self, document, health)


class HttpClusters:
    """The clusters that a document lists."""

    name = "http"

    def __init__(self, declared: Http, document: WebDocument, health: SourceHealth) -> None:
        self._declared = declared
        self._document = document
        self._health = health

    def check(self) -> None:
        """See `Provider.check`."""
        self._document.check()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """See `Provider.snapshots`."""
        clusters = Clusters(self.name)
        etag = ""
        last: Snapshot | None = None
        while True:
            try:
                version = await self._document.read(etag)
                if version is not None:
                    snapshot = await asyncio.to_thread(self._snapshot, clusters, version.body)
            except KubernetesError as error:
                self._health.failed(f"{self._document}: {error}")
            else:
                self._health.read()
                if version is not None:
                    if snapshot != last:
                        yield snapshot

                    etag, last = version.etag, snapshot

            await asyncio.sleep(INTERVAL)

    def _snapshot(self, clusters: Clusters, body: bytes) -> Snapshot:
        return clusters.snapshot([self._finding(given) for given in self._given(body)])

    def _given(self, body: bytes) -> list[dict[str, Any]]:
        """
        Raises:
            Malformed: not a list of objects with names.
        """
        try:
            given = msgspec.json.decode(body, type=list[dict[str, Any]])
        except DECODE_ERRORS as error:
            raise Malformed(f"is no list of clusters: {error}") from None

        for place, one in enumerate(given):
            if not isinstance(one.get("name"), str) or not usable_name(one["name"]):
                raise Malformed(f"[{place}].name: must be one line of 1 to 253 characters")

        return given

    def _finding(self, given: Mapping[str, Any]) -> Finding:
        origin, declared = str(self._document), self._declared
        place = f"{origin}: {given['name']}"
        try:
            entry = msgspec.convert(given, HttpEntry)
        except msgspec.ValidationError as error:
            problem = repr(str(error))[1 : LONGEST_SHOWN + 1]
            entry = HttpEntry(name=given["name"])
        else:
            problem = ""

        def way() -> Way:
            if problem:
                raise KubeconfigError(f"{place}: {problem}")

            return entry.way(place, declared.allow.allow())

        return Finding(
            name=entry.name,
            origin=origin,
            of=(given,),
            way=way,
            labels=declared.mapped(entry.labels),
            uid=entry.uid,
            maintenance=entry.maintenance or declared.marked("maintenance", entry.labels),
            virtual=entry.virtual or declared.marked("virtual", entry.labels),
            hibernated=entry.hibernated or declared.marked("hibernated", entry.labels),
        )


def _file(path: str) -> Path | None:
    return expanded(Path(path)) if path else None
