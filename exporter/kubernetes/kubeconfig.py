"""Kubeconfigs, files or found, merged as kubectl does, → the `Server` of each context."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import yaml
from kubernetes_asyncio.config.kube_config import KubeConfigMerger

from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig_cluster import instead_of_loopback, proxy, tls, url
from exporter.kubernetes.kubeconfig_file import (
    SECTIONS,
    Cluster,
    Context,
    Entry,
    Section,
    User,
    check_kubeconfig,
    parse_kubeconfig,
    quoted,
    read_kubeconfig,
)
from exporter.kubernetes.kubeconfig_user import credential_source, impersonation
from exporter.kubernetes.server import Server
from exporter.kubernetes.trust import Allow, Found, Source

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
            entries[section][name] = _entry(file, section, index, node.value)

    # The merger takes the last current-context, kubectl takes the first.
    current = (document.get("current-context") for document in filled.values())
    return Kubeconfig(files, entries, next((name for name in current if name), None))


def parse(text: bytes, origin: str, allow: Allow) -> Kubeconfig:
    """
    The one kubeconfig that was found at `origin`, as `secret fleet/eu-1`.

    Not for the event loop: whoever means harm needs 1 MiB for 10 s.

    Raises:
        KubeconfigError: it is empty, larger than 1 MiB, or no kubeconfig.
    """
    found = Found(origin, allow)
    document = parse_kubeconfig(found, text)
    if not document:
        raise KubeconfigError(f"{origin}: is empty")

    return _found(found, document)


def assemble(
    name: str,
    cluster: Mapping[str, Any],
    user: Mapping[str, Any],
    origin: str,
    allow: Allow,
    user_file: Path | None = None,
) -> Kubeconfig:
    """
    A kubeconfig with one context, `name`, for what was found at `origin` in another shape.

    `cluster` and `user` have the fields of a kubeconfig's; as strict as `parse`. `user_file` is
    where the user wrote `user` himself, if he did: then that was not found.

    Raises:
        KubeconfigError: a known field of a wrong type.
    """
    found = Found(origin, allow)
    document = {
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    check_kubeconfig(found, document)
    return _found(found, document, user_file)


class Kubeconfig:
    """
    What `load`, `parse` and `assemble` return. Does not change.

    `contexts` is the contexts' names in the order of the files.
    """

    def __init__(
        self,
        sources: tuple[Source, ...],
        entries: Mapping[Section, Mapping[str, Entry]],
        current_context: str | None,
    ) -> None:
        self._sources = sources
        self._entries = entries
        self.contexts = tuple(entries["contexts"])
        self.current_context = current_context

    def server(self, context: str) -> Server:
        """
        The API server of a context and the user's way to it.

        Reads the files that the context names and checks them; runs and connects to nothing.

        Raises:
            KubeconfigError: something in it that cannot be used, or that we would not honour.
            RefusedByPolicy: it was found, and would make us do what is not allowed there.
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
            local_addresses=at_cluster.permits("local_addresses"),
        )

    def file_of(self, context: str) -> Source:
        """The file that a context stands in. Raises `KubeconfigError` as `server` does."""
        return self._of(context)[0].source

    def digest(self, context: str) -> str:
        """
        Changes whenever an entry does that a context is made of, or what it is allowed; tells
        nothing about them.
        """
        entries = self._of(context)
        allow = [asdict(entry.source.allow) for entry in entries if isinstance(entry.source, Found)]
        fields = [entry.fields for entry in entries]
        return hashlib.sha256(repr(_ordered([allow, fields])).encode()).hexdigest()

    def instead_of_loopback(self, url: str) -> Kubeconfig:
        """
        The same, with `url` for each server at a loopback address, where it stands for something
        else to whoever wrote it. It is still that server's certificate which is expected.
        """
        clusters = {
            name: instead_of_loopback(entry, url)
            for name, entry in self._entries["clusters"].items()
        }
        entries = {**self._entries, "clusters": clusters}
        return Kubeconfig(self._sources, entries, self.current_context)

    def _of(self, context: str) -> tuple[Entry, Entry, Entry]:
        """The entries of a context, its cluster and its user."""
        chosen = self._entries["contexts"].get(context)
        if chosen is None:
            raise KubeconfigError(
                f"{_listed(self._sources)}: contexts: no context {quoted(context)};"
                f" {_some(self.contexts)}"
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
            raise context.problem(f"{kind}: no {kind} {quoted(name)} in {_listed(self._sources)}")

        return found


def _ordered(value: Any) -> Any:
    """What is left without the order of keys, which may be numbers, moments or nothing at all."""
    match value:
        case dict():
            return sorted((repr(key), _ordered(item)) for key, item in value.items())

        case frozenset():
            return sorted(map(repr, value))

        case list():
            return [_ordered(item) for item in value]

        case _:
            return repr(value)


def _found(source: Found, document: Mapping[str, Any], user_file: Path | None = None) -> Kubeconfig:
    sources: dict[Section, Source] = {"users": user_file or source}
    entries = {
        section: {
            given["name"]: _entry(sources.get(section, source), section, index, given)
            for index, given in enumerate(document.get(section) or [])
        }
        for section in SECTIONS
    }
    return Kubeconfig((source,), entries, document.get("current-context") or None)


def _entry(source: Source, section: Section, index: int, given: Mapping[str, Any]) -> Entry:
    fields = given.get(section.removesuffix("s")) or {}
    return Entry(source, section, index, given["name"], fields)


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


def _listed(sources: Sequence[Source]) -> str:
    return os.pathsep.join(str(source) for source in sources)


def _some(contexts: Sequence[str]) -> str:
    if not contexts:
        return "there are none"

    more = len(contexts) - _SHOWN_CONTEXTS
    shown = ", ".join(quoted(name) for name in contexts[:_SHOWN_CONTEXTS])
    return f"there are {shown}" + (f" and {more} more" if more > 0 else "")
