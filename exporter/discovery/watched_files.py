"""Kubeconfig files that are looked at now and then, by content."""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from exporter.discovery.provider import Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError, KubernetesError
from exporter.kubernetes.files import LARGEST_KUBECONFIG, read_file

LOOK = 5.0
"""Seconds between two looks at the files' contents."""

Group = tuple[Path, ...]
"""Files that are read as one, as kubectl does with those of $KUBECONFIG."""

_LEFTOVERS = (".bak", ".lock", ".orig", ".rej", ".swo", ".swp", ".tmp")
"""What editors, patch and kubectl (`.lock`) have beside the file that they write."""


@dataclass(frozen=True)
class _Read:
    """What a group said last: `clusters` is what is told of it, `usable` whether it ever was."""

    content: bytes
    clusters: Snapshot
    usable: bool = True
    problem: str = ""


class WatchedFiles(ABC):
    """
    A provider of the clusters that files say, group by group.

    A group that cannot be used any more keeps the clusters that it had, because it may be half
    written. One that is gone takes them with it.
    """

    name: str

    def __init__(self, health: SourceHealth) -> None:
        self._health = health
        self._known: dict[Group, _Read] = {}

    @abstractmethod
    def groups(self) -> Sequence[Group]:
        """The groups that there are now. Raises `KubernetesError` where that cannot be known."""

    @abstractmethod
    def clusters(self, group: Group) -> Snapshot:
        """Those of a group. Raises `KubernetesError` if it cannot be used."""

    @abstractmethod
    def unusable(self, group: Group, error: KubernetesError) -> Snapshot:
        """What is told of a group that never could be used. May raise the error again."""

    def check(self) -> None:
        """See `Provider.check`."""
        self.look()

    def look(self) -> Snapshot:
        """
        What the files say now. Blocks.

        Raises:
            KubernetesError: it cannot be known which files there are, or one is indispensable.
        """
        known = {group: self._look_at(group) for group in self.groups()}
        for group in self._known.keys() - known.keys():
            self._health.read(_shown(group))

        self._known = known
        self._health.read()
        return tuple(cluster for read in known.values() for cluster in read.clusters)

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """See `Provider.snapshots`."""
        last = await asyncio.to_thread(self.look)
        yield last
        while True:
            await asyncio.sleep(LOOK)
            try:
                snapshot = await asyncio.to_thread(self.look)
            except KubernetesError as error:
                self._health.failed(str(error))
                continue

            if snapshot != last:
                yield snapshot

            last = snapshot

    def _look_at(self, group: Group) -> _Read:
        before = self._known.get(group)
        content = _digest(group)
        if before is not None and before.content == content and not before.problem:
            return before

        read = self._read(group, content, before)
        if not read.problem:
            self._health.read(_shown(group))
        elif before is None or (before.content, before.problem) != (content, read.problem):
            self._health.failed(read.problem, _shown(group))

        return read

    def _read(self, group: Group, content: bytes, before: _Read | None) -> _Read:
        try:
            clusters = self.clusters(group)
        except KubernetesError as error:
            if before is not None and before.usable:
                return _Read(content, before.clusters, problem=str(error))

            return _Read(content, self.unusable(group, error), usable=False, problem=str(error))

        refusals = (cluster.refusal.message for cluster in clusters if cluster.refusal)
        return _Read(content, clusters, problem=next(refusals, ""))


def expanded(path: Path) -> Path:
    """The absolute path; `~` is the user's home."""
    with suppress(RuntimeError):  # a user without a home directory: `~` stays, and is not found
        path = path.expanduser()

    return path.absolute()


def files_among(paths: Iterable[Path]) -> list[Path]:
    """
    Those of `paths` that are files and nobody's leftovers, by name.

    Raises:
        KubeconfigError: it cannot be known what there is, which must not look like nothing.
    """
    try:
        return sorted({path for path in paths if not _is_leftover(path.name) and path.is_file()})
    except OSError as error:
        raise KubeconfigError(f"{error.filename}: {error.strerror}") from error


def _is_leftover(name: str) -> bool:
    """Dot files include `..data` and what it leads to in a mounted Secret or ConfigMap."""
    return name.startswith((".", "#")) or name.endswith(("~", *_LEFTOVERS))


def _shown(group: Group) -> str:
    return ", ".join(map(str, group))


def _digest(group: Group) -> bytes:
    """Of what the files hold; one that cannot be read counts as another content."""
    digest = hashlib.sha256()
    for path in group:
        try:
            content = read_file(path, LARGEST_KUBECONFIG)
            digest.update(b"%d\n" % len(content) + content)
        except OSError as error:
            digest.update(f"{error.strerror}\n".encode())

    return digest.digest()
