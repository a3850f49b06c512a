"""Whether a source of clusters can be read: shown on the telemetry port, and logged once."""

from __future__ import annotations

import structlog

from exporter.telemetry import Telemetry

log = structlog.get_logger()


class SourceHealth:
    """
    How one provider is doing, part by part: the kinds of a hub, or files.

    It can be read as long as every part can. What is wrong is logged when it begins, when it turns
    into something else, and when it ends.
    """

    def __init__(self, provider: str, telemetry: Telemetry) -> None:
        self._provider = provider
        self._telemetry = telemetry
        self._problems: dict[str, str] = {}
        telemetry.discovery_up.labels(provider)
        telemetry.discovery_failures.labels(provider)

    def read(self, part: str = "") -> None:
        """A part was read, or is known to be current."""
        if self._problems.pop(part, None) is not None:
            log.info("a source of clusters can be read again", provider=self._provider, part=part)

        self._telemetry.discovery_up.labels(self._provider).set(not self._problems)
        if not self._problems:
            self._telemetry.discovery_success.labels(self._provider).set_to_current_time()

    def failed(self, problem: str, part: str = "") -> None:
        """A part could not be read; what it said before stays in force."""
        self._telemetry.discovery_failures.labels(self._provider).inc()
        self._telemetry.discovery_up.labels(self._provider).set(0)
        if self._problems.get(part) != problem:
            self._problems[part] = problem
            log.error(
                "a source of clusters cannot be read; what it said last stays",
                provider=self._provider,
                part=part,
                error=problem,
            )
