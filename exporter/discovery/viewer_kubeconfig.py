"""
The credential that a Gardener gives viewers of a Shoot for a short time, on demand.

Its subresource: gardener/gardener, docs/usage/shoot/shoot_access.md, `shoots/viewerkubeconfig`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from dataclasses import dataclass, field, replace

import msgspec
from aiohttp.resolver import AsyncResolver

from exporter import __version__
from exporter.discovery.found import way_of
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.credentials import Credential, Credentials
from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.errors import (
    CredentialsError,
    KubeconfigError,
    KubernetesError,
    RefusedByPolicy,
)
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.objects import ApiObject, Time
from exporter.kubernetes.server import Server
from exporter.kubernetes.trust import Allow

VALIDITY = 3600
"""Seconds asked for. Gardener gives 600 at least, and at most what its operator configured."""

AT_ONCE = 4
"""Kubeconfigs that are asked for at a time: of a new hub, all Shoots' are."""


class _Given(ApiObject, frozen=True):
    kubeconfig: str = ""
    expiration_timestamp: Time | None = None

    def __repr__(self) -> str:
        return "_Given(...)"


class _Request(ApiObject, frozen=True):
    """A ViewerKubeconfigRequest of authentication.gardener.cloud/v1alpha1, answered."""

    status: _Given = _Given()


_request = Decoder(_Request)


@dataclass(frozen=True)
class ViewerKubeconfig:
    """
    A `CredentialSource`: the user of a kubeconfig that a garden gives out, at `path`, for a Shoot.

    Where the Shoot is, and whom to trust there, is not taken from it: that is known before.
    """

    garden: Server
    path: str
    origin: str
    allow: Allow
    turns: asyncio.Semaphore = field(compare=False)

    @property
    def reread_after(self) -> float:
        """Infinite: the garden says when it expires."""
        return math.inf

    async def read(self) -> Credential:
        """
        See `CredentialSource.read`.

        Raises:
            CredentialsError: the garden gives none, or none that can be used.
            RefusedByPolicy: it would make us do what is not allowed.
        """
        try:
            async with self.turns:
                given = _request.decode(await self._asked()).status

            credential = await (await asyncio.to_thread(self._user, given)).current()
        except RefusedByPolicy:
            raise
        except (KubernetesError, Undecodable) as error:
            raise CredentialsError(f"{self.origin}: viewerkubeconfig: {error}") from None

        return replace(credential, expires=given.expiration_timestamp, rotation="auto")

    async def _asked(self) -> bytes:
        body = {
            "apiVersion": "authentication.gardener.cloud/v1alpha1",
            "kind": "ViewerKubeconfigRequest",
            "spec": {"expirationSeconds": VALIDITY},
        }
        resolver = AsyncResolver()
        connection = Connection(
            self.garden, _unobserved, f"kube-fleet-exporter/{__version__}", resolver
        )
        try:
            return await connection.read(self.path, verb="POST", body=msgspec.json.encode(body))
        finally:
            await connection.close()
            await resolver.close()

    def _user(self, given: _Given) -> Credentials:
        """Raises `KubeconfigError`, or `RefusedByPolicy`."""
        try:
            text = base64.b64decode(given.kubeconfig, validate=True)
        except (binascii.Error, ValueError):
            raise KubeconfigError("status.kubeconfig: is not base64") from None

        kubeconfig = parse(text, self.origin, self.allow)
        return way_of(kubeconfig, self.origin).server.credentials


def _unobserved(*_: object) -> None:
    """Requests to hubs are not counted among those to the clusters."""
