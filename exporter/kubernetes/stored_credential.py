"""A credential that is stored: in the kubeconfig itself, or in files that it names."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from pathlib import Path

from exporter.kubernetes.certificates import check_key_pair
from exporter.kubernetes.credentials import Credential, KeyPair, Rotation, bearer
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.files import read_file

REREAD_AFTER = 60.0
"""Seconds; client-go reads token files once a minute. Whoever rotates a file counts on it."""

READ_DEADLINE = 10.0
"""Seconds until a file that does not come is given up; network file systems can hang."""


@dataclass(frozen=True)
class StoredCredential:
    """
    A token or password, and a client certificate with its key; each inline, in a file, or absent.

    `authorization` is the whole header; `token_file` wins over it, as in client-go. Certificates
    and keys are PEM, or the path of a file that holds it. Nothing at all is an anonymous user.
    """

    authorization: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    certificate: bytes | Path | None = field(default=None, repr=False)
    key: bytes | Path | None = field(default=None, repr=False)

    @property
    def reread_after(self) -> float:
        """Seconds until the files are read again; infinite when there are none."""
        return REREAD_AFTER if self._files() else math.inf

    async def read(self) -> Credential:
        """See `CredentialSource.read`."""
        files = self._files()
        if not files:
            return self.read_now()

        try:
            async with asyncio.timeout(READ_DEADLINE):
                return await asyncio.to_thread(self.read_now)
        except TimeoutError as error:
            names = ", ".join(str(file) for file in files)
            raise CredentialsError(f"{names}: not read within {READ_DEADLINE:.0f} s") from error

    def read_now(self) -> Credential:
        """
        The credential, read without regard to any event loop.

        Raises:
            CredentialsError: the kubeconfig's field, the file, and what is wrong with it.
        """
        authorization = self.authorization
        if self.token_file is not None:
            authorization = _token(self.token_file)

        key_pair = None
        if self.certificate is not None and self.key is not None:
            certificate_name = _name("client-certificate", self.certificate)
            key_name = _name("client-key", self.key)
            key_pair = KeyPair(
                _content(certificate_name, self.certificate), _content(key_name, self.key)
            )
            check_key_pair(key_pair, certificate_name, key_name)

        rotation: Rotation = "manual" if self.token_file is None else "file"
        return Credential(authorization, key_pair, rotation=rotation)

    def _files(self) -> list[Path]:
        sources = (self.token_file, self.certificate, self.key)
        return [source for source in sources if isinstance(source, Path)]


def _token(path: Path) -> str:
    name = _name("tokenFile", path)
    content = _content(name, path)
    try:
        return bearer(content.decode("ascii", "replace"))
    except CredentialsError as error:
        raise CredentialsError(f"{name}: {error}") from error


def _name(kubeconfig_field: str, source: bytes | Path) -> str:
    if isinstance(source, Path):
        return f"{kubeconfig_field}: {source}"

    return f"{kubeconfig_field}-data"


def _content(name: str, source: bytes | Path) -> bytes:
    if not isinstance(source, Path):
        return source

    try:
        return read_file(source)
    except OSError as error:
        raise CredentialsError(f"{name}: {error.strerror}") from error
