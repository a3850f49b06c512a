import aiohttp
import pytest

from exporter.web.lifecycle import lifecycle_routes
from exporter.web.server import serving


@pytest.mark.parametrize(
    ("method", "allowed", "problem", "status", "said"),
    [
        ("POST", True, "", 200, ""),
        ("POST", True, "collect: nonsense", 500, "collect: nonsense\n"),
        ("POST", False, "", 403, "not allowed; web.lifecycle: true in the settings does\n"),
        ("GET", True, "", 405, None),
    ],
)
async def test_a_reload_is_answered_as_prometheus_answers_it(
    method: str, allowed: bool, problem: str, status: int, said: str | None
) -> None:
    reloads = []

    async def reload() -> str:
        reloads.append(problem)
        return problem

    async with (
        serving(lifecycle_routes(reload, lambda: allowed), "127.0.0.1:0") as url,
        aiohttp.ClientSession() as session,
        session.request(method, f"{url}/-/reload") as answer,
    ):
        assert answer.status == status
        assert said is None or await answer.text() == said

    assert bool(reloads) == (status in (200, 500))
