import asyncio

import pytest
from aiohttp import web

from exporter.exposition.negotiation import OPENMETRICS, TEXT, Format
from exporter.promql.parser import selectors_of
from exporter.telemetry import Telemetry
from exporter.web.clusters import BrokenPage
from exporter.web.page import FACTS, Choice
from exporter.web.server import serving_socket
from exporter.workers.columns import batches
from exporter.workers.front import divided_clusters
from exporter.workers.process import sockets
from exporter.workers.rendezvous import owner
from exporter.workers.server import COLUMNS, worker_routes
from tests.fleet.conftest import cluster
from tests.web.exporter import NOBODY
from tests.workers.told import Breaking, Endless, Searching, Silent, Told, line, text, workers

DEADLINE = 10.0


def name_of(worker: int, workers: int) -> str:
    """A cluster that this worker reads."""
    return next(name for name in map(str, range(1000)) if owner(name, workers) == worker)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.workers.front.ANSWER_DEADLINE", 0.3)


@pytest.mark.parametrize("format_", [TEXT, OPENMETRICS])
async def test_a_page_has_the_clusters_of_all_workers_below_one_header(
    format_: Format,
) -> None:
    async with (
        workers(Told("a", "b"), Told("c")) as front,
        front.page(Choice(), format_) as columns,
    ):
        page = await text(columns, format_)

    series = line("a") + line("b") + line("c")
    assert page == b"# TYPE up gauge\n" + series + format_.end


async def test_the_choice_and_the_format_reach_the_workers() -> None:
    told = Told("a")
    selectors = selectors_of(['kube_pod_info{cluster=~"köln|eu.*"}', "{'up',a!='\\xc3\\xa9'}"])
    choice = Choice(None, frozenset({"pods", "nodes"}), frozenset({"x,y"}), selectors)
    async with workers(told) as front:
        for asked, format_ in ((choice, OPENMETRICS), (FACTS, TEXT)):
            async with front.page(asked, format_) as columns:
                await text(columns, format_)

        async with front.page_of("a", choice, OPENMETRICS) as columns:
            await text(columns, OPENMETRICS)

    assert told.asked == [(choice, OPENMETRICS), (FACTS, TEXT), (choice, OPENMETRICS)]


async def test_only_the_workers_of_the_chosen_clusters_are_asked() -> None:
    name = name_of(1, 3)
    told = [Told(), Told(name), Told()]
    async with workers(*told) as front:
        async with front.page(Choice(frozenset({name})), TEXT) as columns:
            assert line(name) in await text(columns, TEXT)

        async with front.page_of(name, Choice(), TEXT) as columns:
            assert line(name) in await text(columns, TEXT)

    assert [len(one.asked) for one in told] == [0, 2, 0]


async def test_a_worker_that_is_away_costs_a_page_its_clusters_alone() -> None:
    async with (
        workers(Told("a"), None) as front,
        front.page(Choice(), TEXT) as columns,
    ):
        assert await text(columns, TEXT) == b"# TYPE up gauge\n" + line("a")


@pytest.mark.usefixtures("hurried")
async def test_a_worker_that_is_silent_costs_a_page_its_clusters_alone() -> None:
    async with (
        asyncio.timeout(DEADLINE),
        workers(Silent("a"), Told("b")) as front,
        front.page(Choice(), TEXT) as columns,
    ):
        assert await text(columns, TEXT) == b"# TYPE up gauge\n" + line("b")


@pytest.mark.usefixtures("hurried")
async def test_a_worker_that_says_that_it_looks_for_series_is_waited_for() -> None:
    async with (
        asyncio.timeout(DEADLINE),
        workers(Searching("a"), Told("b")) as front,
        front.page(Choice(), TEXT) as columns,
    ):
        page = await text(columns, TEXT)

    assert page == b"# TYPE up gauge\n" + line("a") + line("b")


async def test_a_worker_that_does_not_know_its_clusters_yet_has_none() -> None:
    new = Told("a")
    new.known = False
    async with (
        workers(new, Told("b")) as front,
        front.page(Choice(), TEXT) as columns,
    ):
        assert await text(columns, TEXT) == b"# TYPE up gauge\n" + line("b")


async def test_there_is_no_page_of_nobody() -> None:
    async with workers(None, None) as front:
        with pytest.raises(web.HTTPServiceUnavailable):
            async with front.page(Choice(), TEXT):
                pass


async def test_the_page_of_one_cluster_says_what_its_worker_says() -> None:
    there, away = name_of(0, 2), name_of(1, 2)
    told = Told(there)
    async with workers(told, None) as front:
        told.incomplete.add(there)
        with pytest.raises(web.HTTPServiceUnavailable) as incomplete:
            async with front.page_of(there, Choice(), TEXT):
                pass

        told.names = ()
        with pytest.raises(web.HTTPNotFound) as unknown:
            async with front.page_of(there, Choice(), TEXT):
                pass

        with pytest.raises(web.HTTPServiceUnavailable) as nobody:
            async with front.page_of(away, Choice(), TEXT):
                pass

    assert incomplete.value.text == "incomplete\n"
    assert unknown.value.text == "no such cluster\n"
    assert nobody.value.text == "the worker that reads it does not answer now\n"


async def test_the_list_has_the_clusters_of_all_workers_by_name() -> None:
    async with workers(Told("b", "d"), Told("c", "a")) as front:
        listing = await front.listing()

    assert listing.whole
    assert [cluster.name for cluster in listing.clusters] == ["a", "b", "c", "d"]
    assert listing.clusters[0] == (await Told("a").listing()).clusters[0]


async def test_a_list_without_the_clusters_of_a_worker_says_so() -> None:
    async with workers(Told("a"), None) as front:
        listing = await front.listing()

    assert not listing.whole
    assert [cluster.name for cluster in listing.clusters] == ["a"]


async def test_the_clusters_are_discovered_when_each_worker_has_discovered_its_own() -> None:
    first, second = Told("a"), Told("b")
    second.known = False
    async with workers(first, second) as front:
        before = await front.discovered()
        first.known = False  # it was started again: that makes nobody unready
        second.known = True
        after = await front.discovered()

    assert (before, after) == (False, True)


async def test_workers_that_do_not_answer_have_no_telemetry() -> None:
    async with workers(Told(), None, Told()) as front:
        pages = await front.telemetry()

    assert list(pages) == [0, 2]
    assert "kube_fleet_exporter_build_info{" in pages[2]


async def test_a_page_that_nobody_reads_to_its_end_is_ended_at_the_workers() -> None:
    told = [Endless("a"), Endless("b")]
    async with workers(*told) as front, asyncio.timeout(DEADLINE):
        async with front.page(Choice(), TEXT) as columns:
            await anext(columns)

        for one in told:
            await one.let_go.wait()


async def test_a_page_that_a_worker_cannot_finish_is_broken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with workers(Told("a"), Breaking("b")) as front:
        with pytest.raises(BrokenPage):
            async with front.page(Choice(), TEXT) as columns:
                await text(columns, TEXT)

    assert not caplog.records


async def test_connections_to_workers_are_used_again() -> None:
    seen: set[asyncio.Transport | None] = set()

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.add(request.transport)
        response = web.StreamResponse()
        await response.prepare(request)
        async for batch in batches(Told().columns(["a"])):
            await response.write(batch)

        await response.write_eof()
        return response

    with sockets(1) as paths:
        async with (
            serving_socket([web.post(COLUMNS, answer)], paths[0]),
            divided_clusters(paths) as front,
        ):
            for _ in range(3):
                async with front.page(Choice(), TEXT) as columns:
                    await text(columns, TEXT)

    assert len(seen) == 1


async def test_new_settings_reach_all_workers() -> None:
    a, b = Told("a"), Told("b")
    async with workers(a, b) as front:
        assert await front.apply(b"{}") == ""

    assert a.applied == b.applied == [b"{}"]


async def test_a_worker_says_why_it_does_not_take_settings() -> None:
    a, b = Told("a"), Told("b")
    b.problem = "collect: nonsense"
    async with workers(a, b) as front:
        assert await front.apply(b"{}") == "collect: nonsense"


async def test_settings_wait_a_while_for_a_worker_that_is_being_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exporter.workers.front.APPLY_DEADLINE", 0.3)
    async with workers(Told("a"), None) as front:
        problem = await front.apply(b"{}")

    assert problem == "worker 1 does not take the settings: no answer in time"


async def test_settings_reach_a_worker_that_comes_meanwhile() -> None:
    told = Told("a")
    with sockets(1) as (socket,):
        async with divided_clusters([socket]) as front:
            applying = asyncio.create_task(front.apply(b"{}"))
            await asyncio.sleep(0.05)
            async with serving_socket(
                worker_routes(told, Telemetry(), told.apply, told.hear), socket
            ):
                assert await applying == ""

    assert told.applied == [b"{}"]


async def test_workers_hear_of_the_clusters_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.workers.front.EXCHANGE", 0.01)
    first, second = Told(), Told()
    for told in (first, second):
        told.claims.order([cluster("a", NOBODY), cluster("b", NOBODY)])

    first.claims.claim("a", "uid")
    second.claims.claim("b", "uid")
    async with workers(first, second, None) as front:
        exchanging = asyncio.create_task(front.exchange_claims())
        while second.claims.owner("b") != "a":
            await asyncio.sleep(0.01)

        exchanging.cancel()

    assert first.claims.owner("a") == "a"
    assert second.claims.here == {"b": "uid"}


async def test_a_worker_that_begins_again_is_told_whose_its_clusters_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exporter.workers.front.EXCHANGE", 0.01)
    before, after = Told(), Told()
    before.claims.claim("a", "uid")
    with sockets(1) as (socket,):
        async with divided_clusters([socket]) as front:
            exchanging = asyncio.create_task(front.exchange_claims())
            for told in (before, after):
                routes = worker_routes(told, Telemetry(), told.apply, told.hear)
                async with serving_socket(routes, socket):
                    while not told.heard:
                        await asyncio.sleep(0.01)

            exchanging.cancel()

    assert after.claims.here == {"a": "uid"}
