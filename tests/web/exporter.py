"""The exporter on simulated clusters, and what a scraper sees of it over HTTP."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from exporter import app
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.settings import Settings
from exporter.simulation.api_server import ApiServer

DEADLINE = 10.0
"""Seconds that anything may take; all of it takes milliseconds."""

RECORDING = Path(__file__).parents[1] / "parity" / "recorded" / "recording.json.gz"
"""A real cluster's answers; see the README beside them."""

NOBODY = "http://127.0.0.1:9"
"""The port of a service that nobody runs any more: connections are refused."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, its body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Exporter:
    """A running exporter. `metrics` and `telemetry` are the URLs of its two ports."""

    def __init__(self, serving: app.Serving, session: aiohttp.ClientSession) -> None:
        self.metrics = serving.metrics
        self.telemetry = serving.telemetry
        self._session = session

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """The answer of the main port. `path` is sent as it is; header names may hold ``_``."""
        return await self.ask(self.metrics + path, method, **headers)

    async def ask(self, url: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, URL(url, encoded=True), headers=named) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def page(self, path: str, **headers: str) -> str:
        """The text of a page that is there."""
        answer = await self.get(path, **headers)

        assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
        return answer.text

    async def complete(self, *clusters: str) -> None:
        """Wait until each of the clusters has its data on the page."""

        async def are_there() -> bool:
            pages = [f"/clusters/{quote(cluster, safe='')}/metrics" for cluster in clusters]
            return all([(await self.get(page)).status == 200 for page in pages])

        await until(are_there)

    async def is_ready(self) -> bool:
        return (await self.get("/readyz")).status == 200  # which nobody has to be let in for

    async def shows(self, path: str, text: str) -> None:
        """Wait until a page holds `text`."""

        async def is_shown() -> bool:
            return text in await self.page(path)

        await until(is_shown)

    async def hides(self, path: str, text: str) -> None:
        """Wait until a page no longer holds `text`."""

        async def is_hidden() -> bool:
            return text not in await self.page(path)

        await until(is_hidden)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until it holds; `TimeoutError` after `DEADLINE`."""
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.01)


def kubeconfig(clusters: Mapping[str, str]) -> str:
    """A kubeconfig with one context for each name, whose API server is at the URL."""
    return json.dumps(
        {
            "clusters": [
                {"name": name, "cluster": {"server": url}} for name, url in clusters.items()
            ],
            "users": [{"name": "viewer", "user": {}}],
            "contexts": [
                {"name": name, "context": {"cluster": name, "user": "viewer"}} for name in clusters
            ],
        }
    )


@asynccontextmanager
async def exporter_on(
    folder: Path, clusters: Mapping[str, ApiServer | str], settings: Settings | None = None
) -> AsyncIterator[Exporter]:
    """
    Serve the clusters (those that are a URL are not ours to serve) and the exporter that reads
    them from a kubeconfig in `folder`, on free ports; it has discovered them, no more.
    """
    settings = settings or Settings()
    async with AsyncExitStack() as stack:
        urls = {
            name: one if isinstance(one, str) else await stack.enter_async_context(one.serving())
            for name, one in clusters.items()
        }
        file = folder / "kubeconfig"
        file.write_text(kubeconfig(urls))
        chosen = msgspec.structs.replace(
            settings,
            discovery=(Kubeconfig((str(file),)),),
            web=msgspec.structs.replace(settings.web, listen="127.0.0.1:0"),
            telemetry=msgspec.structs.replace(settings.telemetry, listen="127.0.0.1:0"),
        )
        serving = await stack.enter_async_context(app.serve(chosen))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=DEADLINE),
            )
        )
        exporter = Exporter(serving, session)
        await until(exporter.is_ready)
        yield exporter


def small_cluster(name: str, *pods: str) -> ApiServer:
    """A cluster of one node that runs the pods, in the namespace shop."""
    server = ApiServer(name)
    server.put("namespaces", {"metadata": {"name": "shop"}, "status": {"phase": "Active"}})
    server.put("nodes", {"metadata": {"name": f"node-of-{name}"}})
    for pod in pods:
        server.put("pods", running_pod(pod))

    return server


def running_pod(name: str) -> dict[str, object]:
    """A pod of the namespace shop."""
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [{"name": "main", "image": "shop/main:1"}]},
        "status": {"phase": "Running"},
    }


def recorded_cluster(name: str) -> ApiServer:
    """A cluster that holds at least one object for every family, and all sorts of odd values."""
    server = ApiServer(name)
    server.load_recording(json.loads(gzip.decompress(RECORDING.read_bytes())))
    return server
