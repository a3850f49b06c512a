"""Whether a source of clusters can be read: shown on the telemetry port, and logged once."""

from __future__ import annotations

import structlog

from exporter.telemetry import Telemetry

log = structlog.get_logger()


class SourceHealth:
    """
    How one source is doing, part by part: the kinds of a hub, or files.

    It can be read as long as every part can. What is wrong is logged when it begins, when it turns
    into something else, and when it ends.

    Args:
        provider: what kind of source it is, as in the settings.
        source: tells several of a kind apart.
    """

    def __init__(self, provider: str, source: str, telemetry: Telemetry) -> None:
        self.source = source
        self._labels = (provider, source)
        self._telemetry = telemetry
        self._problems: dict[str, str] = {}
        self._ended = False

    def begin(self) -> None:
        """It is read from now on; until something is heard of it, it is not up."""
        self._telemetry.discovery_up.labels(*self._labels)
        self._telemetry.discovery_failures.labels(*self._labels)

    def read(self, part: str = "") -> None:
        """A part was read, or is known to be current."""
        if self._ended:  # a thread that reads files cannot be stopped
            return

        if self._problems.pop(part, None) is not None:
            log.info("a source of clusters can be read again", source=self.source, part=part)

        self._telemetry.discovery_up.labels(*self._labels).set(not self._problems)
        if not self._problems:
            self._telemetry.discovery_success.labels(*self._labels).set_to_current_time()

    def failed(self, problem: str, part: str = "") -> None:
        """A part could not be read; what it said before stays in force."""
        if self._ended:
            return

        self._telemetry.discovery_failures.labels(*self._labels).inc()
        self._telemetry.discovery_up.labels(*self._labels).set(0)
        if self._problems.get(part) != problem:
            self._problems[part] = problem
            log.error(
                "a source of clusters cannot be read; what it said last stays",
                source=self.source,
                part=part,
                error=problem,
            )

    def forget(self) -> None:
        """What was wrong does not concern what is read from now on."""
        self._problems.clear()

    def end(self) -> None:
        """Nobody reads it any more: nothing is shown of it."""
        self._ended = True
        self._telemetry.discovery_up.remove(*self._labels)
        self._telemetry.discovery_failures.remove(*self._labels)
        self._telemetry.discovery_success.remove(*self._labels)
