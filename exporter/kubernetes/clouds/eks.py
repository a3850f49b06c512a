"""Tokens for Amazon EKS: a request to AWS STS that is signed, and that the API server sends."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    Credentials,
    ReadOnlyCredentials,
    RefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from exporter.kubernetes.clouds.cloud import Eks
from exporter.kubernetes.clouds.token import Token
from exporter.kubernetes.errors import CredentialsError

PREFIX = "k8s-aws-v1."

VALID = timedelta(minutes=14)
"""AWS takes a signed request for 15 minutes, whatever it says; aws and aws-iam-authenticator
call it 14."""

SIGNED_EXPIRES = 60
"""Seconds in X-Amz-Expires. Ignored by now, but aws-iam-authenticator's servers checked it once."""

LIMITS = Config(
    connect_timeout=4, read_timeout=4, retries={"total_max_attempts": 2, "mode": "standard"}
)
"""Of each call to STS: together shorter than the deadline of a token."""

SESSION_NAME = "kube-fleet-exporter"
"""What CloudTrail shows of us in an assumed role."""

ANYWHERE = "us-east-1"
"""When nobody says another. A token of any region opens clusters in all, but not of China's."""


def token(eks: Eks) -> Token:
    """
    A token for one cluster. Blocks while AWS is asked for credentials.

    Raises:
        CredentialsError: there are no AWS credentials, or STS does not give those of the role.
    """
    with _failures():
        account = _account(eks.profile)
        credentials, ends = account.credentials(), None
        if eks.role_arn:
            credentials, ends = account.assumed(eks, credentials)

        url = account.signed(eks, credentials)

    text = PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    expires = datetime.now(UTC) + VALID
    return Token(text, min(expires, ends) if ends is not None else expires)


class _Account:
    """
    One profile, or none, as AWS' own tools find credentials for it: environment, web identity
    (IRSA), container (EKS Pod Identity, ECS), profile, instance. Those that end are kept, and
    renewed by botocore; others are looked up each time, as somebody may rotate them.

    botocore's sessions are for one thread at a time, so a lock is held to make anything of one;
    roles are assumed without it. The first client of a session takes a tenth of a second, so there
    is one for all.
    """

    def __init__(self, profile: str) -> None:
        self._profile = profile or None
        self._lock = threading.Lock()
        self._clients = self._new_session()
        self._kept: RefreshableCredentials | None = None
        self._assumed: dict[str, Any] = {}
        self._endpoints: dict[str, str] = {}

    def credentials(self) -> Credentials:
        """Our own. Raises as `token`."""
        with self._lock:
            found = self._kept or self._new_session().get_credentials()
            if isinstance(found, RefreshableCredentials):
                self._kept = found

        if found is None:
            raise CredentialsError(
                "no AWS credentials in the environment, a profile or a metadata service"
            )

        return found

    def assumed(self, eks: Eks, own: Credentials) -> tuple[Credentials, datetime]:
        """Those of the role, and their end. Raises as botocore."""
        given = {"RoleSessionName": SESSION_NAME}
        if eks.external_id:
            given["ExternalId"] = eks.external_id

        client = partial(self._client, region_name=eks.region or None)
        fetcher = AssumeRoleCredentialFetcher(client, own, eks.role_arn, given, cache=self._assumed)
        got = fetcher.fetch_credentials()
        credentials = Credentials(got["access_key"], got["secret_key"], got["token"])
        return credentials, datetime.fromisoformat(got["expiry_time"])

    def signed(self, eks: Eks, credentials: Credentials) -> str:
        """The URL of GetCallerIdentity, signed together with the cluster's name."""
        frozen = credentials.get_frozen_credentials()
        region = eks.region or self._clients.get_config_variable("region")
        request = AWSRequest(
            "GET",
            self._sts(region, frozen) + "/",
            headers={"x-k8s-aws-id": eks.cluster_name},
            params={"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        )
        SigV4QueryAuth(frozen, "sts", region, expires=SIGNED_EXPIRES).add_auth(request)
        return str(request.url)

    def _sts(self, region: str, frozen: ReadOnlyCredentials) -> str:
        """AWS' own, whatever endpoint is configured here: it is the API server that asks there."""
        if region not in self._endpoints:
            client = self._client(
                "sts",
                region_name=region,
                aws_access_key_id=frozen.access_key,
                aws_secret_access_key=frozen.secret_key,
                config=Config(ignore_configured_endpoint_urls=True),
            )
            self._endpoints[region] = client.meta.endpoint_url

        return self._endpoints[region]

    def _client(self, service: str, **settings: Any) -> Any:
        with self._lock:
            return self._clients.create_client(service, **settings)

    def _new_session(self) -> Session:
        made = Session(profile=self._profile)
        region = os.environ.get("AWS_REGION") or made.get_config_variable("region") or ANYWHERE
        made.set_config_variable("region", region)
        made.set_config_variable("sts_regional_endpoints", "regional")
        made.set_default_client_config(LIMITS)
        if "mfa_serial" in made.get_scoped_config():
            raise CredentialsError("the profile wants a second factor, and nobody can be asked")

        return made


_account = lru_cache(maxsize=64)(_Account)


@contextmanager
def _failures() -> Iterator[None]:
    """botocore's ways to fail → one line; not its own words, which quote what STS answers."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        shown = code if code.isalnum() and len(code) <= 64 else "no known reason"
        raise CredentialsError(f"{error.operation_name} is refused: {shown}") from None
    except (BotoCoreError, ResponseParserError) as error:
        raise CredentialsError(f"no AWS credentials: {type(error).__name__}") from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CredentialsError(f"no AWS credentials: {where}{error.strerror}") from None
