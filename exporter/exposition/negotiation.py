"""
What a scraper accepts: text or OpenMetrics, gzip or plain.

Source: RFC 9110, section 12; kube-state-metrics answers OpenMetrics only when it is asked for by
name, never for ``*/*``, and so do we.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exporter.exposition import openmetrics, text
from exporter.exposition.text import MetricType


@dataclass(frozen=True, eq=False)
class Format:
    """A text format: its media type, how a family's header reads, and how a page ends."""

    content_type: str
    header: Callable[[str, MetricType, str], bytes]
    end: bytes


TEXT = Format(text.CONTENT_TYPE, text.header, b"")
OPENMETRICS = Format(openmetrics.CONTENT_TYPE, openmetrics.header, openmetrics.END)

_OPENMETRICS_VERSIONS = ("1.0.0", "0.0.1", None)


@dataclass(frozen=True)
class _Choice:
    value: str
    parameters: dict[str, str]
    quality: float


def _choices(field: str) -> list[_Choice]:
    """The alternatives of an Accept-like header; what cannot be read counts as not offered."""
    found = []
    for part in field.split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        named = {
            name.strip().lower(): given.strip().strip('"')
            for name, equals, given in (item.partition("=") for item in parameters)
            if equals
        }
        try:
            quality = float(named.pop("q", "1"))
        except ValueError:
            quality = 0.0

        found.append(_Choice(value.lower(), named, quality))

    return found


def choose_format(accept: str) -> Format:
    """OpenMetrics 1.0 if the Accept header prefers it to plain text; text 0.0.4 otherwise."""
    wanted, plain = 0.0, 0.0
    for choice in _choices(accept):
        if (
            choice.value == "application/openmetrics-text"
            and choice.parameters.get("version") in _OPENMETRICS_VERSIONS
        ):
            wanted = max(wanted, choice.quality)
        elif choice.value == "text/plain":
            plain = max(plain, choice.quality)

    return OPENMETRICS if wanted > 0 and wanted >= plain else TEXT


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether Accept-Encoding allows gzip; an explicit ``q=0`` forbids it."""
    qualities = {choice.value: choice.quality for choice in _choices(accept_encoding)}
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0
