"""Tokens for Google GKE: access tokens of Application Default Credentials."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import Any

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import Request

from exporter.kubernetes.clouds.cloud import Gke
from exporter.kubernetes.clouds.token import Token
from exporter.kubernetes.errors import CredentialsError

SCOPES = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/userinfo.email",
)
"""As gke-gcloud-auth-plugin: by the latter RBAC knows a service account's e-mail address."""

TIMEOUT = 8.0
"""Seconds for each request."""


def token(gke: Gke) -> Token:
    """
    A token for all clusters of GKE. Blocks while Google is asked. Credentials are looked up each
    time, in GOOGLE_APPLICATION_CREDENTIALS first, so that a rotated key counts.

    Raises:
        CredentialsError: there are none, or Google gives no token for them.
    """
    try:
        request: Any = partial(Request(), timeout=TIMEOUT)  # the library's types want a class
        credentials: Any = google.auth.default(SCOPES, request=request)[0]
        if not credentials.valid:
            credentials.refresh(request)
    except DefaultCredentialsError:
        raise CredentialsError(
            "no Application Default Credentials: neither GOOGLE_APPLICATION_CREDENTIALS nor a"
            " metadata server gives any"
        ) from None
    except GoogleAuthError as error:
        # Not its own words: they quote what Google answers.
        raise CredentialsError(f"Google gives no token: {type(error).__name__}") from None

    if not credentials.token or credentials.expiry is None:
        raise CredentialsError("Google gives a token that is empty, or says no end")

    return Token(credentials.token, credentials.expiry.replace(tzinfo=UTC))
