"""POST /-/reload, as Prometheus has it: refused unless the settings allow it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


def lifecycle_routes(
    reload: Callable[[], Awaitable[str]], allowed: Callable[[], bool]
) -> list[web.RouteDef]:
    """`reload` gives one line about what is wrong with the settings, or nothing."""

    async def answer(request: web.Request) -> web.Response:
        if not allowed():
            raise web.HTTPForbidden(text="not allowed; web.lifecycle: true in the settings does\n")

        if problem := await reload():
            raise web.HTTPInternalServerError(text=f"{problem}\n")

        return web.Response()

    return [web.post("/-/reload", answer)]
