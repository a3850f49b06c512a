"""A kubeconfig's cluster entry → URL, TLS and proxy; what an exec plugin is told of it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from exporter.kubernetes.addresses import literal, local_sort
from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.files import read_file
from exporter.kubernetes.kubeconfig_file import Cluster, Entry, quoted
from exporter.kubernetes.server import Tls

_EXEC_EXTENSION = "client.authentication.k8s.io/exec"
"""The cluster's extension that exec plugins get as `spec.cluster.config` (client-go)."""


def url(entry: Entry, cluster: Cluster) -> str:
    """
    The API server's URL, without a slash at its end.

    Names are not resolved here: what they stand for is checked when we connect.

    Raises:
        KubeconfigError: it is missing, or none that we can use.
        RefusedByPolicy: the entry was found, and the URL is http or leads to a local address.
    """
    if not cluster.server:
        raise entry.problem("server: is missing")

    parts = http_url(entry, "server", cluster.server)
    if parts.username is not None or parts.password is not None:
        raise entry.problem("server: must hold no user name or password; a user entry does")

    if parts.query or parts.fragment:
        raise entry.problem("server: must end after the path: no '?' and no '#'")

    if parts.scheme == "http":
        entry.refuse_unless("insecure_tls", "server: http without TLS")

    refuse_local_literal(entry, "server", parts)
    return cluster.server.rstrip("/")


def instead_of_loopback(entry: Entry, url: str) -> Entry:
    """
    The entry with another URL if its own leads to a loopback address. The certificate that is
    expected remains the one for the host that was written.
    """
    host = _host(entry)
    address = literal(host)
    if host != "localhost" and (address is None or local_sort(address) != "loopback"):
        return entry

    expected = entry.fields.get("tls-server-name") or host
    return replace(entry, fields={**entry.fields, "server": url, "tls-server-name": expected})


def _host(entry: Entry) -> str:
    """Empty where there is none to tell; what is wrong with the URL is told when it is used."""
    try:
        return urlsplit(entry.fields.get("server") or "").hostname or ""
    except ValueError:
        return ""


def tls(entry: Entry, cluster: Cluster) -> Tls:
    """
    Whom to trust; a certificate authority is read and checked.

    Raises:
        KubeconfigError: an authority that cannot be used, or contradicts another field.
        RefusedByPolicy: the entry was found, and may not name a file, or trust anybody.
    """
    insecure = bool(cluster.insecure_skip_tls_verify)
    if insecure:
        entry.refuse_unless("insecure_tls", "insecure-skip-tls-verify: trusting anybody")
        if cluster.certificate_authority_data or cluster.certificate_authority:
            raise entry.problem("insecure-skip-tls-verify: there is a certificate authority, too")

    trusted = trusted_authorities(
        entry, "", cluster.certificate_authority_data, cluster.certificate_authority
    )
    return replace(trusted, server_name=cluster.tls_server_name or None, insecure=insecure)


def trusted_authorities(entry: Entry, prefix: str, data: str | None, path: str | None) -> Tls:
    """
    The authorities in the fields ``<prefix>certificate-authority[-data]``; data goes first.

    Raises as `tls` does.
    """
    name = f"{prefix}certificate-authority"
    if data:
        made = Tls(ca_data=entry.data(f"{name}-data", data))
    elif path:
        made = Tls(ca_file=entry.path(name, path))
    else:
        return Tls()

    try:
        ssl_context(made, None)
    except CredentialsError as error:
        raise entry.problem(f"{prefix}{error}") from error

    return made


def proxy(entry: Entry, cluster: Cluster) -> str | None:
    """The proxy's URL, which may hold a password. Raises `KubeconfigError`, `RefusedByPolicy`."""
    if not cluster.proxy_url:
        return None

    entry.refuse_unless("proxy", "proxy-url: connecting through a proxy")
    if cluster.proxy_url.startswith(("socks5:", "socks5h:")):
        raise entry.problem("proxy-url: SOCKS is not supported; name an http or https proxy")

    refuse_local_literal(entry, "proxy-url", http_url(entry, "proxy-url", cluster.proxy_url))
    return cluster.proxy_url


def exec_cluster(entry: Entry, cluster: Cluster) -> dict[str, Any]:
    """
    `spec.cluster` of KUBERNETES_EXEC_INFO (client.authentication.k8s.io/v1, Cluster).

    Raises:
        KubeconfigError: the certificate authority, or what JSON cannot say, in the extension.
    """
    trusted = tls(entry, cluster)
    authority = trusted.ca_data
    if trusted.ca_file is not None:
        try:
            authority = read_file(trusted.ca_file)
        except OSError as error:
            raise entry.problem(f"certificate-authority: {error.strerror}") from error

    told = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(authority).decode() if authority else None,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": _exec_config(entry),
    }
    return {name: value for name, value in told.items() if value}


def _exec_config(entry: Entry) -> Any:
    extensions = entry.fields.get("extensions") or []
    if not isinstance(extensions, list):
        raise entry.problem("extensions: expected array")

    for extension in extensions:
        if isinstance(extension, dict) and extension.get("name") == _EXEC_EXTENSION:
            try:
                return msgspec.json.decode(msgspec.json.encode(extension.get("extension")))
            except (TypeError, ValueError, RecursionError):
                raise entry.problem(f"extensions: {_EXEC_EXTENSION} cannot be JSON") from None

    return None


def http_url(entry: Entry, name: str, text: str) -> SplitResult:
    """The parts of an http(s) URL. Errors do not quote it, because it may hold a password."""
    problem = entry.problem(f"{name}: is no URL like https://host:6443")
    if not text.isprintable() or " " in text:  # urlsplit would drop some of these silently
        raise problem

    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise problem from None

    if not usable:
        raise problem

    return parts


def refuse_local_literal(entry: Entry, name: str, parts: SplitResult) -> None:
    """Raise `RefusedByPolicy` for a URL that spells out a local address, unless that is allowed."""
    address = literal(parts.hostname or "")
    sort = None if address is None else local_sort(address)
    if sort is not None:
        host = quoted(parts.hostname or "")
        entry.refuse_unless("local_addresses", f"{name}: {host} ({sort})")
