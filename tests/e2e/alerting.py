"""The whole way of an alert: an exporter is scraped, rules are evaluated, somebody is notified."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.alerts.compression import compressed_alertmanager, compressed_rules
from tests.controlplane.alertmanager_server import started_alertmanager
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import Prometheus, started_prometheus
from tests.e2e.exporter_process import Exporter, exporter_on
from tests.e2e.scrape_jobs import Way, one_page, targets
from tests.e2e.webhook import Notification, Webhook, listening

WAYS = {"one page": one_page, "targets": targets}


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
    Scrape, without rules yet, and notify by the routes of alerts/, in which time passes `factor`
    times faster. What is written is below `directory`.
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
                scrape_interval="2s",
                alertmanager=alertmanager,
            )
        )
        yield Alerting(prometheus, webhook)


@asynccontextmanager
async def watched(
    folder: Path, factor: int, clusters: int
) -> AsyncIterator[tuple[Exporter, dict[str, Alerting]]]:
    """
    The exporter on `folder`/kubeconfig, scraped in both ways, with the rules of alerts/ in which
    time passes `factor` times faster, once all clusters are seen.
    """
    (folder / "exporter").mkdir()
    async with AsyncExitStack() as running:
        exporter = await running.enter_async_context(
            exporter_on(folder / "kubeconfig", folder / "exporter")
        )
        alertings = {
            name: await running.enter_async_context(alerting(exporter, way, folder / name, factor))
            for name, way in WAYS.items()
        }

        async def all_are_complete(way: Alerting) -> None:
            seen = "count(group by (cluster) (kube_node_info))"
            assert await way.prometheus.value(seen) == clusters

        for one in alertings.values():
            await eventually(partial(all_are_complete, one), within=90)
        # Not before: no server finds its targets faster because time passes faster in rules.
        for one in alertings.values():
            await one.prometheus.evaluate(compressed_rules(factor))
        yield exporter, alertings


async def pass_time(*, minutes: int, factor: int) -> None:
    """Let so much time pass in rules."""
    await asyncio.sleep(minutes * 60 / factor)
