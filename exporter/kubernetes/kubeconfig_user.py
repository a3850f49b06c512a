"""A kubeconfig's user entry → where its credential comes from, and whom it impersonates."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from exporter.kubernetes.credentials import CredentialSource, bearer
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.exec_plugin import API_VERSIONS, ExecPlugin
from exporter.kubernetes.kubeconfig_cluster import exec_cluster
from exporter.kubernetes.kubeconfig_file import Cluster, Entry, Exec, User
from exporter.kubernetes.stored_credential import StoredCredential

_HEADER_NAME_CHARACTERS = "!#$&'*+-.^_`|~"
"""Besides letters and digits, what RFC 9110 allows in a header's name; `%` is what escapes."""


def credential_source(
    entry: Entry, user: User, cluster_entry: Entry, cluster: Cluster
) -> CredentialSource:
    """
    Where the user's credential comes from. Its files are read and checked; plugins do not run.

    As in client-go, a plugin counts only for a user who has nothing else to present.

    Raises:
        KubeconfigError: a credential that cannot be used, or a field that we would not honour.
    """
    _refuse_unsupported(entry, user)
    stored = StoredCredential(
        authorization=_authorization(entry, user),
        token_file=entry.path(user.token_file) if user.token_file else None,
        certificate=_pem(entry, "client-certificate", user.client_certificate_data,
                         user.client_certificate),
        key=_pem(entry, "client-key", user.client_key_data, user.client_key),
    )  # fmt: skip
    if user.exec is not None and stored == StoredCredential():
        return _exec_plugin(entry, user.exec, cluster_entry, cluster)

    if (stored.certificate is None) != (stored.key is None):
        missing = "client-certificate" if stored.certificate is None else "client-key"
        raise entry.problem(f"{missing}: is missing, the other half of the key pair is given")

    try:
        stored.read_now()
    except CredentialsError as error:
        raise entry.problem(str(error)) from error

    return stored


def impersonation(entry: Entry, user: User) -> tuple[tuple[str, str], ...]:
    """
    The HTTP headers for `as*` (client-go, `impersonatingRoundTripper`).

    Raises:
        KubeconfigError: a user who is missing, or what no header can hold.
    """
    groups = user.impersonate_groups or []
    extra = user.impersonate_extra or {}
    if not user.impersonate:
        if user.impersonate_uid or groups or extra:
            raise entry.problem("as: is missing, as-uid, as-groups and as-user-extra need it")

        return ()

    headers = [("Impersonate-User", user.impersonate)]
    headers += [("Impersonate-Uid", user.impersonate_uid)] if user.impersonate_uid else []
    headers += [("Impersonate-Group", group) for group in groups]
    headers += [
        (f"Impersonate-Extra-{quote(key, safe=_HEADER_NAME_CHARACTERS)}", value)
        for key, values in extra.items()
        for value in values
    ]
    if not all(value.isprintable() for _, value in headers):
        raise entry.problem("as: it, or one of as-*, holds characters that no HTTP header can")

    return tuple(headers)


def _refuse_unsupported(entry: Entry, user: User) -> None:
    if entry.fields.get("auth-provider"):
        raise entry.problem("auth-provider: is not supported; use an exec plugin instead")

    given = {name: value for name, value in entry.fields.items() if name != "auth-provider"}
    entry.refuse_unknown(given, User)
    if user.exec is not None:
        entry.refuse_unknown(entry.fields["exec"], Exec, "exec.")


def _authorization(entry: Entry, user: User) -> str | None:
    if user.username and (user.token or user.token_file):
        raise entry.problem("username: there is a token, too; only one of them can be sent")

    if user.password and not user.username:
        raise entry.problem("username: is missing, there is a password")

    if user.username:
        pair = f"{user.username}:{user.password or ''}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    if not user.token:
        return None

    try:
        return bearer(user.token)
    except CredentialsError as error:
        raise entry.problem(f"token: {error}") from error


def _pem(entry: Entry, name: str, data: str | None, path: str | None) -> bytes | Path | None:
    """Data goes before a file, as in client-go."""
    if data:
        return entry.data(f"{name}-data", data)

    return entry.path(path) if path else None


def _exec_plugin(entry: Entry, given: Exec, cluster_entry: Entry, cluster: Cluster) -> ExecPlugin:
    if not given.command:
        raise entry.problem("exec.command: is missing")

    if given.api_version not in API_VERSIONS:
        raise entry.problem(f"exec.apiVersion: must be {' or '.join(API_VERSIONS)}")

    # kubectl insists on interactiveMode in v1; for us, who have no terminal, it changes nothing.
    if given.interactive_mode not in (None, "", "Never", "IfAvailable"):
        raise entry.problem("exec.interactiveMode: must be Never or IfAvailable: nobody can answer")

    environment = {variable.name: variable.value for variable in given.env or []}
    if any(not name or "=" in name for name in environment):
        raise entry.problem("exec.env: a name is empty or holds '='")

    # A name without a slash is looked up in PATH.
    command = str(entry.path(given.command)) if "/" in given.command else given.command
    return ExecPlugin(
        command=command,
        api_version=given.api_version,
        arguments=tuple(given.args or ()),
        environment=environment,
        install_hint=given.install_hint or "",
        cluster=exec_cluster(cluster_entry, cluster) if given.provide_cluster_info else None,
    )
