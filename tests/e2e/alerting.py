"""The whole way of an alert: an exporter is scraped, rules are evaluated, somebody is notified."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.alerts.compression import compressed_alertmanager, compressed_rules
from tests.controlplane.alertmanager_server import started_alertmanager
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.e2e.exporter_process import Exporter
from tests.e2e.scrape_jobs import Way
from tests.e2e.webhook import Notification, Webhook, listening


@dataclass(frozen=True)
class Alerting:
    """A Prometheus that scrapes an exporter in one way, and what its Alertmanager said."""

    prometheus: Prometheus
    webhook: Webhook

    @property
    def pages(self) -> list[Notification]:
        """Each time that somebody was woken."""
        return self.webhook.firing("pager")

    @property
    def tickets(self) -> set[tuple[str, str]]:
        """The alerts of which a ticket was written, with their clusters."""
        return {(one.alert, one.cluster) for one in self.webhook.firing("tickets")}

    async def firing(self) -> set[tuple[str, str]]:
        """All alerts that fire now, with their clusters; those that notify nobody as well."""
        found = await self.prometheus.query('ALERTS{alertstate="firing"}')
        return {(one.labels["alertname"], one.labels.get("cluster", "")) for one in found}


@asynccontextmanager
async def alerting(
    exporter: Exporter, way: Way, directory: Path, factor: int
) -> AsyncIterator[Alerting]:
    """
    Scrape with the rules and the routes of alerts/, in which time passes `factor` times faster.

    What is written is below `directory`.
    """
    async with AsyncExitStack() as running:
        webhook = await running.enter_async_context(listening())
        receivers = {name: f"{webhook.url}/{name}" for name in ("pager", "tickets")}
        alertmanager = await running.enter_async_context(
            started_alertmanager(
                compressed_alertmanager(factor, receivers), directory / "alertmanager"
            )
        )
        prometheus = await running.enter_async_context(
            started_prometheus(
                way(exporter),
                directory / "prometheus",
                rules=compressed_rules(factor),
                alertmanager=alertmanager,
            )
        )
        yield Alerting(prometheus, webhook)
