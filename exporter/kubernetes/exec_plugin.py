"""
Credentials from a command, as kubectl's exec plugins give them (client.authentication.k8s.io).

What a plugin writes to stderr is thrown away: plugins print requests and tokens there, and no rule
could tell those from a harmless explanation. The error names the command, to be run by hand.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec

from exporter.kubernetes.certificates import check_key_pair
from exporter.kubernetes.credentials import Credential, KeyPair, bearer
from exporter.kubernetes.errors import CredentialsError

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")

TIME_LIMIT = 30.0
"""Seconds for one run, from start to the end of its output."""

KILL_DEADLINE = 5.0
"""Seconds to wait for a process that was killed; longer only where the kernel is stuck."""

LARGEST_OUTPUT = 1024 * 1024
"""Bytes of stdout."""

AT_ONCE = 8
"""Plugins that run at the same time: a thousand of them started together would all be too slow."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def __repr__(self) -> str:
        return "_Status(...)"


class _ExecCredential(msgspec.Struct, rename="camel"):
    kind: str | None = None
    api_version: str | None = None
    status: _Status | None = None


@dataclass(frozen=True)
class ExecPlugin:
    """
    One `exec` entry of a kubeconfig, a `CredentialSource`.

    `command` is a name to look up in PATH, or a path. `environment` is added to our own, as kubectl
    does. `cluster` is what the plugin is told of the cluster (`provideClusterInfo`), if anything.
    """

    command: str
    api_version: str
    arguments: tuple[str, ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    install_hint: str = ""
    cluster: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def reread_after(self) -> float:
        """Infinite: a plugin runs again when its credential expires or is rejected."""
        return math.inf

    async def read(self) -> Credential:
        """See `CredentialSource.read`."""
        async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
            try:
                async with asyncio.timeout(TIME_LIMIT):
                    printed = await self._run()
            except TimeoutError as error:
                raise self._problem(f"did not end within {TIME_LIMIT:.0f} s") from error

        try:
            return exec_credential(printed, self.api_version)
        except CredentialsError as error:
            raise self._problem(str(error)) from None

    async def _run(self) -> bytes:
        """What one run prints to stdout. A run that does not end well leaves no process behind."""
        loop = asyncio.get_running_loop()
        try:
            transport, output = await loop.subprocess_exec(
                lambda: _Output(loop),
                self.command,
                *self.arguments,
                env={**os.environ, **self.environment, "KUBERNETES_EXEC_INFO": self._exec_info()},
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            shown = "".join(c if c.isprintable() else " " for c in self.install_hint)
            hint = " ".join(shown.split())[:500]
            raise self._problem(f"no such command{': ' if hint else ''}{hint}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "a NUL in its arguments or environment"
            raise self._problem(f"cannot be started: {reason}") from error

        try:
            await output.ended
        finally:
            await _stop(transport, output)

        if len(output.printed) > LARGEST_OUTPUT:
            raise self._problem(f"printed more than {LARGEST_OUTPUT} bytes")

        status = transport.get_returncode()
        if status:
            raise self._problem(f"failed with exit status {status}; run it by hand to see why")

        return bytes(output.printed)

    def _exec_info(self) -> str:
        spec = {"interactive": False} | ({} if self.cluster is None else {"cluster": self.cluster})
        info = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec}
        return msgspec.json.encode(info).decode()

    def _problem(self, what: str) -> CredentialsError:
        return CredentialsError(f"exec plugin {self.command}: {what}")


class _Output(asyncio.SubprocessProtocol):
    """Collects what a plugin prints; `ended` when all of it is here, or more than is allowed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.printed = bytearray()
        self.closed = False  # it exited, and nobody holds its stdout any more
        self.exited: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        if isinstance(data, bytes) and len(self.printed) <= LARGEST_OUTPUT:
            self.printed += data

        if len(self.printed) > LARGEST_OUTPUT:
            _resolve(self.ended)

    def process_exited(self) -> None:
        _resolve(self.exited)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        _resolve(self.ended)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _stop(transport: asyncio.SubprocessTransport, output: _Output) -> None:
    """Kill what is left of a run that did not end by itself, its children included."""
    try:
        if not output.closed:
            with suppress(OSError):
                os.killpg(transport.get_pid(), signal.SIGKILL)

            await asyncio.wait([output.exited], timeout=KILL_DEADLINE)
    finally:
        transport.close()


def exec_credential(printed: bytes, api_version: str) -> Credential:
    """
    The credential in what a plugin printed.

    Raises:
        CredentialsError: it is no ExecCredential of `api_version`, holds none, half a key pair, one
            that cannot be used, or one that has expired. Nothing that was printed is quoted.
    """
    try:
        answer = msgspec.json.decode(printed, type=_ExecCredential)
    except msgspec.DecodeError as error:  # names a field and its type, or a byte's number
        raise CredentialsError(f"did not print an ExecCredential: {error}") from None
    except (UnicodeDecodeError, RecursionError):
        raise CredentialsError("did not print an ExecCredential: not JSON") from None

    if answer.kind != "ExecCredential":
        raise CredentialsError("did not print an ExecCredential: its kind is another")

    if answer.api_version != api_version:
        raise CredentialsError(f"answered in another apiVersion than asked for, {api_version}")

    if answer.status is None:
        raise CredentialsError("printed no status")

    expires = answer.status.expiration_timestamp
    if expires is not None and expires <= datetime.now(UTC):
        raise CredentialsError(f"its credential ended at {expires.isoformat()}; check the clock")

    return _presented(answer.status)


def _presented(status: _Status) -> Credential:
    certificate, key = status.client_certificate_data, status.client_key_data
    if not status.token and not certificate and not key:
        raise CredentialsError("printed neither a token nor a client certificate")

    key_pair = None
    if certificate or key:
        if not (certificate and key):
            raise CredentialsError("printed a client certificate or a key, and not the other")

        key_pair = KeyPair(certificate.encode(), key.encode())
        check_key_pair(key_pair, "clientCertificateData", "clientKeyData")

    authorization = bearer(status.token) if status.token else None
    return Credential(authorization, key_pair, status.expiration_timestamp, "exec")
