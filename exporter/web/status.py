"""The page for people, and the paths that tell whether the process is well."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import quote

from aiohttp import web

from exporter import __version__
from exporter.web.clusters import Clusters
from exporter.web.description import Description

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #8884}td.n{text-align:right}.down{color:#c00}:root{color-scheme:"
    "light dark}"
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kube-fleet-exporter</title>
<style>{style}</style></head><body>
<h1>kube-fleet-exporter</h1>
<p>Version {version}. <a href="metrics">metrics of all clusters</a> ·
<a href="metrics/fleet">facts about the fleet</a> · <a href="sd">targets</a> ·
<a href="api/v1/clusters">clusters as JSON</a></p>
{note}<table><thead><tr><th>Cluster<th>State<th>Version<th>Objects<th>Series<th>Source</tr></thead>
<tbody>{rows}</tbody></table></body></html>
"""
_NOTE = '<p class="down">There are clusters that nothing is known of now; see the log.</p>\n'


class Status:
    """Handlers of ``/`` and of the health paths. `stopping` is set by who ends the process."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self.stopping = False

    async def page(self, request: web.Request) -> web.Response:
        """A table of the clusters."""
        listing = await self._clusters.listing()
        text = _PAGE.format(
            style=_STYLE,
            version=escape(__version__),
            note="" if listing.whole else _NOTE,
            rows="".join(_row(one) for one in listing.clusters),
        )
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    def once_discovered(self, handler: Handler) -> Handler:
        """
        The handler, and 503 until it is known which clusters there are, and when that ends:
        Prometheus would believe a list without any, and drop all that it scrapes.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            if not await self._is_ready():
                raise web.HTTPServiceUnavailable(text="not ready\n")

            return await handler(request)

        return answer

    async def healthy(self, request: web.Request) -> web.Response:
        """The process lives. Never depends on a cluster: a restart would not bring it back."""
        return web.Response(text="healthy\n")

    async def ready(self, request: web.Request) -> web.Response:
        """The first discovery is done, and we are not about to end."""
        if not await self._is_ready():
            raise web.HTTPServiceUnavailable(text="not ready\n")

        return web.Response(text="ready\n")

    async def _is_ready(self) -> bool:
        return not self.stopping and await self._clusters.discovered()


def _row(cluster: Description) -> str:
    name = escape(cluster.name)
    state = ", ".join(
        escape(f"{one.condition} ({one.reason})" if one.reason else one.condition)
        for one in cluster.conditions
    )
    link = f'<a href="metrics?cluster={quote(cluster.name, safe="")}">{name}</a>'
    mark = "" if cluster.up else ' class="down"'
    return (
        f"<tr><td>{link}<td{mark}>{state}<td>{escape(cluster.version)}"
        f'<td class="n">{sum(cluster.objects.values())}'
        f'<td class="n">{sum(cluster.series.values())}'
        f"<td>{escape(cluster.source)}</tr>"
    )
