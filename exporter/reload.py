"""Settings that are read again while the exporter runs: when their files change, or as asked."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from exporter.kubernetes.errors import KubernetesError
from exporter.settings import Settings, SettingsError
from exporter.telemetry import Telemetry

LOOK = 5.0
"""Seconds between two looks at the files' contents."""

_HASH = 6
"""Bytes of the digest that are shown: what a float can tell apart, as Alertmanager has it."""

log = structlog.get_logger()


class WorkersError(Exception):
    """Workers that did not take new settings; one line that says which and why."""


@dataclass(frozen=True)
class Origin:
    """Where settings come from: `read` gives them, of `file` if there is one."""

    read: Callable[[], Settings]
    file: Path | None = None

    def digest(self, settings: Settings) -> bytes:
        """Of the files' contents; `settings` name what there is besides. Blocks."""
        document = settings.collect.custom_resource_state_config_file
        files = [self.file] if self.file else []
        digest = hashlib.sha256()
        for file in (*files, *([Path(document)] if document else [])):
            try:
                content = file.expanduser().read_bytes()
            except (OSError, RuntimeError) as error:
                content = str(error).encode()

            digest.update(b"%d\n" % len(content) + content)

        return digest.digest()


class Reload:
    """
    Keeps `settings` what the origin says. Settings that cannot be used leave everything as it was;
    `apply` raises what is wrong with them.
    """

    def __init__(
        self,
        settings: Settings,
        origin: Origin,
        apply: Callable[[Settings], Awaitable[None]],
        telemetry: Telemetry,
    ) -> None:
        self.settings = settings
        self._first = settings
        self._origin = origin
        self._apply = apply
        self._telemetry = telemetry
        self._turn = asyncio.Lock()
        self._asked = asyncio.Event()
        self._digest = b""
        self._problem = ""
        self._succeeded(origin.digest(settings))

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """
        A SIGHUP is a reason for `run` to read the settings at once. Without a settings file nothing
        can change, and the signal ends the process as it does with others.
        """
        if self._origin.file is None:
            yield
            return

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)

    async def run(self) -> None:
        """Look at the files now and then, and at once when a signal asks for it; for ever."""
        while True:
            try:
                async with asyncio.timeout(LOOK):
                    await self._asked.wait()
            except TimeoutError:
                await self._look()
            else:
                self._asked.clear()
                await self.now()

    async def now(self) -> str:
        """Read the settings and apply them. What is wrong with them, in one line; else nothing."""
        async with self._turn:
            digest = await asyncio.to_thread(self._origin.digest, self.settings)
            return await self._reload(digest)

    async def _look(self) -> None:
        """What could not be used is tried again: files that it names may be there now."""
        async with self._turn:
            digest = await asyncio.to_thread(self._origin.digest, self.settings)
            if digest != self._digest or self._problem:
                await self._reload(digest)

    async def _reload(self, digest: bytes) -> str:
        try:
            settings = await asyncio.to_thread(self._origin.read)
            await self._apply(settings)
        except (SettingsError, KubernetesError, WorkersError) as error:
            self._failed(str(error))
            return str(error)

        if settings.collect.custom_resource_state_config_file != (
            self.settings.collect.custom_resource_state_config_file
        ):
            digest = await asyncio.to_thread(self._origin.digest, settings)

        self.settings = settings
        self._succeeded(digest)
        log.info("settings are in force")
        if lasting := _lasting(self._first, settings):
            log.warning("settings that need a restart", settings=lasting)

        return ""

    def _failed(self, problem: str) -> None:
        self._telemetry.config_successful.set(0)
        if problem != self._problem:
            log.error("settings cannot be used; those of before stay", error=problem)

        self._problem = problem

    def _succeeded(self, digest: bytes) -> None:
        self._digest, self._problem = digest, ""
        self._telemetry.config_successful.set(1)
        self._telemetry.config_success_time.set(time.time())
        self._telemetry.config_hash.set(int.from_bytes(digest[:_HASH], "little"))


def _lasting(first: Settings, now: Settings) -> list[str]:
    """The names of what differs and cannot change while the exporter runs."""
    pairs = {
        "workers": (first.workers, now.workers),
        "web.listen": (first.web.listen, now.web.listen),
        "telemetry.listen": (first.telemetry.listen, now.telemetry.listen),
    }
    return [name for name, (before, after) in pairs.items() if before != after]
