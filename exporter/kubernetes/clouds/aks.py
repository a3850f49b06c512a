"""Tokens for Azure AKS: Microsoft Entra ID's, for the application that all clusters share."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.identity import (
    AzureAuthorityHosts,
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from exporter.kubernetes.clouds.cloud import AKS_SERVER, Aks, Login
from exporter.kubernetes.clouds.token import Token
from exporter.kubernetes.errors import CredentialsError

SCOPE = f"{AKS_SERVER}/.default"

AUTHORITIES = {
    "AzurePublicCloud": AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
    "AzureUSGovernmentCloud": AzureAuthorityHosts.AZURE_GOVERNMENT,
    "AzureChinaCloud": AzureAuthorityHosts.AZURE_CHINA,
}

LIMITS: dict[str, Any] = {
    "connection_timeout": 4, "read_timeout": 6, "retry_total": 1, "retry_backoff_max": 2,
}  # fmt: skip
"""Of each request: together shorter than the deadline of a token."""

_CODE = re.compile(r"AADSTS\d{1,9}")


def token(aks: Aks) -> Token:
    """
    A token for all clusters of AKS. Blocks while Entra ID, or the machine's metadata service, is
    asked.

    Raises:
        CredentialsError: something is missing in the environment, or no token is given.
    """
    try:
        with _credential(aks) as credential:
            given: AccessToken = credential.get_token(SCOPE)
    except CredentialUnavailableError:
        raise CredentialsError("this machine has no managed identity that can be used") from None
    except AzureError as error:
        # Not its own words: they quote what Entra ID answers.
        code = _CODE.search(str(error))
        reason = code[0] if code else type(error).__name__
        raise CredentialsError(f"Entra ID gives no token: {reason}") from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CredentialsError(f"{where}{error.strerror or type(error).__name__}") from None

    return Token(given.token, datetime.fromtimestamp(given.expires_on, UTC))


def _credential(aks: Aks) -> AbstractContextManager[Any]:
    authority = AUTHORITIES.get(aks.environment)
    settings = LIMITS | ({"authority": authority} if authority else {})
    match aks.login or _usual_login():
        case "workloadidentity":
            return WorkloadIdentityCredential(
                tenant_id=aks.tenant_id or _variable("AZURE_TENANT_ID"),
                client_id=aks.client_id or _variable("AZURE_CLIENT_ID"),
                token_file_path=_variable("AZURE_FEDERATED_TOKEN_FILE"),
                **settings,
            )

        case "spn":
            return ClientSecretCredential(
                tenant_id=aks.tenant_id or _variable("AZURE_TENANT_ID"),
                client_id=aks.client_id or _variable("AZURE_CLIENT_ID"),
                client_secret=_variable("AZURE_CLIENT_SECRET"),
                # That is for authorities that somebody else names; ours are the user's.
                disable_instance_discovery=True,
                **settings,
            )

        case _:
            client = aks.client_id or os.environ.get("AZURE_CLIENT_ID")
            return ManagedIdentityCredential(client_id=client, **LIMITS)


def _usual_login() -> Login:
    if os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return "workloadidentity"

    return "spn" if os.environ.get("AZURE_CLIENT_SECRET") else "msi"


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise CredentialsError(f"{name} is not set in the exporter's environment")

    return value
