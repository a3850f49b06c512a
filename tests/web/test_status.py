import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp.resolver import AsyncResolver

from exporter.discovery.provider import Snapshot
from exporter.fleet.fleet import Fleet
from exporter.fleet.plan import Plan
from exporter.fleet.plans import Plans
from exporter.fleet.unit import Staleness
from exporter.simulation.api_server import ApiServer
from exporter.telemetry import Telemetry
from exporter.web.clusters import ObservedClusters
from exporter.web.metrics import Metrics
from exporter.web.page import Pages
from exporter.web.server import main_routes, serving
from exporter.web.status import Status
from exporter.web.targets import Targets
from tests.web.exporter import NOBODY, exporter_on, small_cluster, until

HOSTILE = '"><script>alert(1)</script>&amp;{x}'


class Html(HTMLParser):
    """What a browser makes of a page: its tags, the targets of its links, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def test_the_page_shows_each_cluster_and_how_it_is(tmp_path: Path) -> None:
    fleet: dict[str, ApiServer | str] = {"eu-1": small_cluster("eu-1", "web-0"), "away": NOBODY}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.shows("/", "unreachable (refused)")
        await exporter.shows("/", "synced")
        page = Html(await exporter.page("/"))

    assert {"eu-1", "away", "v1.36.3", f"kubeconfig {tmp_path / 'kubeconfig'}"} <= set(page.text)


async def test_a_hostile_name_is_only_a_name(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {HOSTILE: NOBODY}) as exporter:
        page = Html(await exporter.page("/"))

    assert "script" not in page.tags
    assert HOSTILE in page.text


@pytest.mark.parametrize("name", [HOSTILE, "a&b=c", "a b", "a#b", "a+b", "100%"])
async def test_the_link_of_a_cluster_chooses_that_cluster(tmp_path: Path, name: str) -> None:
    async with exporter_on(tmp_path, {name: NOBODY}) as exporter:
        page = Html(await exporter.page("/"))

    assert parse_qs(urlsplit(page.links[-1]).query) == {"cluster": [name]}
    assert urlsplit(page.links[-1]).fragment == ""


async def test_every_link_of_the_page_leads_somewhere(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        links = Html(await exporter.page("/")).links
        answers = [await exporter.get(f"/{link}") for link in links]

    assert len(links) >= 5
    assert {answer.status for answer in answers} == {200}


async def test_a_browser_is_told_to_run_nothing(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        answer = await exporter.get("/")

    headers = answer.headers
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in headers["Content-Security-Policy"]
    assert "style=" not in answer.text, "what stands in a tag is no style that has a digest"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


class SlowProvider:
    """A source of clusters that knows of none, and only once it is `asked` to answer."""

    name = "slow"

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    def check(self) -> None:
        """There is nothing that could be wrong."""

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        await self.asked.wait()
        yield ()


class Probes:
    """Asks the exporter of a slow provider how it is."""

    def __init__(self, url: str, session: aiohttp.ClientSession, status: Status) -> None:
        self.status = status
        self._url = url
        self._session = session

    async def status_of(self, path: str) -> int:
        async with self._session.get(self._url + path) as answer:
            return answer.status

    async def is_ready(self) -> bool:
        return await self.status_of("/-/ready") == 200


@asynccontextmanager
async def probes_on(provider: SlowProvider) -> AsyncIterator[Probes]:
    telemetry, resolver = Telemetry(), AsyncResolver()
    fleet = Fleet(Plans(Plan({}, False, Staleness())), telemetry, resolver)
    clusters = ObservedClusters(fleet, Pages({}, "cluster"))
    status, metrics = Status(clusters), Metrics(clusters, telemetry)
    routes = main_routes(metrics, Targets(clusters, "cluster", ""), status)
    async with (
        serving(routes, "127.0.0.1:0") as url,
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(fleet.run([provider]))
        yield Probes(url, session, status)
        running.cancel()

    await resolver.close()


async def test_it_is_ready_once_the_first_discovery_is_done() -> None:
    provider = SlowProvider()
    async with probes_on(provider) as probes:
        before = [await probes.status_of(path) for path in ("/-/ready", "/readyz")]
        provider.asked.set()
        await until(probes.is_ready)
        after = [await probes.status_of(path) for path in ("/-/ready", "/readyz")]

    assert before == [503, 503]
    assert after == [200, 200]


async def test_it_is_healthy_before_the_first_discovery() -> None:
    async with probes_on(SlowProvider()) as probes:
        answers = [await probes.status_of(path) for path in ("/-/healthy", "/livez", "/")]

    assert answers == [200, 200, 200]


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/fleet", "/sd", "/api/v1/clusters", "/clusters/eu-1/metrics"]
)
async def test_no_page_says_that_there_are_no_clusters_before_that_is_known(path: str) -> None:
    async with probes_on(SlowProvider()) as probes:
        assert await probes.status_of(path) == 503


async def test_a_fleet_without_clusters_has_its_pages() -> None:
    provider = SlowProvider()
    provider.asked.set()
    async with probes_on(provider) as probes:
        await until(probes.is_ready)
        answers = [await probes.status_of(path) for path in ("/metrics", "/sd", "/metrics/fleet")]

    assert answers == [200, 200, 200]


async def test_it_is_no_longer_ready_while_it_stops() -> None:
    provider = SlowProvider()
    provider.asked.set()
    async with probes_on(provider) as probes:
        await until(probes.is_ready)
        probes.status.stopping = True
        answers = [await probes.status_of(path) for path in ("/-/ready", "/-/healthy")]

    assert answers == [503, 200]


async def test_clusters_that_are_away_do_not_make_it_unready(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY, "us-1": NOBODY}) as exporter:
        paths = ("/-/ready", "/readyz", "/-/healthy", "/livez")
        answers = [(await exporter.get(path)).status for path in paths]

    assert answers == [200, 200, 200, 200]
