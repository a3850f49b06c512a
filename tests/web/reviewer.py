"""An API server that knows scrapers, as far as reviews go; and ports that ask it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from exporter.telemetry import Telemetry
from exporter.web.access import Access, Hub, Wanted, access
from exporter.web.server import serving
from tests.web.exporter import kubeconfig

TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
PERMISSIONS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass
class Reviewer:
    """
    `users` by token, and what each of them may: (user, verb, path). `faults` are answered first;
    `closed` holds all answers back.
    """

    users: dict[str, str] = field(default_factory=dict)
    allowed: set[tuple[str, str, str]] = field(default_factory=set)
    faults: list[int] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def count(self, path: str) -> int:
        """How many reviews of this sort were asked for."""
        return sum(asked == path for asked, _ in self.asked)

    async def answer(self, request: web.Request) -> web.Response:
        document = await request.json()
        self.asked.append((request.path, document["spec"]))
        await self.open.wait()
        if self.faults:
            return web.json_response({"kind": "Status"}, status=self.faults.pop(0))

        spec = document["spec"]
        if request.path == TOKENS:
            user = self.users.get(spec["token"])
            status: dict[str, Any] = {"authenticated": user is not None, "user": {}}
            if user is not None:
                status["user"] = {"username": user, "uid": "1", "groups": ["all"], "extra": None}
        else:
            attributes = spec["nonResourceAttributes"]
            asked = (spec["user"], attributes["verb"], attributes["path"])
            status = {"allowed": asked in self.allowed}

        return web.json_response({**document, "status": status}, status=201)

    @asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[Path]:
        """Until the block ends; yields a kubeconfig that leads here."""
        routes = [web.post(TOKENS, self.answer), web.post(PERMISSIONS, self.answer)]
        async with serving(routes, "127.0.0.1:0") as url:
            file = folder / "reviewer"
            file.write_text(
                json.dumps({**json.loads(kubeconfig({"hub": url})), "current-context": "hub"})
            )
            yield file


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello\n")


ROUTES = [
    web.get("/metrics", hello),
    web.get("/livez", hello),
    web.get("/readyz", hello),
    web.get("/-/healthy", hello),
    web.get("/clusters/{cluster:[^/]+}/metrics", hello),
    web.post("/-/reload", hello),
]


@dataclass
class Guarded:
    """A port that asks whoever comes. `url` is where."""

    url: str
    access: Access
    telemetry: Telemetry
    session: aiohttp.ClientSession

    async def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers of an answer."""
        url = URL(self.url + path, encoded=True)
        async with self.session.request(method, url, headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    async def status(self, path: str, method: str = "GET", **headers: str) -> int:
        """Of an answer."""
        return (await self.ask(path, method, **headers))[0]


@asynccontextmanager
async def guarded(
    wanted: Wanted, connector: aiohttp.TCPConnector | None = None
) -> AsyncIterator[Guarded]:
    """`ROUTES`, behind what is wanted."""
    telemetry = Telemetry()
    async with (
        access(wanted, telemetry, ThreadedResolver()) as allowed,
        serving(ROUTES, "127.0.0.1:0", allowed) as url,
        aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=10)
        ) as session,
    ):
        yield Guarded(url, allowed, telemetry, session)


@asynccontextmanager
async def reviewed(reviewer: Reviewer, folder: Path) -> AsyncIterator[Guarded]:
    """`ROUTES`, for those whom the reviewer knows."""
    async with (
        reviewer.serving(folder) as kubeconfig,
        guarded(Wanted(hub=Hub(str(kubeconfig)))) as port,
    ):
        yield port
