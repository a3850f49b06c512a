"""What an API server answers to one request, before it is written to a socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON = "application/json"

Stream = AsyncGenerator[bytes, None]
"""Chunks as they become ready; ends by returning, CutInsideChunk or ConnectionReset."""

Body = bytes | Stream
"""Complete, with a Content-Length; or chunk by chunk."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: Body
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class CutInsideChunk(Exception):
    """Raised by a body: announce a chunk, send only `part` of it, and close the connection."""

    def __init__(self, part: bytes) -> None:
        super().__init__("the connection is cut inside a chunk")
        self.part = part


class ConnectionReset(Exception):
    """Raised by a body, or instead of an answer: end the TCP connection with RST."""


def encoded(document: object, status: int = 200) -> Answer:
    """A JSON document as an answer."""
    return Answer(status, msgspec.json.encode(document))


def status_document(code: int, reason: str, message: str, **details: object) -> dict[str, Any]:
    """A `Status` object: how Kubernetes reports every failure."""
    document: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    if details:
        document["details"] = details
    return document


def failure(code: int, reason: str, message: str, **details: object) -> Answer:
    """An answer that carries a failure as a `Status`."""
    return encoded(status_document(code, reason, message, **details), code)


def page_not_found() -> Answer:
    """What the API server says where no API is: plain text, no `Status`."""
    return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
