"""A custom resource as it came: nobody knows beforehand which of its fields a document names."""

from __future__ import annotations

from typing import Any

from exporter.kubernetes.decoding import converted
from exporter.kubernetes.objects import Metadata, Object


class CustomObject:
    """An object of any kind. `fields` is all of it as parsed from JSON, metadata included."""

    __slots__ = ("fields", "metadata")

    def __init__(self, metadata: Metadata, fields: dict[str, Any]) -> None:
        self.metadata = metadata
        self.fields = fields

    @classmethod
    def from_json(cls, value: Any) -> CustomObject:
        """
        Raises:
            msgspec.ValidationError: not an object, or one whose metadata Kubernetes would not have.
        """
        return cls(converted(value, Object).metadata, value)
