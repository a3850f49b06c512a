"""Lists that take turns, in virtual time: of API servers that answer when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from exporter.fleet import turns as module
from exporter.fleet.turns import InTurn, Turns
from exporter.kubernetes.connection import Answered
from exporter.kubernetes.objects import Metadata, Object
from exporter.kubernetes.resource import Event, Page

pytestmark = pytest.mark.looptime


def elapsed() -> float:
    return asyncio.get_running_loop().time()


class Pods:
    """
    Pods of a cluster, a page each. An answer comes after `answer` seconds, that to later pages
    after `later`; its body takes `body` seconds.
    """

    def __init__(
        self, answer: float = 0.0, *, later: float = 0.0, body: float = 0.0, names: str = "a"
    ) -> None:
        self.asked = 0
        self._answers = [answer, *(later for _ in names[1:])]
        self._body = body
        self._names = names

    async def pages(self, answered: Answered | None = None) -> AsyncGenerator[Page[Object], None]:
        for name, answer in zip(self._names, self._answers, strict=True):
            self.asked += 1
            await asyncio.sleep(answer)
            assert answered is not None
            await answered()
            await asyncio.sleep(self._body)
            yield Page([Object(Metadata(name=name))], "1", 0)

    async def watch(
        self, since: str, lasting: int, quiet: float
    ) -> AsyncGenerator[Event[Object], None]:
        yield Event("OPEN", None, None, "")


class Reading:
    """Clusters whose pods are listed, a task each; `names` are those that were written."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.names: list[str] = []
        self.writing = 0
        self.most = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, pods: Pods, *, writing: float = 0.0) -> None:
        """Another cluster; each page takes `writing` seconds to be written."""
        self._tasks.append(asyncio.create_task(self._read(name, pods, writing)))

    async def _read(self, name: str, pods: Pods, writing: float) -> None:
        async for page in InTurn(pods, self.turns, name).pages():
            self.writing += 1
            self.most = max(self.most, self.writing)
            await asyncio.sleep(writing)
            self.writing -= 1
            self.names += [f"{name}/{pod.metadata.name}" for pod in page.objects]

    async def all(self) -> None:
        """Until everything is written."""
        await asyncio.gather(*self._tasks)

    async def end(self) -> None:
        """Nothing is read any more."""
        for task in self._tasks:
            task.cancel()

        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_every_page_comes_in_its_order() -> None:
    reading = Reading()
    reading.start("c", Pods(answer=1, body=1, names="abc"), writing=1)

    await reading.all()

    assert reading.names == ["c/a", "c/b", "c/c"]


async def test_only_a_few_pages_are_written_at_once() -> None:
    reading = Reading()
    for number in range(3 * module.PAGES):
        reading.start(f"c{number}", Pods(), writing=1)

    await reading.all()

    assert reading.most == module.PAGES
    assert elapsed() == pytest.approx(3)


async def test_clusters_that_are_far_away_are_waited_for_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 60)
    reading = Reading()
    for number in range(module.LISTS):
        reading.start(f"c{number}", Pods(answer=10))

    await reading.all()

    assert elapsed() == pytest.approx(10)


async def test_no_more_lists_than_that_wait_for_their_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 60)
    reading = Reading()
    for number in range(module.LISTS + 1):
        reading.start(f"c{number}", Pods(answer=10))

    await asyncio.sleep(1)
    assert reading.turns.waiting == 1

    await reading.all()
    assert elapsed() == pytest.approx(20)


async def test_a_list_has_its_turn_until_it_is_written() -> None:
    reading = Reading()
    pods = [Pods() for _ in range(2 * module.LISTS)]
    for number, one in enumerate(pods):
        reading.start(f"c{number}", one, writing=3600)

    await asyncio.sleep(10 * module.PATIENCE)

    assert sum(one.asked for one in pods) == module.LISTS
    await reading.end()


async def test_lists_whose_later_pages_are_not_answered_delay_nobody_for_long() -> None:
    reading = Reading()
    for number in range(2 * module.LISTS):
        reading.start(f"hanging-{number}", Pods(later=3600, names="ab"))

    reading.start("well", Pods())
    await asyncio.sleep(4 * module.PATIENCE)

    assert "well/a" in reading.names
    await reading.end()


async def test_lists_that_are_not_answered_delay_nobody_for_long() -> None:
    reading = Reading()
    for number in range(2 * module.LISTS):
        reading.start(f"hanging-{number}", Pods(answer=3600))

    reading.start("well", Pods())
    await asyncio.sleep(3 * module.PATIENCE)

    assert reading.names == ["well/a"]
    await reading.end()


async def test_pages_that_do_not_come_to_their_end_delay_nobody_for_long() -> None:
    reading = Reading()
    for number in range(2 * module.PAGES):
        reading.start(f"hanging-{number}", Pods(body=3600))

    reading.start("well", Pods())
    await asyncio.sleep(4 * module.PATIENCE)

    assert reading.names == ["well/a"]
    await reading.end()


async def test_a_page_that_was_slow_is_written_in_its_turn_all_the_same() -> None:
    reading = Reading()
    for number in range(3 * module.PAGES):
        reading.start(f"slow-{number}", Pods(answer=10, body=10), writing=1)

    await reading.all()

    assert reading.most == module.PAGES
    assert len(reading.names) == 3 * module.PAGES


async def test_a_list_that_is_given_up_leaves_its_turns_to_others() -> None:
    reading = Reading()
    given_up = []
    for number in range(module.LISTS):
        pages = InTurn(Pods(names="ab"), reading.turns, f"c{number}").pages()
        if number < module.PAGES:
            await anext(pages)
        given_up.append(pages)

    for pages in given_up:
        await pages.aclose()

    reading.start("well", Pods())
    await reading.all()
    assert reading.names == ["well/a"]


async def test_the_watch_after_a_list_takes_no_turn() -> None:
    reading = Reading()
    pods = InTurn(Pods(), reading.turns, "a")
    async for _ in pods.pages():
        pass

    for number in range(module.PAGES):
        reading.start(f"c{number}", Pods(), writing=3600)

    await asyncio.sleep(1)
    watch = pods.watch("1", 60, 70)

    assert (await anext(watch)).type == "OPEN"
    assert elapsed() == pytest.approx(1)
    await watch.aclose()
    await reading.end()
