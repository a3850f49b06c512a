"""The web configuration file, read again when it changes, or a file that it names."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from exporter.kubernetes.files import read_file
from exporter.telemetry import Telemetry
from exporter.web.tls import ServerContext, server_context
from exporter.web.web_config import WebConfig, WebConfigError, read_web_config

LOOK = 5.0
"""Seconds between two looks at the contents of the files."""

log = structlog.get_logger()


@dataclass(frozen=True)
class WebConfigFile:
    """One content of the file, and of those that it names. None is there without a `path`."""

    path: Path | None = None
    config: WebConfig = field(default_factory=WebConfig)
    context: ServerContext | None = None
    digest: bytes = b""


def load(name: str) -> WebConfigFile:
    """
    What the file of this name says; without a name, nothing. Blocks.

    Raises:
        WebConfigError: it cannot be used, or a file that it names.
    """
    if not name:
        return WebConfigFile()

    path = Path(name).expanduser().absolute()
    config = read_web_config(path)
    digest = _digest(
        path, config
    )  # before the rest: what changes meanwhile differs at the next look
    tls = config.tls_server_config
    try:
        context = server_context(tls) if tls.enabled else None
    except WebConfigError as error:
        raise WebConfigError(f"{path}: {error}") from error

    return WebConfigFile(path, config, context, digest)


async def watch(
    now: Callable[[], WebConfigFile], change: Callable[[WebConfigFile], None], telemetry: Telemetry
) -> None:
    """
    Look at the files for ever; `now` is what is in force, and `change` puts another content in
    force or raises `WebConfigError`.

    What cannot be used changes nothing and is tried again: certificate and key are two files, which
    nobody replaces in one step.
    """
    shown = ""
    while True:
        await asyncio.sleep(LOOK)
        before = now()
        problem = ""
        if before.path is not None:
            try:
                digest = await asyncio.to_thread(_digest, before.path, before.config)
                if digest != before.digest:
                    loaded = await asyncio.to_thread(load, str(before.path))
                    if now() is before:  # else it was changed otherwise meanwhile
                        change(loaded)
                        log.info("the web configuration is in force", file=str(before.path))
            except WebConfigError as error:
                problem = str(error)
                telemetry.web_config_failures.inc()
                if problem != shown:
                    log.error("web configuration cannot be used; the old stays", error=problem)

        shown = problem


def _digest(path: Path, config: WebConfig) -> bytes:
    digest = hashlib.sha256()
    for each in (path, *config.files):
        try:
            content = read_file(each)
        except OSError as error:
            content = str(error).encode()

        digest.update(b"%d\n" % len(content) + content)

    return digest.digest()
