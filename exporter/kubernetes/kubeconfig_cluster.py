"""A kubeconfig's cluster entry → URL, TLS and proxy; what an exec plugin is told of it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.files import read_file
from exporter.kubernetes.kubeconfig_file import Cluster, Entry
from exporter.kubernetes.server import Tls

_EXEC_EXTENSION = "client.authentication.k8s.io/exec"
"""The cluster's extension that exec plugins get as `spec.cluster.config` (client-go)."""


def url(entry: Entry, cluster: Cluster) -> str:
    """The API server's URL, without a slash at its end. Raises `KubeconfigError`."""
    if not cluster.server:
        raise entry.problem("server: is missing")

    parts = _http_url(entry, "server", cluster.server)
    if parts.username is not None or parts.password is not None:
        raise entry.problem("server: must hold no user name or password; a user entry does")

    if parts.query or parts.fragment:
        raise entry.problem("server: must end after the path: no '?' and no '#'")

    return cluster.server.rstrip("/")


def tls(entry: Entry, cluster: Cluster) -> Tls:
    """Whom to trust; a certificate authority is read and checked. Raises `KubeconfigError`."""
    ca_data, ca_file = None, None
    if cluster.certificate_authority_data:
        ca_data = entry.data("certificate-authority-data", cluster.certificate_authority_data)
    elif cluster.certificate_authority:
        ca_file = entry.path(cluster.certificate_authority)

    insecure = bool(cluster.insecure_skip_tls_verify)
    if insecure and (ca_data or ca_file):
        raise entry.problem("insecure-skip-tls-verify: there is a certificate authority, too")

    made = Tls(ca_data, ca_file, cluster.tls_server_name or None, insecure)
    if ca_data is not None or ca_file is not None:
        try:
            ssl_context(made, None)
        except CredentialsError as error:
            raise entry.problem(str(error)) from error

    return made


def proxy(entry: Entry, cluster: Cluster) -> str | None:
    """The proxy's URL, which may hold a password. Raises `KubeconfigError`."""
    if not cluster.proxy_url:
        return None

    if cluster.proxy_url.startswith(("socks5:", "socks5h:")):
        raise entry.problem("proxy-url: SOCKS is not supported; name an http or https proxy")

    _http_url(entry, "proxy-url", cluster.proxy_url)
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


def _http_url(entry: Entry, name: str, text: str) -> SplitResult:
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
