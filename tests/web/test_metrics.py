"""What Prometheus gets when it scrapes, over HTTP, from simulated clusters."""

import asyncio
import gzip
import random
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.resolver import AsyncResolver
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as parse_text
from yarl import URL

from exporter.exposition.segment import deflate
from exporter.fleet.fleet import Fleet
from exporter.fleet.plan import Plan
from exporter.fleet.plans import Plans
from exporter.fleet.unit import Staleness
from exporter.settings import Collect, Settings
from exporter.simulation.api_server import ApiServer
from exporter.simulation.cluster import SimulatedCluster
from exporter.simulation.faults import Fault, hang_before_headers
from exporter.simulation.moments import now
from exporter.simulation.population import populate
from exporter.simulation.regions import place
from exporter.store.section import Column
from exporter.telemetry import Telemetry
from exporter.web.clusters import ObservedClusters
from exporter.web.metrics import Metrics
from exporter.web.page import Pages
from exporter.web.server import main_routes, serving
from exporter.web.status import Status
from exporter.web.targets import Targets
from tests.exposition.strict_parser import strictly_parsed
from tests.web.exporter import (
    DEADLINE,
    NOBODY,
    exporter_on,
    recorded_cluster,
    running_pod,
    small_cluster,
    until,
)

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PARTS = ("_bucket", "_sum", "_count", "_total")


def shop(name: str, pods: int = 40) -> ApiServer:
    """A cluster as the demo has them."""
    cluster = SimulatedCluster(name, place(0)[1], seed=1)
    populate(cluster, pods, now())
    return cluster.server


def values(page: str, name: str, label: str) -> set[str]:
    """The values that a label has in the series called `name`."""
    return set(re.findall(rf'^{name}{{.*?\b{label}="([^"]*)"', page, re.MULTILINE))


def clusters_of(page: str) -> set[str]:
    return set(re.findall(r'\bcluster="([^"]*)"', page))


def resources_of(page: str) -> set[str]:
    """``pod``, ``node`` … of the kube_* series, ``fleet`` and ``events``."""
    names = re.findall(r"^(kube_[a-z_]+){", page, re.MULTILINE)
    return {
        "events" if name == "kube_fleet_events_total" else name.split("_")[1]
        for name in names
        if not name.startswith(("kube_state_metrics_", "kube_fleet_exporter_"))
    }


def check_families(page: str) -> None:
    """Every family has one HELP and one TYPE, and all its lines stand below them."""
    described: list[tuple[str, str]] = []
    for line in page.splitlines():
        if line == "# EOF":
            continue

        if line.startswith("# "):
            _, what, name, _ = line.split(" ", 3)
            described.append((name, what))
            continue

        family = described[-1][0]
        sample = line.partition("{")[0]

        assert sample == family or sample in {family + part for part in PARTS}, line

    assert len(set(described)) == len(described)
    assert {name for name, what in described if what == "HELP"} == {
        name for name, what in described if what == "TYPE"
    }


def check_series(families: Iterable[Metric]) -> None:
    """No series stands twice."""
    series = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in families
        for sample in family.samples
    ]

    assert len(series) > 1000
    assert len(set(series)) == len(series)


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4", parse_text),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0", strictly_parsed),
    ],
)
async def test_a_page_of_two_clusters_parses_and_each_family_stands_in_one_place(
    tmp_path: Path, accept: str, content_type: str, parse: Callable[[str], Iterable[Metric]]
) -> None:
    fleet: dict[str, ApiServer | str] = {
        "eu-1": recorded_cluster("eu-1"),
        "us-1": shop("us-1"),
        "away": NOBODY,
    }
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete("eu-1", "us-1")
        answer = await exporter.get("/metrics", Accept=accept)

    assert answer.headers["Content-Type"].startswith(content_type)
    assert clusters_of(answer.text) == set(fleet)
    check_families(answer.text)
    check_series(parse(answer.text))


@pytest.mark.parametrize("path", ["/metrics", "/clusters/eu-1/metrics", "/metrics/fleet"])
async def test_every_page_is_there_in_openmetrics_and_in_text(tmp_path: Path, path: str) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        text = await exporter.get(path)
        strict = await exporter.get(path, Accept=OPENMETRICS)

    assert text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert list(parse_text(text.text))
    assert strict.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert list(strictly_parsed(strict.text))


@pytest.mark.parametrize("accept", ["text/plain", OPENMETRICS])
async def test_a_compressed_page_is_the_plain_one_compressed(tmp_path: Path, accept: str) -> None:
    async with exporter_on(tmp_path, {"eu-1": shop("eu-1", 100)}) as exporter:
        await exporter.complete("eu-1")
        path = "/metrics?exclude_resources=fleet,events"  # those hold moments and counts
        plain = await exporter.get(path, Accept=accept)
        packed = await exporter.get(path, Accept=accept, Accept_Encoding="gzip, deflate")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert len(plain.body) > 5 * len(packed.body) > 1000


async def test_caches_are_told_what_an_answer_depends_on(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        answer = await exporter.get("/metrics")

    assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("query", "clusters"),
    [
        ("cluster=eu-1", {"eu-1"}),
        ("cluster=eu-1&cluster=us-1", {"eu-1", "us-1"}),
        ("cluster=eu-1&cluster=unheard-of", {"eu-1"}),
        ("cluster=unheard-of", set()),
        ("cluster=eu-1,us-1", set()),
        ("", {"eu-1", "us-1", "ap-1"}),
    ],
)
async def test_cluster_chooses_clusters_and_may_be_repeated(
    tmp_path: Path, query: str, clusters: set[str]
) -> None:
    fleet = {name: small_cluster(name, "web-0") for name in ("eu-1", "us-1", "ap-1")}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*fleet)
        page = await exporter.page(f"/metrics?{query}")

    assert clusters_of(page) == clusters
    assert values(page, "kube_pod_info", "cluster") == clusters


EVERYTHING = {"namespace", "node", "pod", "fleet", "events"}


@pytest.mark.parametrize(
    ("query", "resources"),
    [
        ("", EVERYTHING),
        ("collect[]=pods", {"pod"}),
        ("collect%5B%5D=pods&collect[]=nodes", {"pod", "node"}),
        ("collect[]=fleet", {"fleet"}),
        ("collect[]=events", {"events"}),
        ("resources=pods,nodes", {"pod", "node"}),
        ("resources=pods&resources=nodes", {"pod", "node"}),
        ("resources=pods&collect[]=fleet", {"pod", "fleet"}),
        ("exclude_resources=pods", EVERYTHING - {"pod"}),
        ("exclude_resources=pods,fleet&exclude_resources=events", {"namespace", "node"}),
        ("resources=pods,nodes&exclude_resources=pods", {"node"}),
        ("resources=deployments", set()),
    ],
)
async def test_collect_and_resources_choose_what_is_on_the_page(
    tmp_path: Path, query: str, resources: set[str]
) -> None:
    server = small_cluster("eu-1", "web-0")
    async with exporter_on(tmp_path, {"eu-1": server}) as exporter:
        await exporter.complete("eu-1")
        await until(lambda: is_watched(server, "events.k8s.io/v1/events"))
        server.put("events", event("web-0"))
        await exporter.shows("/metrics", "kube_fleet_events_total{")
        whole = await exporter.page(f"/metrics?{query}")
        one = await exporter.page(f"/clusters/eu-1/metrics?{query}")

    assert resources_of(whole) == resources
    assert resources_of(one) == resources


async def is_watched(server: ApiServer, path_resource: str) -> bool:
    return server.open_watches[path_resource] > 0


def event(pod: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{pod}.1", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod},
        "type": "Warning",
        "reason": "BackOff",
        "source": {"component": "kubelet"},
        "count": 1,
    }


async def test_the_page_of_a_cluster_holds_that_cluster_alone(tmp_path: Path) -> None:
    fleet = {name: small_cluster(name, f"web-of-{name}") for name in ("eu-1", "us-1")}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete(*fleet)
        page = await exporter.page("/clusters/us-1/metrics")
        foreign = await exporter.page("/clusters/us-1/metrics?cluster=eu-1")

    assert clusters_of(page) == clusters_of(foreign) == {"us-1"}
    assert values(page, "kube_pod_info", "pod") == {"web-of-us-1"}


async def test_the_page_of_a_cluster_that_nobody_knows_is_not_found(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        answer = await exporter.get("/clusters/eu-2/metrics")

    assert answer.status == 404
    assert "/sd" in answer.text


async def test_the_page_of_a_cluster_without_complete_data_is_unavailable(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        answer = await exporter.get("/clusters/eu-1/metrics")

    assert answer.status == 503


async def test_a_cluster_that_is_away_has_facts_and_no_objects(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        first = await exporter.page("/metrics/fleet")
        refused = 'kube_fleet_cluster_condition{cluster="eu-1",condition="unreachable",'
        await exporter.shows("/metrics/fleet", refused + 'reason="refused"} 1\n')
        page = await exporter.page("/metrics")

    info = 'kube_fleet_cluster_info{cluster="eu-1",platform="",provider="kubeconfig",region="",'
    assert info in first
    assert 'kube_fleet_cluster_up{cluster="eu-1"} 0\n' in first
    assert resources_of(page) == {"fleet"}


async def test_the_page_of_facts_is_the_facts_of_the_whole_page(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        facts = await exporter.page("/metrics/fleet")
        chosen = await exporter.page("/metrics?collect[]=fleet")

    headers = [line for line in facts.splitlines() if line.startswith("#")]
    assert headers == [line for line in chosen.splitlines() if line.startswith("#")]
    assert resources_of(facts) == {"fleet"}


async def test_the_heartbeat_of_the_exporter_is_on_the_page_before_any_cluster(
    tmp_path: Path,
) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        page = await exporter.page("/metrics")

    assert re.search(
        r'^kube_fleet_exporter_build_info{version="[^"]+",revision=""} 1$', page, re.MULTILINE
    )


async def test_a_scrape_while_a_cluster_hangs_is_answered_with_the_data_of_the_others(
    tmp_path: Path,
) -> None:
    silent = small_cluster("silent", "web-0")
    silent.faults.append(Fault(hang_before_headers()))
    fleet = {"silent": silent, "eu-1": small_cluster("eu-1", "web-0")}
    async with exporter_on(tmp_path, fleet) as exporter:
        await exporter.complete("eu-1")
        await until(lambda: was_asked(silent))
        page = await exporter.page("/metrics")

    assert values(page, "kube_pod_info", "cluster") == {"eu-1"}
    assert values(page, "kube_fleet_cluster_up", "cluster") == {"silent", "eu-1"}
    assert 'kube_fleet_cluster_condition{cluster="silent",condition="syncing",reason=""} 1' in page


async def was_asked(server: ApiServer) -> bool:
    return bool(server.requests)


async def test_a_cluster_that_only_accepts_connections_delays_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mute = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fleet: dict[str, ApiServer | str] = {"mute": mute, "eu-1": small_cluster("eu-1", "web-0")}
        async with exporter_on(tmp_path, fleet) as exporter:
            await exporter.complete("eu-1")
            page = await exporter.page("/metrics")

    assert values(page, "kube_pod_info", "cluster") == {"eu-1"}


async def test_what_changes_in_a_cluster_is_on_the_next_page(tmp_path: Path) -> None:
    server = small_cluster("eu-1", "web-0")
    async with exporter_on(tmp_path, {"eu-1": server}) as exporter:
        await exporter.complete("eu-1")
        server.put("pods", running_pod("web-1"))
        await exporter.shows("/metrics", 'pod="web-1"')
        server.delete("pods", "shop", "web-0")
        await exporter.hides("/metrics", 'pod="web-0"')


@pytest.mark.parametrize("label", ["namespace", "node", "pod", "resource"])
async def test_a_label_named_as_the_clusters_is_is_exported(tmp_path: Path, label: str) -> None:
    fleet = {"eu-1": small_cluster("eu-1", "web-0")}
    settings = Settings(cluster_label=label, collect=Collect(labels_allow_list={"pods": ("*",)}))
    async with exporter_on(tmp_path, fleet, settings) as exporter:
        await exporter.complete("eu-1")
        page = await exporter.page("/metrics", Accept=OPENMETRICS)

    samples = [
        sample
        for family in strictly_parsed(page)
        for sample in family.samples
        if sample.name != "kube_fleet_exporter_build_info"
    ]
    assert {sample.labels[label] for sample in samples} == {"eu-1"}
    assert any(f"exported_{label}" in sample.labels for sample in samples)


async def test_a_collision_with_the_clusters_label_keeps_the_value(tmp_path: Path) -> None:
    fleet = {"eu-1": small_cluster("eu-1", "web-0")}
    async with exporter_on(tmp_path, fleet, Settings(cluster_label="namespace")) as exporter:
        await exporter.complete("eu-1")
        page = await exporter.page("/metrics?collect[]=pods")

    assert 'kube_pod_info{namespace="eu-1",exported_namespace="shop",pod="web-0",' in page


async def test_the_headers_of_a_page_can_be_asked_for_alone(tmp_path: Path) -> None:
    request = b"HEAD /metrics HTTP/1.1\r\nHost: e\r\nAccept-Encoding: gzip\r\n"
    async with exporter_on(tmp_path, {"eu-1": shop("eu-1")}) as exporter:
        await exporter.complete("eu-1")
        async with asyncio.timeout(DEADLINE):
            reader, writer = await asyncio.open_connection("127.0.0.1", URL(exporter.metrics).port)
            writer.write(request + b"Connection: close\r\n\r\n")
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: text/plain; version=0.0.4" in head
    assert body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_pages_are_only_read(tmp_path: Path, method: str) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        paths = ("/metrics", "/metrics/fleet", "/clusters/eu-1/metrics", "/sd", "/api/v1/clusters")
        answers = [await exporter.get(path, method) for path in (*paths, "/", "/-/healthy")]

    assert {answer.status for answer in answers} == {405}
    assert {answer.headers["Allow"] for answer in answers} == {"GET,HEAD"}


class EndlessPages(Pages):
    """A page that is never through; `written` counts its megabytes, `let_go` is set at its end."""

    def __init__(self) -> None:
        super().__init__({}, "cluster")
        self.written = 0
        self.let_go = asyncio.Event()

    def everything(self, *_: Any) -> Iterator[Column]:
        try:
            while True:
                yield Column((1, "", 0), deflate(random.randbytes(1024 * 1024)), ())
                self.written += 1
        finally:
            self.let_go.set()


@asynccontextmanager
async def endless_exporter() -> AsyncIterator[tuple[EndlessPages, str]]:
    """An exporter whose page is endless, and where it is."""
    telemetry, resolver = Telemetry(), AsyncResolver()
    fleet = Fleet(Plans(Plan({}, False, Staleness())), telemetry, resolver)
    fleet.discovered = True
    pages = EndlessPages()
    clusters = ObservedClusters(fleet, pages)
    metrics, targets = Metrics(clusters, telemetry), Targets(clusters, "cluster", "")
    async with serving(main_routes(metrics, targets, Status(clusters)), "127.0.0.1:0") as url:
        yield pages, url

    await resolver.close()


@asynccontextmanager
async def scrape(url: str) -> AsyncIterator[asyncio.StreamReader]:
    """A scrape of which the headers have been read, and that is broken off after the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader
    finally:
        writer.transport.abort()


async def test_a_scraper_that_goes_away_keeps_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with endless_exporter() as (pages, url):
        async with scrape(url):
            pass

        async with asyncio.timeout(DEADLINE):
            await pages.let_go.wait()

    assert not caplog.records


async def test_a_scraper_that_does_not_read_is_let_go(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("exporter.web.stream.SEND_DEADLINE", 0.2)
    async with endless_exporter() as (pages, url), scrape(url) as reader:
        async with asyncio.timeout(DEADLINE):
            await pages.let_go.wait()
            rest = await reader.read()

    assert not rest.endswith(b"0\r\n\r\n")  # it must not look like a whole page
    assert pages.written < 100
    assert not caplog.records


async def test_a_scraper_that_does_not_read_does_not_keep_the_exporter_from_ending(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("exporter.web.server.SHUTDOWN", 0.1)
    async with (
        asyncio.timeout(DEADLINE),
        AsyncExitStack() as scraper,
        endless_exporter() as (_, url),
    ):
        await scraper.enter_async_context(scrape(url))

    assert not caplog.records
