"""The version an API server says it has."""

from __future__ import annotations

import re

import msgspec

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import DECODE_ERRORS
from exporter.kubernetes.errors import Malformed

_PLATFORMS = {
    "-gke.": "gke",
    "-eks-": "eks",
    "+k3s": "k3s",
    "+rke2": "rke2",
    "+vmware": "tanzu",
    "-aliyun": "ack",
    "-IKS": "iks",
}
"""What distributions append to the version, which is the only thing every client may read."""

_RELEASE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


class Version(msgspec.Struct, frozen=True, rename="camel"):
    """``/version``, as every authenticated user may read it."""

    git_version: str = ""
    platform: str = ""

    @property
    def minor(self) -> int | None:
        """36 of ``v1.36.3-gke.100``; None when it is written otherwise."""
        match = _RELEASE.match(self.git_version)
        return int(match[2]) if match else None

    @property
    def patch(self) -> int | None:
        """3 of ``v1.36.3-gke.100``."""
        match = _RELEASE.match(self.git_version)
        return int(match[3]) if match and match[3] else None

    @property
    def platform_name(self) -> str:
        """``gke`` of ``v1.36.3-gke.100``; empty where the version does not tell."""
        marks = (name for mark, name in _PLATFORMS.items() if mark in self.git_version)
        return next(marks, "")


async def read_version(connection: Connection) -> Version:
    """
    Raises:
        KubernetesError: no answer, or one that is no version.
    """
    try:
        return msgspec.json.decode(await connection.read("/version"), type=Version)
    except DECODE_ERRORS as error:
        raise Malformed(f"/version: {error}") from None
