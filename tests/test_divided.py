"""A front and two workers, as processes that a user starts with one command."""

import asyncio
import gzip
import json
import os
import re
import signal
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from html import escape
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import trustme
from yarl import URL

from exporter.workers.rendezvous import owner
from tests.exposition.strict_parser import strictly_parsed
from tests.installed import ANY_PORTS, Running, running
from tests.web.certificates import client, fresh, web_config, write, write_pair
from tests.web.exporter import NOBODY, Answer, exporter_on, kubeconfig, small_cluster

DEADLINE = 30.0
"""Seconds that anything may take; three interpreters have to start."""

NAMES = ("eu-1", "eu-2", "us-1", "us-2", "köln & co")
AWAY = "away"

FEDERATED = (
    '{__name__=~"kube_.+_info",__name__!~"kube_fleet_.+"}',
    '{cluster=~"eu-.|köln & co",namespace="shop"}',
    '{__name__=~"kube_(node|fleet_cluster|fleet_exporter_build)_info"}',
)
"""Selectors that choose something of both workers."""


def read_by(worker: int) -> list[str]:
    return [name for name in NAMES if owner(name, 2) == worker]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.05)


class Divided:
    """An exporter of two workers. `pids` are those of the workers, by number."""

    def __init__(self, process: Running, session: aiohttp.ClientSession) -> None:
        self.process = process
        self.pids: dict[int, int] = {}
        self.metrics = self.telemetry = ""
        self._session = session

    async def begin(self) -> None:
        """Until it serves."""
        serving = await self.process.logged("serving")
        self.metrics, self.telemetry = serving["metrics"], serving["telemetry"]
        await self.workers_begin(2)

    async def workers_begin(self, count: int) -> None:
        for _ in range(count):
            started = await self.process.logged("worker started")
            self.pids[started["worker"]] = started["pid"]

    async def get(self, path: str, method: str = "GET", url: str = "", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        target = URL((url or self.metrics) + path, encoded=True)
        async with self._session.request(method, target, headers=named) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def page(self, path: str, url: str = "", **headers: str) -> str:
        answer = await self.get(path, url=url, **headers)

        assert answer.status == 200, answer.text
        return answer.text

    async def shows(self, path: str, text: str) -> None:
        async def is_shown() -> bool:
            return text in await self.page(path)

        await until(is_shown)

    async def status(self, cluster: str) -> int:
        return (await self.get(f"/clusters/{quote(cluster, safe='')}/metrics")).status

    async def complete(self, *clusters: str) -> None:
        async def are_there() -> bool:
            return all([await self.status(cluster) == 200 for cluster in clusters])

        await until(are_there)

    async def lines(self, path: str) -> list[str]:
        return (await self.page(path)).splitlines()


@asynccontextmanager
async def fleet() -> AsyncIterator[dict[str, str]]:
    """The URLs of some API servers, one of which is away."""
    async with AsyncExitStack() as stack:
        servers = {name: small_cluster(name, "web-0", f"of-{len(name)}") for name in NAMES}
        urls = {
            name: await stack.enter_async_context(one.serving()) for name, one in servers.items()
        }
        yield {**urls, AWAY: NOBODY}


@asynccontextmanager
async def divided(folder: Path, urls: Mapping[str, str]) -> AsyncIterator[Divided]:
    (folder / "kubeconfig").write_text(kubeconfig(urls))
    settings = folder / "settings.yaml"
    settings.write_text(
        f"workers: 2\ndiscovery: [{{provider: kubeconfig, files: ['{folder}/kubeconfig']}}]\n"
    )
    async with (
        running("run", "--config", settings, *ANY_PORTS) as process,
        aiohttp.ClientSession(
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=DEADLINE),
        ) as session,
    ):
        exporter = Divided(process, session)
        await exporter.begin()
        yield exporter


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where what is temporary is made; a short name, since sockets' paths are short."""
    with tempfile.TemporaryDirectory() as made:
        monkeypatch.setenv("TMPDIR", made)
        yield Path(made)


STEADY = "exclude_resources=fleet,events"
"""Of a page, what does not change with time."""


async def test_two_workers_serve_what_one_process_serves(tmp_path: Path) -> None:
    assert read_by(0)
    assert read_by(1)
    async with (
        fleet() as urls,
        exporter_on(tmp_path, urls) as one,
        divided(tmp_path, urls) as two,
    ):
        for each in (one, two):
            await each.complete(*NAMES)
            await each.shows("/metrics/fleet", f'cluster="{AWAY}",condition="unreachable",')

        pages = [f"/clusters/{quote(name, safe='')}/metrics?{STEADY}" for name in NAMES]
        pages += [f"/metrics?{STEADY}", "/metrics?collect[]=pods&cluster=eu-1&cluster=us-2"]
        pages += [f"/federate?match[]={quote(selector)}" for selector in FEDERATED]
        for path in pages:
            theirs = (await one.page(path)).splitlines()
            assert len(theirs) > 10
            assert Counter(await two.lines(path)) == Counter(theirs)

        states = [about_clusters(await each.page("/metrics/fleet")) for each in (one, two)]
        assert states[0] == states[1] != []
        targets = [json.loads(await each.page("/sd", Host="e:1")) for each in (one, two)]
        assert targets[1] == sorted(targets[0], key=lambda target: target["labels"]["cluster"])
        listed = json.loads(await two.page("/api/v1/clusters"))["clusters"]
        assert [cluster["name"] for cluster in listed] == sorted(urls)
        await check_forms(two)


async def test_a_cluster_with_two_names_is_read_by_the_worker_of_the_first(tmp_path: Path) -> None:
    first, second = read_by(1)[0], read_by(0)[0]
    async with (
        small_cluster("one", "web-0").serving() as url,
        divided(tmp_path, {first: url, second: url}) as exporter,
    ):
        await exporter.complete(first)
        duplicate = f'condition{{cluster="{second}",condition="duplicate",reason=""}} 1'
        await exporter.shows("/metrics/fleet", duplicate)

        page = await exporter.page("/metrics?collect[]=pods")
        assert clusters_of(page.splitlines()) == {first}


def about_clusters(facts: str) -> list[str]:
    return sorted(line for line in facts.splitlines() if line.startswith("kube_fleet_cluster_"))


async def check_forms(exporter: Divided) -> None:
    """All forms of an answer, and all statuses."""
    packed = await exporter.get(f"/metrics?{STEADY}", Accept_Encoding="gzip")
    strict = await exporter.get("/metrics", Accept="application/openmetrics-text")
    head = await exporter.get("/metrics", "HEAD")
    rows = await exporter.page("/")
    plain = await exporter.page(f"/metrics?{STEADY}")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body).decode() == plain
    assert list(strictly_parsed(strict.text))
    assert strict.text.count("kube_fleet_exporter_build_info{") == 1
    assert (head.status, head.body) == (200, b"")
    assert all(escape(name) in rows for name in (*NAMES, AWAY))
    assert [await exporter.status("nobody"), await exporter.status(AWAY)] == [404, 503]


async def test_a_worker_that_is_killed_comes_back_with_its_clusters(tmp_path: Path) -> None:
    (lost, *_), (kept, *_) = read_by(0), read_by(1)
    async with fleet() as urls, divided(tmp_path, urls) as exporter:
        answers = await exporter.process.logged("cluster answers")
        await exporter.complete(*NAMES)
        before = await exporter.page("/metrics", url=exporter.telemetry)
        os.kill(exporter.pids[0], signal.SIGKILL)
        ended = await exporter.process.logged("worker ended")
        statuses = [await exporter.status(lost), await exporter.status(kept)]
        meanwhile = await exporter.lines("/metrics?collect[]=pods")
        targets, ready = await exporter.get("/sd"), await exporter.get("/-/ready")
        during = await exporter.page("/metrics", url=exporter.telemetry)
        await exporter.workers_begin(1)
        await exporter.complete(*NAMES)
        after = await exporter.page("/metrics", url=exporter.telemetry)

    assert answers["worker"] == owner(answers["cluster"], 2)
    assert (ended["worker"], ended["status"]) == (0, -signal.SIGKILL)
    assert statuses == [503, 200]
    assert clusters_of(meanwhile) == set(read_by(1))
    assert (targets.status, ready.status) == (503, 200)
    assert [up(page) for page in (before, during, after)] == [
        {"0": 1, "1": 1},
        {"0": 0, "1": 1},
        {"0": 1, "1": 1},
    ]
    assert 'worker_restarts_total{worker="0"} 1.0' in after
    assert 'process_resident_memory_bytes{worker="0"}' in after


def clusters_of(lines: Iterable[str]) -> set[str]:
    return {found[1] for line in lines if (found := re.search(r'\bcluster="([^"]*)"', line))}


def up(telemetry: str) -> dict[str, int]:
    found = re.findall(
        r'^kube_fleet_exporter_worker_up{worker="(\d+)"} (\d)', telemetry, re.MULTILINE
    )
    return {worker: int(value) for worker, value in found}


async def test_new_settings_reach_all_workers_and_those_that_start_later(tmp_path: Path) -> None:
    (kept, *_), (lost, *_) = read_by(0), read_by(1)
    async with fleet() as urls, divided(tmp_path, urls) as exporter:
        await exporter.complete(*NAMES)
        settings = tmp_path / "settings.yaml"
        settings.write_text(settings.read_text() + "clusters: {'*': {labels: {tier: prod}}}\n")
        exporter.process.process.send_signal(signal.SIGHUP)
        await exporter.process.logged("settings are in force")
        page = await exporter.lines("/metrics/fleet")
        os.kill(exporter.pids[1], signal.SIGKILL)
        await exporter.process.logged("worker ended")
        await exporter.workers_begin(1)
        await exporter.complete(kept, lost)
        later = await exporter.lines("/metrics/fleet")
        own = await exporter.page("/metrics", url=exporter.telemetry)

    for lines in (page, later):
        infos = [line for line in lines if line.startswith("kube_fleet_cluster_info{")]
        assert clusters_of(infos) == {*NAMES, AWAY}
        assert all('tier="prod"' in info for info in infos)

    assert "kube_fleet_exporter_config_last_reload_successful 1.0\n" in own


async def test_when_the_front_is_killed_nothing_is_left(tmp_path: Path, temporary: Path) -> None:
    async with fleet() as urls, divided(tmp_path, urls) as exporter:
        await exporter.complete(*NAMES)
        exporter.process.process.kill()
        async with asyncio.timeout(DEADLINE):
            await exporter.process.process.communicate()  # all of them have had its stderr

        assert not list(temporary.iterdir())


async def test_a_signal_ends_all_processes(tmp_path: Path, temporary: Path) -> None:
    async with fleet() as urls, divided(tmp_path, urls) as exporter:
        await exporter.complete(*NAMES)
        status = await exporter.process.stop(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            _, said = await exporter.process.process.communicate()

        assert status == 0
        assert not list(temporary.iterdir())
        assert b'"level": "error"' not in said


async def test_the_front_asks_by_tls_who_comes_on_both_ports(tmp_path: Path) -> None:
    server, clients = trustme.CA(), trustme.CA()
    write_pair(tmp_path, server)
    write(tmp_path / "ca.crt", clients.cert_pem.bytes())
    required = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}
    config = web_config(tmp_path, required)
    (tmp_path / "kubeconfig").write_text(kubeconfig({AWAY: NOBODY}))
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"workers: 2\nweb: {{web_config_file: {config}}}\n")
    known = client(server, clients.issue_cert("prometheus"))
    async with (
        running(
            "run", "--config", settings, "--kubeconfig", tmp_path / "kubeconfig", *ANY_PORTS
        ) as process,
        aiohttp.ClientSession(connector=fresh(client(server))) as nobody,
        aiohttp.ClientSession(connector=fresh(known)) as somebody,
    ):
        serving = await process.logged("serving")

        async def statuses(path: str, session: aiohttp.ClientSession) -> list[int]:
            found = []
            for url in (serving["metrics"], serving["telemetry"]):
                async with session.get(url + path) as answer:
                    found.append(answer.status)

            return found

        async def are_ready() -> bool:
            return await statuses("/readyz", nobody) == [200, 200]

        await until(are_ready)
        assert await statuses("/metrics", nobody) == [403, 403]
        assert await statuses("/metrics", somebody) == [200, 200]
        assert await process.stop(signal.SIGTERM) == 0


async def test_a_port_that_is_taken_is_refused_before_a_worker_is_started(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(kubeconfig({AWAY: NOBODY}))
    (tmp_path / "settings.yaml").write_text("workers: 2\n")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        given = ("--config", tmp_path / "settings.yaml", "--kubeconfig", tmp_path / "kubeconfig")
        async with running("run", *given, *ANY_PORTS, "--listen", taken) as exporter:
            _, said = await exporter.process.communicate()

    assert exporter.process.returncode == 2
    assert said.decode().startswith(f"kube-fleet-exporter: cannot listen on {taken}: ")
    assert said.count(b"\n") == 1
