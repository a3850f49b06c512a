"""A Secret of a hub: what managers of clusters keep credentials in."""

from __future__ import annotations

import base64
import binascii

from msgspec import field

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.objects import ApiObject, Metadata


class Secret(ApiObject, frozen=True):
    """A Secret with its values, which are never shown, so neither is it."""

    metadata: Metadata = Metadata()
    type: str = ""
    data: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Secret({self.origin})"

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return f"secret {self.metadata.namespace}/{self.metadata.name}"

    def value(self, key: str) -> bytes:
        """
        What stands under a key.

        Raises:
            KubeconfigError: nothing, or not what an API server would send.
        """
        if not self.data.get(key):
            raise KubeconfigError(f"{self.origin}: has nothing under {key!r}")

        try:
            return base64.b64decode(self.data[key], validate=True)
        except (binascii.Error, ValueError):
            raise KubeconfigError(f"{self.origin}: {key}: is not base64") from None

    def text(self, key: str) -> str:
        """
        The same as text, without white space around it.

        Raises:
            KubeconfigError: likewise, or not UTF-8.
        """
        try:
            return self.value(key).decode().strip()
        except UnicodeDecodeError:
            raise KubeconfigError(f"{self.origin}: {key}: is not UTF-8") from None
