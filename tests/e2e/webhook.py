"""Where Alertmanager's notifications arrive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, order=True)
class Notification:
    """What one receiver was told once of one group of alerts, which share a name and a cluster."""

    receiver: str
    alert: str
    cluster: str
    """Empty for what is about the fleet."""
    status: str
    """firing or resolved."""


@dataclass
class Webhook:
    """A receiver's end: `url` and the receiver's name is where to notify it."""

    url: str
    received: list[Notification] = field(default_factory=list)

    def firing(self, receiver: str) -> list[Notification]:
        """How often and of what a receiver was told that it fires."""
        return [one for one in self.received if one.receiver == receiver and one.status == "firing"]

    async def answer(self, request: web.Request) -> web.Response:
        """https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""
        told = await request.json()
        group = told["groupLabels"]
        found = Notification(
            receiver=request.match_info["receiver"],
            alert=group["alertname"],
            cluster=group.get("cluster", ""),
            status=told["status"],
        )
        self.received.append(found)
        return web.Response()


@asynccontextmanager
async def listening() -> AsyncIterator[Webhook]:
    """Serve while the block runs."""
    webhook = Webhook("")
    application = web.Application()
    application.router.add_post("/{receiver}", webhook.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        _, port = runner.addresses[0]
        webhook.url = f"http://127.0.0.1:{port}"
        yield webhook
    finally:
        await runner.cleanup()
