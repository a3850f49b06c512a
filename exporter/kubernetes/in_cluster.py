"""The API server of the cluster that we run in, reached as the pod's service account."""

from __future__ import annotations

import os
from pathlib import Path

from kubernetes_asyncio.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_HOST_ENV_NAME,
    SERVICE_PORT_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
)

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential

TOKEN_FILE = Path(SERVICE_TOKEN_FILENAME)
CA_FILE = Path(SERVICE_CERT_FILENAME)


def is_in_cluster() -> bool:
    """Whether this is a pod with a service account's token (client-go, `inClusterClientConfig`)."""
    return all(_address()) and TOKEN_FILE.is_file()


def in_cluster_server() -> Server:
    """
    The API server of our own cluster; the token is read again every minute.

    Raises:
        CredentialsError: what is missing for it, in one line.
    """
    host, port = _address()
    if not host or not port:
        raise CredentialsError(
            f"not in a pod: {SERVICE_HOST_ENV_NAME} and {SERVICE_PORT_ENV_NAME} are not both set"
        )

    token = StoredCredential(token_file=TOKEN_FILE)
    tls = Tls(ca_file=CA_FILE)
    try:
        token.read_now()
        ssl_context(tls, None)
    except CredentialsError as error:
        raise CredentialsError(f"the pod's service account: {error}") from error

    shown = f"[{host}]" if ":" in host else host
    return Server(url=f"https://{shown}:{port}", tls=tls, credentials=UserCredentials(token))


def _address() -> tuple[str, str]:
    return os.environ.get(SERVICE_HOST_ENV_NAME, ""), os.environ.get(SERVICE_PORT_ENV_NAME, "")
