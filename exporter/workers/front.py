"""All clusters as the front has them: it asks the workers, each over its socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    UnixConnector,
    web,
)

from exporter.exposition.negotiation import Format
from exporter.store.section import Column
from exporter.web.clusters import Listing
from exporter.web.page import Choice
from exporter.workers.columns import received
from exporter.workers.merge import merged
from exporter.workers.rendezvous import owner
from exporter.workers.server import (
    CLAIMS,
    COLUMNS,
    LISTING,
    READY,
    SETTINGS,
    TELEMETRY,
    Question,
    ToldClaims,
)

ANSWER_DEADLINE = 5.0
"""Seconds that a worker may be silent. One that is costs a scrape its clusters, never the page."""

APPLY_DEADLINE = 30.0
"""Seconds for a worker to take new settings; one that has just been started has to begin first."""

EXCHANGE = 2.0
"""Seconds between two times that a worker is told of the others' clusters."""

_HOST = "http://worker"
"""The socket says where to ask; HTTP wants a name all the same."""

_AWAY = "the worker that reads it does not answer now\n"

T = TypeVar("T")

log = structlog.get_logger()


@asynccontextmanager
async def divided_clusters(sockets: Sequence[Path]) -> AsyncGenerator[DividedClusters, None]:
    """Those of the workers that answer at the sockets, in the order of their numbers."""
    timeout = ClientTimeout(sock_connect=ANSWER_DEADLINE, sock_read=ANSWER_DEADLINE, total=None)
    async with AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(
                ClientSession(connector=UnixConnector(str(path)), timeout=timeout)
            )
            for path in sockets
        ]
        yield DividedClusters(sessions)


class DividedClusters:
    """The clusters of all workers; a page does without those of a worker that does not answer."""

    def __init__(self, workers: Sequence[ClientSession]) -> None:
        self._workers = tuple(workers)
        self._undiscovered = frozenset(range(len(workers)))
        self._claims: dict[int, dict[str, str]] = {}

    async def discovered(self) -> bool:
        """
        Whether each worker has had a first snapshot: one that is started again later does not make
        the others unready.
        """
        answers = await self._bodies(self._undiscovered, READY)
        self._undiscovered -= answers.keys()
        return not self._undiscovered

    @asynccontextmanager
    async def page(
        self, choice: Choice, format_: Format
    ) -> AsyncGenerator[AsyncIterator[Column], None]:
        """Of the workers that read some of the chosen clusters."""
        numbers: Iterable[int] = range(len(self._workers))
        if choice.clusters is not None:
            numbers = {owner(cluster, len(self._workers)) for cluster in choice.clusters}

        question = Question(choice, format_.content_type)
        async with AsyncExitStack() as stack:
            asked = [self._answer(stack, number, COLUMNS, question) for number in numbers]
            answers = [one for one in await _together(asked) if one and one.status == 200]
            if not answers:
                raise web.HTTPServiceUnavailable(text="no worker answers now\n")

            columns = merged([await _received(stack, answer) for answer in answers])
            yield await stack.enter_async_context(aclosing(columns))

    @asynccontextmanager
    async def page_of(
        self, cluster: str, choice: Choice, format_: Format
    ) -> AsyncGenerator[AsyncIterator[Column], None]:
        """Of the worker that reads the cluster, if there is such a cluster."""
        question = Question(choice, format_.content_type, cluster)
        async with AsyncExitStack() as stack:
            number = owner(cluster, len(self._workers))
            answer = await self._answer(stack, number, COLUMNS, question)
            if answer is None:
                raise web.HTTPServiceUnavailable(text=_AWAY)

            if answer.status == 404:
                raise web.HTTPNotFound(text=await answer.text())

            if answer.status != 200:
                raise web.HTTPServiceUnavailable(text=await answer.text())

            yield await _received(stack, answer)

    async def listing(self) -> Listing:
        """By name."""
        numbers = range(len(self._workers))
        bodies = (await self._bodies(numbers, LISTING)).values()
        listings = [msgspec.json.decode(body, type=Listing) for body in bodies]
        clusters = [cluster for listing in listings for cluster in listing.clusters]
        whole = len(listings) == len(numbers) and all(listing.whole for listing in listings)
        return Listing(sorted(clusters, key=lambda cluster: cluster.name), whole)

    async def telemetry(self) -> dict[int, str]:
        """What each worker that answers says of itself, by number."""
        bodies = await self._bodies(range(len(self._workers)), TELEMETRY)
        return {number: body.decode() for number, body in bodies.items()}

    async def apply(self, settings: bytes) -> str:
        """Have all workers go on by other settings. What is wrong, in one line; else nothing."""
        numbers = range(len(self._workers))
        problems = await _together([self._apply(number, settings) for number in numbers])
        return next(filter(None, problems), "")

    async def _apply(self, number: int, settings: bytes) -> str:
        timeout = ClientTimeout(total=APPLY_DEADLINE)
        try:
            async with asyncio.timeout(APPLY_DEADLINE):
                while True:
                    try:
                        async with self._workers[number].post(
                            _HOST + SETTINGS, data=settings, timeout=timeout
                        ) as answer:
                            return "" if answer.status == 200 else await answer.text()
                    except ClientConnectorError:  # it is being started, perhaps with the old ones
                        await asyncio.sleep(0.1)
        except (TimeoutError, ClientError) as error:
            problem = str(error) or "no answer in time"
            return f"worker {number} does not take the settings: {problem}"

    async def exchange_claims(self) -> None:
        """Let each worker know who the clusters of the others are, for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._workers)):
                group.create_task(self._exchange_claims(number), name=f"claims of {number}")

    async def _exchange_claims(self, number: int) -> None:
        while True:
            others = (claims for other, claims in self._claims.items() if other != number)
            elsewhere = {name: uid for claims in others for name, uid in claims.items()}
            told = ToldClaims(elsewhere, self._claims.get(number, {}))
            body = await self._body(number, CLAIMS, told)
            if body is not None:
                self._claims[number] = msgspec.json.decode(body, type=dict[str, str])

            await asyncio.sleep(EXCHANGE)

    async def _bodies(self, numbers: Iterable[int], path: str) -> dict[int, bytes]:
        """The answers to a small question, of the workers that have one."""
        asked = tuple(numbers)
        bodies = await _together([self._body(number, path) for number in asked])
        pairs = zip(asked, bodies, strict=True)
        return {number: body for number, body in pairs if body is not None}

    async def _body(
        self, number: int, path: str, question: msgspec.Struct | None = None
    ) -> bytes | None:
        async with AsyncExitStack() as stack:
            answer = await self._answer(stack, number, path, question)
            if answer is None or answer.status != 200:
                return None

            try:
                return await answer.read()
            except ClientError:
                return None

    async def _answer(
        self, stack: AsyncExitStack, number: int, path: str, question: msgspec.Struct | None = None
    ) -> ClientResponse | None:
        """The answer of a worker until the stack ends; nothing of one that is not there."""
        worker = self._workers[number]
        try:
            if question is None:
                answer = await worker.get(_HOST + path)
            else:
                answer = await worker.post(_HOST + path, data=msgspec.json.encode(question))
        except ClientConnectorError:  # who keeps it running tells of its end
            return None
        except ClientError as error:
            log.warning("worker does not answer", worker=number, error=str(error))
            return None

        stack.callback(answer.close)
        return answer


async def _received(stack: AsyncExitStack, answer: ClientResponse) -> AsyncIterator[Column]:
    return await stack.enter_async_context(aclosing(received(answer.content)))


async def _together(asked: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What comes of all of them, in their order."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in asked]

    return [task.result() for task in tasks]
