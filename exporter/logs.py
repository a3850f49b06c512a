"""Logs: readable on a terminal, JSON lines otherwise; always on stderr."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["auto", "text", "json"]
LEVELS = ("debug", "info", "warning", "error")


def configure(log_format: LogFormat, level: str) -> None:
    """Set up structlog, and let libraries speak only when something is wrong."""
    readable = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    # Without local variables, which structlog shows by default: some hold credentials.
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    tracebacks: list[structlog.typing.Processor] = []
    if readable:
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=plain)
    else:
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        tracebacks = [structlog.processors.ExceptionRenderer(transformer)]

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *tracebacks,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # kubernetes-asyncio logs whole response bodies at DEBUG, Secrets included.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
