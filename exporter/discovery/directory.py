"""A directory of kubeconfigs, as a Secret that is mounted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from exporter.discovery.declared import Declared
from exporter.discovery.found import Finding, way_of
from exporter.discovery.provider import Provider, Snapshot
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import Group, WatchedFiles, expanded, files_among
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.kubeconfig import load


class Directory(Declared, frozen=True, tag="directory"):
    """
    A cluster for each file in the directory `path`: a kubeconfig, of which the current context
    counts, or the only one. Its name is the file's, without suffix: `eu-1` for `eu-1.yaml`.

    Dot files and what editors leave (`~`, `.swp`, `.bak`) are no clusters. A file that cannot be
    used is listed, with the reason, and looked at again; one that could be used before stays what
    it was until it can be used again or has gone.

        - {provider: directory, path: /etc/clusters}
    """

    path: str

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        return KubeconfigDirectory(expanded(Path(self.path)), health)


class KubeconfigDirectory(WatchedFiles):
    """A cluster for each file of a directory."""

    name = "directory"

    def __init__(self, path: Path, health: SourceHealth) -> None:
        super().__init__(health)
        self._path = path

    def groups(self) -> list[Group]:
        """Each file by itself."""
        return [(file,) for file in files_among(self._entries())]

    def _entries(self) -> Iterator[Path]:
        yield from self._path.iterdir()  # raises within `files_among`

    def clusters(self, group: Group) -> Snapshot:
        """The one cluster of a file."""
        return (self._finding(group).reached(self.name),)

    def unusable(self, group: Group, error: KubernetesError) -> Snapshot:
        """The cluster that the file stands for, and why it is not read."""
        return (self._finding(group).refused(self.name, error),)

    def _finding(self, group: Group) -> Finding:
        (file,) = group
        return Finding(file.stem, str(file), of=(), way=lambda: way_of(load((file,)), str(file)))
