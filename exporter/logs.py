"""Logs: readable on a terminal, JSON lines otherwise; always on stderr."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["auto", "text", "json"]
LEVELS = ("debug", "info", "warning", "error")


def configure(log_format: LogFormat, level: str, worker: int | None = None) -> None:
    """
    Set up structlog, and let libraries speak only when something is wrong. Of several processes
    that share one stderr, each `worker` says in every line which it is.
    """
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

    before: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *tracebacks,
    ]
    if worker is not None:
        before.append(_says("worker", worker))

    structlog.configure(
        processors=[*before, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _let_libraries_speak(before, renderer)


def _says(field: str, value: object) -> structlog.typing.Processor:
    def add(_: object, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
        entry.setdefault(field, value)
        return entry

    return add


def _let_libraries_speak(
    before: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> None:
    """
    What libraries log takes the same form, from warnings on.

    Not below: kubernetes-asyncio logs whole response bodies at DEBUG, Secrets included.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=before,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
