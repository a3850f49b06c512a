"""Kubeconfig files, merged as kubectl does, → the `Server` of each context."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import yaml
from kubernetes_asyncio.config.kube_config import KubeConfigMerger

from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig_cluster import proxy, tls, url
from exporter.kubernetes.kubeconfig_file import (
    SECTIONS,
    Cluster,
    Context,
    Entry,
    Section,
    User,
    read_kubeconfig,
)
from exporter.kubernetes.kubeconfig_user import credential_source, impersonation
from exporter.kubernetes.server import Server

_SHOWN_CONTEXTS = 10


def default_paths() -> tuple[Path, ...]:
    """
    Where kubectl looks: the files of $KUBECONFIG, else ~/.kube/config.

    Files of $KUBECONFIG that do not exist are left out, unless none exists.
    """
    listed = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if not listed:
        return (_absolute(Path("~/.kube/config")),)

    present = [path for path in listed if not _missing(path)]
    return tuple(present or listed)


def load(paths: Sequence[Path]) -> Kubeconfig:
    """
    The kubeconfigs of all `paths` as one; of entries with one name the first counts, as in kubectl.

    Not for the event loop: YAML of 150 clusters with inline certificates takes 0.7 s.

    Raises:
        KubeconfigError: a file that is missing, unreadable or no kubeconfig.
    """
    files = tuple(dict.fromkeys(_absolute(path) for path in paths))
    if not files:
        raise KubeconfigError("no kubeconfig file is given")

    documents = {file: read_kubeconfig(file) for file in files}
    filled = {file: document for file, document in documents.items() if document}
    if not filled:
        raise KubeconfigError(f"{_listed(files)}: is empty")

    merged = _merged(filled)
    entries: dict[Section, dict[str, Entry]] = {section: {} for section in SECTIONS}
    for section in SECTIONS:
        for node in merged[section]:
            file, name = Path(node.path), node.value["name"]
            index = [each["name"] for each in filled[file][section]].index(name)
            fields = node.value.get(section.removesuffix("s")) or {}
            entries[section][name] = Entry(file, section, index, name, fields)

    # The merger takes the last current-context, kubectl takes the first.
    current = (document.get("current-context") for document in filled.values())
    return Kubeconfig(files, entries, next((name for name in current if name), None))


class Kubeconfig:
    """
    What `load` returns. Does not change; load again when a file did.

    `contexts` is the contexts' names in the order of the files.
    """

    def __init__(
        self,
        files: tuple[Path, ...],
        entries: Mapping[Section, Mapping[str, Entry]],
        current_context: str | None,
    ) -> None:
        self._files = files
        self._entries = entries
        self.contexts = tuple(entries["contexts"])
        self.current_context = current_context

    def server(self, context: str) -> Server:
        """
        The API server of a context and the user's way to it.

        Reads the files that the context names and checks them; runs and connects to nothing.

        Raises:
            KubeconfigError: something in it that cannot be used, or that we would not honour.
        """
        _, at_cluster, at_user = self._of(context)
        at_cluster.refuse_unknown(at_cluster.fields, Cluster)
        cluster = msgspec.convert(at_cluster.fields, Cluster)
        user = msgspec.convert(at_user.fields, User)
        return Server(
            url=url(at_cluster, cluster),
            tls=tls(at_cluster, cluster),
            credentials=UserCredentials(credential_source(at_user, user, at_cluster, cluster)),
            proxy=proxy(at_cluster, cluster),
            impersonation=impersonation(at_user, user),
            compression=not cluster.disable_compression,
        )

    def file_of(self, context: str) -> Path:
        """The file that a context stands in. Raises `KubeconfigError` as `server` does."""
        return self._of(context)[0].file

    def digest(self, context: str) -> str:
        """Changes whenever an entry does that a context is made of; tells nothing about them."""
        fields = [entry.fields for entry in self._of(context)]
        text = msgspec.json.encode(fields, order="sorted", enc_hook=str)
        return hashlib.sha256(text).hexdigest()

    def _of(self, context: str) -> tuple[Entry, Entry, Entry]:
        """The entries of a context, its cluster and its user."""
        chosen = self._entries["contexts"].get(context)
        if chosen is None:
            raise KubeconfigError(
                f"{_listed(self._files)}: contexts: no context {context!r}; {_some(self.contexts)}"
            )

        names = msgspec.convert(chosen.fields, Context)
        return (
            chosen,
            self._referred(chosen, "clusters", names.cluster),
            self._referred(chosen, "users", names.user),
        )

    def _referred(self, context: Entry, section: Section, name: str | None) -> Entry:
        kind = section.removesuffix("s")
        if not name:
            raise context.problem(f"{kind}: is missing")

        found = self._entries[section].get(name)
        if found is None:
            raise context.problem(f"{kind}: no {kind} {name!r} in {_listed(self._files)}")

        return found


def _merged(documents: Mapping[Path, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The sections of all documents, entries as the merger's nodes, which remember their files."""
    files = tuple(documents)
    for file in files:
        if os.pathsep in str(file):
            raise KubeconfigError(f"{file}: a kubeconfig's path cannot hold {os.pathsep!r}")

    changed = KubeconfigError(f"{_listed(files)}: changed while it was read; try again")
    try:
        merger = KubeConfigMerger(_listed(files))
    except (OSError, yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError):
        raise changed from None

    # It skips files that are gone, and reads them all once more, unchecked.
    if merger.config is None or merger.config_files != {str(f): d for f, d in documents.items()}:
        raise changed

    merged: Mapping[str, Any] = merger.config.value
    return merged


def _missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # it is there; reading it will tell what is wrong

    return False


def _absolute(path: Path) -> Path:
    with suppress(RuntimeError):  # a user without a home directory: `~` stays, and is not found
        path = path.expanduser()

    return path.absolute()


def _listed(files: Sequence[Path]) -> str:
    return os.pathsep.join(str(file) for file in files)


def _some(contexts: Sequence[str]) -> str:
    if not contexts:
        return "there are none"

    more = len(contexts) - _SHOWN_CONTEXTS
    shown = ", ".join(repr(name) for name in contexts[:_SHOWN_CONTEXTS])
    return f"there are {shown}" + (f" and {more} more" if more > 0 else "")
