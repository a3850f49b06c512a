"""The contexts of kubeconfig files, as kubectl merges them; the files are read again on change."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import structlog

from exporter.discovery.provider import Cluster, Snapshot
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import Kubeconfig, load
from exporter.telemetry import Telemetry

LOOK = 5.0
"""Seconds between two looks at the files' contents."""

log = structlog.get_logger()


class KubeconfigContexts:
    """A cluster for each context whose name matches one of `contexts`, shell patterns."""

    name = "kubeconfig"

    def __init__(
        self, files: Sequence[Path], contexts: Sequence[str], telemetry: Telemetry
    ) -> None:
        self._files = tuple(files)
        self._contexts = tuple(contexts)
        self._telemetry = telemetry

    def first(self) -> Snapshot:
        """
        What the files say now.

        Raises:
            KubeconfigError: one of them cannot be used, or a pattern matches no context.
        """
        return self._snapshot(load(self._files))

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """Begins with `first`; a file that cannot be used later leaves the last answer in force."""
        seen = await asyncio.to_thread(self._contents)
        yield await asyncio.to_thread(self.first)
        while True:
            await asyncio.sleep(LOOK)
            now = await asyncio.to_thread(self._contents)
            if now == seen:
                continue

            seen = now
            try:
                snapshot = await asyncio.to_thread(self.first)
            except KubeconfigError as error:
                self._telemetry.discovery_failures.labels(self.name).inc()
                log.error("kubeconfig cannot be used; the last one stays", error=str(error))
            else:
                yield snapshot

    def _contents(self) -> bytes:
        """A digest of all files; a file that is missing counts as empty."""
        digest = hashlib.sha256()
        for path in self._files:
            try:
                digest.update(path.expanduser().read_bytes())
            except OSError:
                digest.update(b"\0")

            digest.update(b"\n")

        return digest.digest()

    def _snapshot(self, kubeconfig: Kubeconfig) -> Snapshot:
        for pattern in self._contexts:
            if not any(fnmatchcase(context, pattern) for context in kubeconfig.contexts):
                known = ", ".join(kubeconfig.contexts) or "none"
                names = ", ".join(map(str, self._files))
                raise KubeconfigError(
                    f"{names}: contexts: no context matches {pattern!r}; there is: {known}"
                )

        chosen = [
            context
            for context in kubeconfig.contexts
            if any(fnmatchcase(context, pattern) for pattern in self._contexts)
        ]
        return tuple(self._cluster(kubeconfig, context) for context in chosen)

    def _cluster(self, kubeconfig: Kubeconfig, context: str) -> Cluster:
        return Cluster(
            name=context,
            provider=self.name,
            source=f"{self.name} {kubeconfig.file_of(context)}",
            server=kubeconfig.server(context),
            digest=kubeconfig.digest(context),
        )
