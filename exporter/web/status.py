"""The page for people, and the paths that tell whether the process is well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import quote

from aiohttp import web

from exporter import __version__
from exporter.fleet.fleet import Fleet
from exporter.fleet.observation import Observation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #8884}td.n{text-align:right}.down{color:#c00}:root{color-scheme:"
    "light dark}"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kube-fleet-exporter</title>
<style>{style}</style></head><body>
<h1>kube-fleet-exporter</h1>
<p>Version {version}. <a href="metrics">metrics of all clusters</a> ·
<a href="metrics/fleet">facts about the fleet</a> · <a href="sd">targets</a> ·
<a href="api/v1/clusters">clusters as JSON</a></p>
<table><thead><tr><th>Cluster<th>State<th>Version<th>Objects<th>Series<th>Source</tr></thead>
<tbody>{rows}</tbody></table></body></html>
"""


class Status:
    """Handlers of ``/`` and of the health paths."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.stopping = False

    async def page(self, request: web.Request) -> web.Response:
        """A table of the clusters."""
        rows = "".join(_row(one) for one in self._fleet.observations.values())
        text = _PAGE.format(style=_STYLE, version=escape(__version__), rows=rows)
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    def once_discovered(self, handler: Handler) -> Handler:
        """
        The handler, and 503 until it is known which clusters there are: Prometheus would believe
        a list without any, and drop all that it scrapes.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            if not self._fleet.discovered:
                raise web.HTTPServiceUnavailable(text="the clusters are not discovered yet\n")

            return await handler(request)

        return answer

    async def healthy(self, request: web.Request) -> web.Response:
        """The process lives. Never depends on a cluster: a restart would not bring it back."""
        return web.Response(text="healthy\n")

    async def ready(self, request: web.Request) -> web.Response:
        """The first discovery is done, and we are not about to end."""
        if self.stopping or not self._fleet.discovered:
            raise web.HTTPServiceUnavailable(text="not ready\n")

        return web.Response(text="ready\n")


def _row(observation: Observation) -> str:
    name = escape(observation.cluster.name)
    state = ", ".join(
        escape(f"{condition} ({reason})" if reason else condition)
        for condition, reason in observation.conditions()
    )
    stores = [store for stores in observation.stores.values() for store in stores]
    link = f'<a href="metrics?cluster={quote(observation.cluster.name, safe="")}">{name}</a>'
    mark = "" if observation.health.up else ' class="down"'
    return (
        f"<tr><td>{link}<td{mark}>{state}<td>{escape(observation.health.version.git_version)}"
        f'<td class="n">{sum(store.objects for store in stores)}'
        f'<td class="n">{sum(store.series for store in stores)}'
        f"<td>{escape(observation.cluster.source)}</tr>"
    )
