"""Clusters that are written in the settings themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from exporter.discovery.declared import Declared, check_label
from exporter.discovery.entry import Entry
from exporter.discovery.found import Finding, usable_name
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import LOOK, expanded
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.trust import Allow

ANYTHING = Allow(
    local_addresses=True,
    insecure_tls=True,
    file_paths=True,
    proxy=True,
    native=frozenset({"eks", "gke", "aks"}),
)
"""The user wrote these clusters himself."""

FILES = ("certificate_authority", "token_file", "client_certificate", "client_key")
"""The fields that name a file."""


class Static(Declared, frozen=True, kw_only=True, tag="static"):
    """
    The `clusters` that are written here. Each has a `name` and a `server`, and what a kubeconfig
    has in snake case: `certificate_authority` (a file) or `certificate_authority_data` (base64),
    `tls_server_name`, `insecure_skip_tls_verify`, `proxy_url`, `token_file`, `client_certificate`
    and `client_key`; also `labels` of `kube_fleet_cluster_info`, the `uid` to expect, and
    `maintenance`, `virtual` or `hibernated`. Files have absolute paths, or begin with `~`.

    Tokens of clouds are got without their commands: `eks: {cluster_name: eu-1, region: eu-west-1,
    role_arn: "arn:…"}`, `gke: {}`, `aks: {login: workloadidentity, client_id: "…"}`; each needs the
    extra of its name.

    Tokens, keys and passwords stand in files only: settings end up in ConfigMaps and in git, and
    files can be rotated. A cluster whose files cannot be used is listed, with the reason, and
    looked at again.

        - {provider: static, clusters: [{name: eu-1, server: "https://eu-1.example.com:6443",
           certificate_authority: /etc/fleet/eu-1.crt, token_file: /etc/fleet/eu-1.token}]}
    """

    clusters: tuple[Entry, ...]

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: a cluster that could not be read whatever its files hold.
        """
        for place, entry in enumerate(self.clusters):
            try:
                _check(entry)
            except (KubernetesError, ValueError) as error:
                raise ValueError(f"clusters[{place}]: {error}") from error

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        return StaticClusters(self.clusters, health)


class StaticClusters:
    """The clusters of `entries`."""

    name = "static"

    def __init__(self, entries: tuple[Entry, ...], health: SourceHealth) -> None:
        self._entries = entries
        self._health = health

    def check(self) -> None:
        """See `Provider.check`; what could be wrong was found when the settings were read."""

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """One snapshot, and more while files are missing."""
        last: Snapshot | None = None
        while True:
            snapshot = await asyncio.to_thread(self._look)
            if snapshot != last:
                yield snapshot

            if not any(cluster.refusal for cluster in snapshot):
                return

            last = snapshot
            await asyncio.sleep(LOOK)

    def _look(self) -> Snapshot:
        snapshot = tuple(_finding(entry).cluster(self.name) for entry in self._entries)
        for cluster in snapshot:
            if cluster.refusal is None:
                self._health.read(cluster.name)
            else:
                self._health.failed(cluster.refusal.message, cluster.name)

        self._health.read()
        return snapshot


def _finding(entry: Entry) -> Finding:
    named = {name: getattr(entry, name) for name in FILES}
    paths = {name: str(expanded(Path(file))) for name, file in named.items() if file}
    complete = msgspec.structs.replace(entry, **paths)
    return Finding(
        name=entry.name,
        origin=f"cluster {entry.name}",
        of=(entry,),
        way=lambda: complete.way(f"static cluster {entry.name}", ANYTHING),
        labels=entry.labels,
        uid=entry.uid,
        maintenance=entry.maintenance,
        virtual=entry.virtual,
        hibernated=entry.hibernated,
    )


def _check(entry: Entry) -> None:
    if not usable_name(entry.name):
        raise ValueError("name: must be one line of 1 to 253 characters")

    for label in entry.labels:
        check_label(label)

    if urlsplit(entry.proxy_url).password is not None:
        raise ValueError("proxy_url: holds a password; a kubeconfig file may, the settings may not")

    for name in FILES:
        if getattr(entry, name) and not getattr(entry, name).startswith(("/", "~")):
            raise ValueError(f"{name}: must be an absolute path, or begin with ~")

    if bool(entry.client_certificate) != bool(entry.client_key):
        raise ValueError("client_certificate and client_key: one needs the other")

    without_files = msgspec.structs.replace(entry, **dict.fromkeys(FILES, ""))
    without_files.way("as a kubeconfig", ANYTHING)
