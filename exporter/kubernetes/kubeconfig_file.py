"""One kubeconfig file: read, bounded, and checked for types; the fields that we know."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.files import read_file

LARGEST_TREE = 1_000_000
"""YAML nodes when every alias is written out; more is a bomb, as 1 MiB of YAML cannot hold it."""

Section = Literal["clusters", "users", "contexts"]
SECTIONS: tuple[Section, ...] = ("clusters", "users", "contexts")


class Cluster(msgspec.Struct, rename="kebab"):
    """`clusters[].cluster` (client-go, tools/clientcmd/api/v1)."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    disable_compression: bool | None = None


class EnvironmentVariable(msgspec.Struct):
    """`users[].user.exec.env[]`."""

    name: str
    value: str = ""


class Exec(msgspec.Struct, rename="camel"):
    """`users[].user.exec`."""

    command: str | None = None
    args: list[str] | None = None
    env: list[EnvironmentVariable] | None = None
    api_version: str | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class User(msgspec.Struct, rename="kebab"):
    """`users[].user`."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(name="tokenFile", default=None)
    impersonate: str | None = msgspec.field(name="as", default=None)
    impersonate_uid: str | None = msgspec.field(name="as-uid", default=None)
    impersonate_groups: list[str] | None = msgspec.field(name="as-groups", default=None)
    impersonate_extra: dict[str, list[str]] | None = msgspec.field(
        name="as-user-extra", default=None
    )
    username: str | None = None
    password: str | None = None
    exec: Exec | None = None


class Context(msgspec.Struct):
    """`contexts[].context`."""

    cluster: str | None = None
    user: str | None = None


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: Cluster | None = None


class _NamedUser(msgspec.Struct):
    name: str
    user: User | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: Context | None = None


class _Kubeconfig(msgspec.Struct, rename="kebab"):
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None
    current_context: str | None = None


Fields = TypeVar("Fields", Cluster, User, Context, Exec)


@dataclass(frozen=True)
class Entry:
    """One cluster, user or context as it is written, and where it stands."""

    file: Path
    section: Section
    index: int
    name: str
    fields: Mapping[str, Any] = field(repr=False)

    def problem(self, what: str) -> KubeconfigError:
        """`what` begins with the field that it is about: ``exec.command: is missing``."""
        kind = self.section.removesuffix("s")
        place = f"{self.section}[{self.index}].{kind}"
        return KubeconfigError(f"{self.file}: {place}.{what} ({kind} {self.name!r})")

    def refuse_unknown(
        self, given: Mapping[str, Any], kind: type[Fields], prefix: str = ""
    ) -> None:
        """
        Raise `KubeconfigError` for a field that we do not know.

        kubectl ignores those. One of them may be a slip of the pen, or restrict what we may do.
        """
        known = {known.encode_name for known in msgspec.structs.fields(kind)}
        for unknown in sorted(str(name) for name in given.keys() - known - {"extensions"}):
            raise self.problem(
                f"{prefix}{unknown}: unknown field; known are {', '.join(sorted(known))}"
            )

    def path(self, relative: str) -> Path:
        """A path in a kubeconfig is relative to the directory of its file."""
        return self.file.parent / relative

    def data(self, name: str, text: str) -> bytes:
        """The content of a `*-data` field; Raises `KubeconfigError` unless it is base64."""
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            raise self.problem(f"{name}: is not base64") from None


def read_kubeconfig(path: Path) -> dict[str, Any]:
    """
    The document in a kubeconfig, every known field of the right type; `{}` for an empty file.

    Raises:
        KubeconfigError: one line with file and field, or file and line of the file.
    """
    try:
        content = read_file(path)
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}") from error

    document = _parse(path, content)
    if document is None:
        return {}

    if not isinstance(document, dict):
        raise KubeconfigError(f"{path}: is no kubeconfig: expected a mapping at the top")

    try:
        msgspec.convert(document, _Kubeconfig)
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"{path}: {_where(document, str(error))}") from None

    _refuse_duplicates(path, document)
    return document


def _parse(path: Path, content: bytes) -> Any:
    # Not libyaml's loader: deep nesting crashes the interpreter there (PyYAML 6.0.3).
    try:
        loader = yaml.SafeLoader(content)
        try:
            node = loader.get_single_node()
            if node is None:
                return None

            _check_tree(node, {})
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        # Only where: PyYAML's own words quote the file, which holds secrets.
        mark = error.problem_mark or error.context_mark
        where = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise KubeconfigError(f"{path}: is not YAML{where}") from None
    except _TreeError as error:
        raise KubeconfigError(f"{path}: {error}") from None
    except RecursionError:
        raise KubeconfigError(f"{path}: is nested too deeply") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, ArithmeticError):
        # All but the first come from PyYAML's constructors, given `!!int ""` and the like.
        raise KubeconfigError(f"{path}: is not YAML") from None


class _TreeError(Exception):
    """YAML that PyYAML would take and a kubeconfig may not hold."""


def _check_tree(node: yaml.Node, sizes: dict[int, float]) -> float:
    """
    The number of nodes below and including `node`, every alias written out.

    Raises:
        _TreeError: too many; or a key twice in one mapping, of which YAML would drop the first.
    """
    if isinstance(node, yaml.ScalarNode):
        node.value.encode()  # YAML can escape half a character, which nothing could carry
        return 1

    if id(node) in sizes:
        return sizes[id(node)]

    sizes[id(node)] = float("inf")  # an alias inside of what it stands for finds this
    if isinstance(node, yaml.MappingNode):
        _refuse_repeated_key(node)
        children = [part for pair in node.value for part in pair]
    else:
        children = node.value

    size = 1 + sum(_check_tree(child, sizes) for child in children)
    if size > LARGEST_TREE:
        raise _TreeError("its aliases stand for too much")

    sizes[id(node)] = size
    return size


def _refuse_repeated_key(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                mark = key.start_mark
                raise _TreeError(f"line {mark.line + 1}, column {mark.column + 1}: key given twice")

            seen.add(key.value)


def _where(document: Mapping[str, Any], problem: str) -> str:
    """msgspec's ``Expected … - at `$.users[0].name` `` → ``users[0].name: expected …``."""
    what, _, place = problem.replace(" | null", "").rpartition(" - at ")
    place = re.sub(r"^`key` in ", "a key in ", place.replace("`$.", "`")).replace("`", "")
    what = what.replace("`", "")
    what = what[:1].lower() + what[1:]
    name = ""
    if entry := re.match(r"(?:a key in )?(clusters|users|contexts)\[(\d+)\]", place):
        given = document[entry[1]][int(entry[2])]
        if isinstance(given, dict) and isinstance(given.get("name"), str):
            name = f" ({entry[1].removesuffix('s')} {given['name']!r})"

    return f"{place}: {what}{name}"


def _refuse_duplicates(path: Path, document: Mapping[str, Any]) -> None:
    """kubectl refuses a file that gives one name twice; merging would silently keep the first."""
    for section in SECTIONS:
        seen = set()
        for index, entry in enumerate(document.get(section) or []):
            if entry["name"] in seen:
                raise KubeconfigError(
                    f"{path}: {section}[{index}].name: {entry['name']!r} is given twice"
                )

            seen.add(entry["name"])
