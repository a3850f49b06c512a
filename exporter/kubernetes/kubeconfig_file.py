"""One kubeconfig: read, bounded, and checked for types; the fields that we know."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.files import LARGEST_FILE, LARGEST_KUBECONFIG, read_file
from exporter.kubernetes.kubeconfig_yaml import yaml_document
from exporter.kubernetes.trust import Found, Source

LONGEST_SHOWN = 200
"""Characters of a name in a message; those of EKS are ARNs."""

Permission = Literal["local_addresses", "insecure_tls", "file_paths", "proxy"]
"""The fields of `Allow` that are yes or no."""

Section = Literal["clusters", "users", "contexts"]
SECTIONS: tuple[Section, ...] = ("clusters", "users", "contexts")


class _Fields(msgspec.Struct):
    """Fields that may hold secrets, and so are not shown."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class Cluster(_Fields, rename="kebab"):
    """`clusters[].cluster` (client-go, tools/clientcmd/api/v1)."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    disable_compression: bool | None = None


class EnvironmentVariable(_Fields):
    """`users[].user.exec.env[]`."""

    name: str
    value: str = ""


class Exec(_Fields, rename="camel"):
    """`users[].user.exec`."""

    command: str | None = None
    args: list[str] | None = None
    env: list[EnvironmentVariable] | None = None
    api_version: str | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class OidcConfig(_Fields, rename="kebab"):
    """`users[].user.auth-provider.config` of the provider `oidc` (client-go, plugin/pkg/client)."""

    idp_issuer_url: str | None = None
    idp_certificate_authority: str | None = None
    idp_certificate_authority_data: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    id_token: str | None = None
    refresh_token: str | None = None
    extra_scopes: str | None = None


class User(_Fields, rename="kebab"):
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
    auth_provider: Any = None  # other providers' have other types, and nobody may need that user


class Context(_Fields):
    """`contexts[].context`."""

    cluster: str | None = None
    user: str | None = None


class _NamedCluster(_Fields):
    name: str
    cluster: Cluster | None = None


class _NamedUser(_Fields):
    name: str
    user: User | None = None


class _NamedContext(_Fields):
    name: str
    context: Context | None = None


class _Kubeconfig(_Fields, rename="kebab"):
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None
    current_context: str | None = None


Known = TypeVar("Known", Cluster, User, Context, Exec, OidcConfig)


@dataclass(frozen=True)
class Entry:
    """One cluster, user or context as it is written, and where it stands."""

    source: Source
    section: Section
    index: int
    name: str
    fields: Mapping[str, Any] = field(repr=False)

    def problem(self, what: str) -> KubeconfigError:
        """`what` begins with the field that it is about: ``exec.command: is missing``."""
        return KubeconfigError(self._line(what))

    def refusal(self, what: str) -> RefusedByPolicy:
        """`what` begins with the field, too, and ends with what would permit it."""
        return RefusedByPolicy(self._line(what))

    def permits(self, permission: Permission) -> bool:
        """Whether the user wrote this entry himself, or allows where it was found to do that."""
        return not isinstance(self.source, Found) or getattr(self.source.allow, permission)

    def refuse_unless(self, permission: Permission, what: str) -> None:
        """Raise `RefusedByPolicy` for `what`, which begins with the field, unless permitted."""
        if not self.permits(permission):
            raise self.refusal(f"{what} is refused; allow.{permission}: true permits it")

    def refuse_unknown(self, given: Mapping[str, Any], kind: type[Known], prefix: str = "") -> None:
        """
        Raise `KubeconfigError` for a field that we do not know.

        kubectl ignores those. One of them may be a slip of the pen, or restrict what we may do.
        """
        known = {known.encode_name for known in msgspec.structs.fields(kind)}
        for unknown in sorted(str(name) for name in given.keys() - known - {"extensions"}):
            plain = unknown.isprintable() and len(unknown) <= LONGEST_SHOWN
            shown = unknown if plain else quoted(unknown)
            raise self.problem(
                f"{prefix}{shown}: unknown field; known are {', '.join(sorted(known))}"
            )

    def path(self, name: str, given: str) -> Path:
        """
        The path of a file in the field `name`, relative to the directory of the kubeconfig.

        Raises:
            RefusedByPolicy: the entry was found, and may not make us read files.
            KubeconfigError: it may, but was not found in a directory, and `given` is relative.
        """
        if isinstance(self.source, Path):
            return self.source.parent / given

        self.refuse_unless("file_paths", f"{name}: reading a file of ours")
        if not given.startswith("/"):
            raise self.problem(f"{name}: must be an absolute path: this stands in no directory")

        return Path(given)

    def data(self, name: str, text: str) -> bytes:
        """The content of a `*-data` field; Raises `KubeconfigError` unless it is base64."""
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            raise self.problem(f"{name}: is not base64") from None

    def _line(self, what: str) -> str:
        kind = self.section.removesuffix("s")
        place = f"{self.section}[{self.index}].{kind}"
        return f"{self.source}: {place}.{what} ({kind} {quoted(self.name)})"


def quoted(name: str) -> str:
    """A name as one short line, whatever it holds."""
    return repr(name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…")


def read_kubeconfig(path: Path) -> dict[str, Any]:
    """
    The document in a kubeconfig, every known field of the right type; `{}` for an empty file.

    Raises:
        KubeconfigError: one line with file and field, or file and line of the file.
    """
    try:
        content = read_file(path, LARGEST_KUBECONFIG)
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}") from error

    return parse_kubeconfig(path, content)


def parse_kubeconfig(source: Source, content: bytes) -> dict[str, Any]:
    """
    As `read_kubeconfig`, of what was read already.

    Raises:
        KubeconfigError: likewise; nothing of `content` is quoted but names.
    """
    if isinstance(source, Found) and len(content) > LARGEST_FILE:
        raise KubeconfigError(f"{source}: Larger than 1 MiB")

    document = yaml_document(source, content)
    if document is None:
        return {}

    if not isinstance(document, dict):
        raise KubeconfigError(f"{source}: is no kubeconfig: expected a mapping at the top")

    check_kubeconfig(source, document)
    return document


def check_kubeconfig(source: Source, document: Mapping[str, Any]) -> None:
    """
    Raises:
        KubeconfigError: a known field of a wrong type, or a name that is given twice.
    """
    try:
        msgspec.convert(document, _Kubeconfig)
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"{source}: {_where(document, str(error))}") from None

    _refuse_duplicates(source, document)


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
            name = f" ({entry[1].removesuffix('s')} {quoted(given['name'])})"

    return f"{place}: {what}{name}"


def _refuse_duplicates(source: Source, document: Mapping[str, Any]) -> None:
    """kubectl refuses a file that gives one name twice; merging would silently keep the first."""
    for section in SECTIONS:
        seen = set()
        for index, entry in enumerate(document.get(section) or []):
            if entry["name"] in seen:
                raise KubeconfigError(
                    f"{source}: {section}[{index}].name: {quoted(entry['name'])} is given twice"
                )

            seen.add(entry["name"])
