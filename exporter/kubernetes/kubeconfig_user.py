"""A kubeconfig's user entry → where its credential comes from, and whom it impersonates."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from urllib.parse import quote

import msgspec

from exporter.kubernetes.clouds.cloud import Cloud, missing_library
from exporter.kubernetes.clouds.command import cloud_of
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import CredentialSource, bearer
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.exec_plugin import API_VERSIONS, ExecPlugin
from exporter.kubernetes.kubeconfig_cluster import (
    exec_cluster,
    http_url,
    refuse_local_literal,
    trusted_authorities,
)
from exporter.kubernetes.kubeconfig_file import (
    Cluster,
    Entry,
    Exec,
    OidcConfig,
    User,
    quoted,
)
from exporter.kubernetes.oidc import OidcClient, OidcTokens
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.kubernetes.trust import HARMLESS_ENVIRONMENT, Found

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
        RefusedByPolicy: the entry was found, and its credential is a file or command of ours.
    """
    oidc = _oidc_config(entry, user)
    _refuse_unknown(entry, user)
    stored = StoredCredential(
        authorization=_authorization(entry, user),
        token_file=entry.path("tokenFile", user.token_file) if user.token_file else None,
        certificate=_pem(entry, "client-certificate", user.client_certificate_data,
                         user.client_certificate),
        key=_pem(entry, "client-key", user.client_key_data, user.client_key),
    )  # fmt: skip
    if stored == StoredCredential():
        if oidc is not None:
            return _oidc_tokens(entry, user, oidc)

        if user.exec is not None:
            cloud = _cloud(entry, user.exec)
            return cloud or _exec_plugin(entry, user.exec, cluster_entry, cluster)

    if oidc is not None and stored.authorization is None and stored.token_file is None:
        raise entry.problem("auth-provider: there is a client certificate, too; remove either")

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


def _refuse_unknown(entry: Entry, user: User) -> None:
    entry.refuse_unknown(entry.fields, User)
    if user.exec is not None:
        entry.refuse_unknown(entry.fields["exec"], Exec, "exec.")


def _oidc_config(entry: Entry, user: User) -> OidcConfig | None:
    given = user.auth_provider
    if not given:
        return None

    if not isinstance(given, dict) or given.get("name") != "oidc":
        raise entry.problem("auth-provider: is not supported; use an exec plugin instead")

    config = given.get("config") or {}
    try:
        converted = msgspec.convert(config, OidcConfig)
    except msgspec.ValidationError:
        raise entry.problem("auth-provider.config: expected a mapping of strings") from None

    entry.refuse_unknown(config, OidcConfig, "auth-provider.config.")
    return converted


def _oidc_tokens(entry: Entry, user: User, config: OidcConfig) -> OidcTokens:
    prefix = "auth-provider.config."
    if user.exec is not None:
        raise entry.problem("auth-provider: there is an exec plugin, too; remove either")

    if not config.idp_issuer_url:
        raise entry.problem(f"{prefix}idp-issuer-url: is missing")

    if not config.client_id:
        raise entry.problem(f"{prefix}client-id: is missing")

    parts = http_url(entry, f"{prefix}idp-issuer-url", config.idp_issuer_url)
    if parts.scheme != "https" or "@" in parts.netloc or parts.query or parts.fragment:
        raise entry.problem(f"{prefix}idp-issuer-url: must be https, and end after the path")

    refuse_local_literal(entry, f"{prefix}idp-issuer-url", parts)
    if not config.id_token and not config.refresh_token:
        raise entry.problem(f"{prefix}refresh-token: is missing, and so is the id-token; log in")

    client = OidcClient(
        issuer=config.idp_issuer_url,
        client_id=config.client_id,
        client_secret=config.client_secret or "",
        tls=trusted_authorities(
            entry, f"{prefix}idp-", config.idp_certificate_authority_data,
            config.idp_certificate_authority,
        ),
        local_addresses=entry.permits("local_addresses"),
    )  # fmt: skip
    return OidcTokens(client, config.id_token or "", config.refresh_token or "")


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

    return entry.path(name, path) if path else None


def _cloud(entry: Entry, given: Exec) -> CloudToken | None:
    """
    What makes a cloud's own command superfluous, where it is to: for what was found, if
    `allow.native` says so; in a file of the user's, if the command is not there to be run, because
    where it is, it may be logged in as somebody whom only it knows.

    Raises:
        KubeconfigError: it is to, and the library for it is not installed.
    """
    cloud = _cloud_of(given)
    if cloud is None:
        return None

    missing = missing_library(cloud)
    if not isinstance(entry.source, Found):
        there = which(_command(entry, given, {})) is not None
        return None if there or missing is not None else CloudToken(cloud)

    if cloud.name not in entry.source.allow.native:
        return None

    if missing is not None:
        raise entry.problem(f"exec.command: {missing}")

    return CloudToken(cloud)


def _cloud_of(given: Exec) -> Cloud | None:
    environment = {variable.name: variable.value for variable in given.env or []}
    return cloud_of(given.command or "", given.args or [], environment)


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

    return ExecPlugin(
        command=_command(entry, given, environment),
        api_version=given.api_version,
        arguments=tuple(given.args or ()),
        environment=environment,
        install_hint=_install_hint(given),
        cluster=exec_cluster(cluster_entry, cluster) if given.provide_cluster_info else None,
    )


def _install_hint(given: Exec) -> str:
    cloud = _cloud_of(given)
    if cloud is not None and missing_library(cloud) is not None:
        return f"kube-fleet-exporter[{cloud.name}] does without it"

    return given.install_hint or ""


def _command(entry: Entry, given: Exec, environment: Mapping[str, str]) -> str:
    """The command as it is started: an absolute path, or a name to be looked up in PATH."""
    command = given.command or ""
    if not isinstance(entry.source, Found):
        return str(entry.path("exec.command", command)) if "/" in command else command

    if command not in entry.source.allow.exec:
        shown, cloud = quoted(command), _cloud_of(given)
        without = f", allow.native: [{cloud.name}] does without it" if cloud else ""
        raise entry.refusal(
            f"exec.command: running {shown} is refused; allow.exec: [{shown}] permits it{without}"
        )

    if "/" in command and not command.startswith("/"):
        raise entry.problem("exec.command: must be a name or an absolute path")

    for name in sorted(environment.keys() - HARMLESS_ENVIRONMENT):
        harmless = ", ".join(sorted(HARMLESS_ENVIRONMENT))
        raise entry.refusal(
            f"exec.env: setting {quoted(name)} is refused; only {harmless} may be set here"
        )

    return command
