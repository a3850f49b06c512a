from aiohttp import ClientSession, UnixConnector

from exporter.telemetry import Telemetry
from exporter.web.server import serving_socket
from exporter.workers.process import sockets
from exporter.workers.server import COLUMNS, LISTING, READY, SETTINGS, TELEMETRY, worker_routes
from tests.workers.told import Told


async def statuses(told: Told, *questions: tuple[str, str]) -> list[int]:
    """What a worker answers to method and path."""
    found = []
    with sockets(1) as (socket,):
        async with (
            serving_socket(worker_routes(told, Telemetry(), told.apply, told.hear), socket),
            ClientSession(connector=UnixConnector(str(socket))) as session,
        ):
            for method, path in questions:
                body = b'{"choice": {}, "content_type": "text/plain"}' if method == "POST" else None
                async with session.request(method, f"http://worker{path}", data=body) as answer:
                    found.append(answer.status)

    return found


QUESTIONS = (("POST", COLUMNS), ("GET", LISTING), ("GET", READY), ("GET", TELEMETRY))


async def test_a_worker_answers_what_the_front_asks() -> None:
    assert await statuses(Told("a"), *QUESTIONS) == [200, 200, 200, 200]


async def test_before_it_knows_its_clusters_it_only_tells_of_itself() -> None:
    told = Told()
    told.known = False

    assert await statuses(told, *QUESTIONS) == [503, 503, 503, 200]


async def test_it_serves_no_page_for_anybody_else() -> None:
    assert await statuses(Told("a"), ("GET", "/metrics"), ("GET", "/")) == [404, 404]


async def test_a_worker_says_what_is_wrong_with_new_settings() -> None:
    told = Told("a")

    assert await statuses(told, ("POST", SETTINGS)) == [200]
    told.problem = "collect: nonsense"
    assert await statuses(told, ("POST", SETTINGS)) == [409]
    assert len(told.applied) == 2
