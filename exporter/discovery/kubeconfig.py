"""The contexts of kubeconfig files, as kubectl merges them; the files are read again on change."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from exporter.discovery.declared import Declared
from exporter.discovery.found import Finding
from exporter.discovery.provider import Provider, Snapshot, Way
from exporter.discovery.source_health import SourceHealth
from exporter.discovery.watched_files import Group, WatchedFiles, expanded, files_among
from exporter.kubernetes.errors import KubeconfigError, KubernetesError
from exporter.kubernetes.kubeconfig import Kubeconfig as Loaded
from exporter.kubernetes.kubeconfig import default_paths, load


class Kubeconfig(Declared, frozen=True, tag="kubeconfig"):
    """
    A cluster for each context of kubeconfig `files` that one of the shell patterns `contexts`
    matches; named as the context. Without files: those of $KUBECONFIG, else ~/.kube/config.

    Files that are named are read as one, as kubectl reads those of $KUBECONFIG: each has to be
    there and usable when we start, and later leaves all of them as they were when it is not. Files
    that a pattern finds (`*`, `?`, `[...]`, looked for again and again) stand each for itself, so
    that none gets another one's credentials because their entries have one name: one that cannot
    be used is left out, or stays what it was, and the others go on.

        - {provider: kubeconfig, files: ["~/.kube/config", "/etc/fleet/*.yaml"], contexts: ["*"]}
    """

    files: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ("*",)

    def provider(self, health: SourceHealth) -> Provider:
        """See `Declared.provider`."""
        paths = [Path(file) for file in self.files] or default_paths()
        return KubeconfigContexts(paths, self.contexts, health)


class KubeconfigContexts(WatchedFiles):
    """A cluster for each context whose name matches one of `contexts`, shell patterns."""

    name = "kubeconfig"

    def __init__(
        self, files: Sequence[Path], contexts: Sequence[str], health: SourceHealth
    ) -> None:
        super().__init__(health)
        paths = [expanded(file) for file in files]
        self._named = tuple(file for file in paths if not glob.has_magic(str(file)))
        self._patterns = [file for file in paths if glob.has_magic(str(file))]
        self._contexts = tuple(contexts)

    def groups(self) -> list[Group]:
        """The named files, then each one that a pattern finds."""
        found = (file for pattern in self._patterns for file in _matches(pattern))
        alone = [(file,) for file in files_among(found) if file not in self._named]
        return [self._named, *alone] if self._named else [*alone]

    def clusters(self, group: Group) -> Snapshot:
        """A cluster for each context that is chosen."""
        kubeconfig = load(group)
        named = group == self._named
        if named and not self._patterns:
            self._expect_all(kubeconfig)

        findings = (
            self._finding(kubeconfig, context)
            for context in kubeconfig.contexts
            if any(fnmatchcase(context, pattern) for pattern in self._contexts)
        )
        return tuple(
            finding.reached(self.name) if named else finding.cluster(self.name)
            for finding in findings
        )

    def unusable(self, group: Group, error: KubernetesError) -> Snapshot:
        """Whoever names a file wants it; of a file that a pattern found no name is known."""
        if group == self._named:
            raise error

        return ()

    def _expect_all(self, kubeconfig: Loaded) -> None:
        """
        Raises:
            KubeconfigError: a pattern that no context matches, probably a slip of the pen.
        """
        for pattern in self._contexts:
            if not any(fnmatchcase(context, pattern) for context in kubeconfig.contexts):
                known = ", ".join(kubeconfig.contexts) or "none"
                raise KubeconfigError(
                    f"{', '.join(map(str, self._named))}: contexts: no context matches"
                    f" {pattern!r}; there is: {known}"
                )

    def _finding(self, kubeconfig: Loaded, context: str) -> Finding:
        return Finding(
            name=context,
            origin=str(kubeconfig.file_of(context)),
            of=(),
            way=lambda: Way(kubeconfig.server(context), kubeconfig.digest(context)),
        )


def _matches(pattern: Path) -> Iterator[Path]:
    """What is there of a pattern. Raises `OSError` where that cannot be known."""
    fixed = next(place for place, part in enumerate(pattern.parts) if glob.has_magic(part))
    base = Path(*pattern.parts[:fixed])
    try:
        os.scandir(base).close()  # Path.glob finds nothing where it may not look
    except FileNotFoundError:
        return

    yield from base.glob(str(Path(*pattern.parts[fixed:])))
