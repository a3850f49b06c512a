"""One API server: where it is, whom to trust there, and what to present."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from exporter.kubernetes.credentials import Credentials
from exporter.kubernetes.expiry import Expiries


@dataclass(frozen=True)
class Tls:
    """
    How the API server's certificate is checked.

    `ca_data` (PEM) goes before `ca_file`; with neither, the system's authorities are trusted.
    `server_name` is expected in the certificate instead of the URL's host.
    """

    ca_data: bytes | None = field(default=None, repr=False)
    ca_file: Path | None = None
    server_name: str | None = None
    insecure: bool = False


@dataclass(frozen=True)
class Server:
    """
    One API server.

    `url` has no slash at its end and may have a path. `impersonation` is HTTP headers, in order,
    `Impersonate-Group` repeated. `compression` is whether to ask for gzip. `proxy` may hold a
    password, so it is not shown. `local_addresses` is whether the server, or else its proxy, may be
    at one (see `addresses`). `expiries` is what its connection learns about when all that ends.
    """

    url: str
    tls: Tls
    credentials: Credentials = field(repr=False)
    proxy: str | None = field(default=None, repr=False)
    impersonation: tuple[tuple[str, str], ...] = ()
    compression: bool = True
    local_addresses: bool = True
    expiries: Expiries = field(default_factory=Expiries, repr=False, compare=False)
