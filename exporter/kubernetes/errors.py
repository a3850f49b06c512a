"""
What can go wrong between us and one API server.

    KubernetesError
    ├── Unreachable              no usable HTTP answer; `reason` says how it failed
    ├── ApiError                 an HTTP answer other than 2xx; `status`, `retry_after`
    │   ├── Unauthorized         401
    │   ├── Forbidden            403
    │   ├── NotFound             404
    │   ├── NotWatchable         405
    │   ├── NotAcceptable        406, 415
    │   ├── Gone                 410, in HTTP or inside a watch
    │   ├── TooManyRequests      429
    │   └── ServerError          5xx
    ├── Malformed                an answer that is not what Kubernetes would say
    ├── CredentialsError         a token file, exec plugin or key that cannot be used
    ├── RefusedByPolicy          what was found somewhere asks for more than the user allows
    ├── IdentityChanged          another cluster answers at this address
    └── KubeconfigError          a kubeconfig that cannot be used: the user's to mend

Messages never hold tokens, keys or response bodies; of a body only the `message` of a Kubernetes
`Status` is kept, cut short, because anything else may hold secrets.
"""

from __future__ import annotations

from typing import Literal

UnreachableReason = Literal[
    "dns", "refused", "timeout", "reset", "proxy", "http",
    "tls-expired", "tls-hostname", "tls-ca", "tls",
]  # fmt: skip


class KubernetesError(Exception):
    """Anything that keeps us from reading an API server."""


class Unreachable(KubernetesError):
    """No usable HTTP answer: nobody there, nobody answering in time, or nobody we may trust."""

    def __init__(self, reason: UnreachableReason, message: str) -> None:
        super().__init__(message)
        self.reason: UnreachableReason = reason


class ApiError(KubernetesError):
    """The API server answered, but not with what was asked for. `retry_after` is in seconds."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.retry_after = retry_after


class Unauthorized(ApiError):
    """401: the credentials are not, or no longer, accepted."""


class Forbidden(ApiError):
    """403: known to the API server, but not allowed to do this."""


class NotFound(ApiError):
    """404: no such path; for a kind, this server does not serve it."""


class NotWatchable(ApiError):
    """405: served, but not with this verb."""


class NotAcceptable(ApiError):
    """406 or 415: the server cannot answer in the form that was asked for."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old; list again."""


class TooManyRequests(ApiError):
    """429: API priority and fairness, or a server that is starting; wait `retry_after`."""


class ServerError(ApiError):
    """5xx: the server, or something in front of it, failed."""


class Malformed(KubernetesError):
    """An answer that no Kubernetes API server gives: not JSON, cut short, or endless."""


class CredentialsError(KubernetesError):
    """A credential source that cannot be used now: names the file or command, never the content."""


class RefusedByPolicy(KubernetesError):
    """
    What was found in a cluster or behind a URL would make us do what the user did not allow.

    The message is one line: the field or host, what is refused, and the setting that permits it.
    """


class IdentityChanged(KubernetesError):
    """The kube-system namespace has another UID than before: this is not the cluster we knew."""

    def __init__(self, before: str, now: str) -> None:
        super().__init__(f"the kube-system namespace has UID {now}, it was {before}")
        self.before = before
        self.now = now


class KubeconfigError(KubernetesError):
    """A kubeconfig that cannot be used. The message is one line: file, field, what to do."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: NotWatchable,
    406: NotAcceptable,
    410: Gone,
    415: NotAcceptable,
    429: TooManyRequests,
}


def api_error(status: int, message: str, retry_after: float | None = None) -> ApiError:
    """The exception for an HTTP status or for the `code` of a Status inside a watch."""
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else ApiError)
    return kind(status, message, retry_after)
