from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from exporter.discovery import hub as discovery_hub
from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Way
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import load
from exporter.kubernetes.objects import Object
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, html_error, lists
from exporter.simulation.kinds import Kind
from exporter.telemetry import Telemetry
from tests.discovery.simulated_hub import DEADLINE, SimulatedHub, kubeconfig

CONFIGMAPS = Wanted(("v1",), "configmaps", Object, "fleet")
SERVICES = Wanted(("v1",), "services", Object, "fleet", optional=True)
WIDGETS = Wanted(("lab.example.com/v2", "lab.example.com/v1"), "widgets", Object)


class Asked:
    """A hub whose contents are taken one after the other, as names kind by kind."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.said: asyncio.Queue[Contents] = asyncio.Queue()
        self._telemetry = telemetry

    async def next(self) -> list[list[str]]:
        async with asyncio.timeout(DEADLINE):
            return named(await self.said.get())

    async def until(self, expected: list[list[str]]) -> None:
        while await self.next() != expected:
            pass

    async def silent_until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.005)

        assert self.said.empty(), named(self.said.get_nowait())

    def metric(self, name: str) -> float:
        full = f"kube_fleet_exporter_discovery_{name}"
        return (
            self._telemetry.registry.get_sample_value(full, {"provider": "test", "source": "test"})
            or 0
        )


def named(contents: Contents) -> list[list[str]]:
    return [[name for _, name in objects] for objects in contents.objects]


@asynccontextmanager
async def asking(ask: Callable[[], Way], wanted: Sequence[Wanted]) -> AsyncIterator[Asked]:
    telemetry = Telemetry()
    asked = Asked(telemetry)
    health = SourceHealth("test", "test", telemetry)
    health.begin()

    async def listen() -> None:
        async with aclosing(Hub(ask, health).contents(*wanted)) as said:
            async for contents in said:
                asked.said.put_nowait(contents)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        yield asked
        task.cancel()


def way(file: Path) -> Way:
    loaded = load((file,))
    return Way(loaded.server("x"), loaded.digest("x"))


def put(server: ApiServer, kind: str, name: str, **metadata: str) -> None:
    server.put(kind, {"metadata": {"name": name, "namespace": "fleet", **metadata}})


async def test_nothing_is_said_before_every_kind_was_listed(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    put(hub.server, "services", "b")
    required = Wanted(("v1",), "services", Object, "fleet")
    hub.server.forbidden = {"services"}
    async with asking(lambda: way(hub.file), (CONFIGMAPS, required)) as asked:
        await asked.silent_until(lambda: asked.metric("failures_total") > 2)
        hub.server.forbidden = set()

        assert await asked.next() == [["a"], ["b"]]


async def test_what_changes_is_said_again_whole(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        first = await asked.next()
        put(hub.server, "configmaps", "b")
        second = await asked.next()
        hub.server.delete("configmaps", "fleet", "a")
        third = await asked.next()

    assert (first, second, third) == ([["a"]], [["a", "b"]], [["b"]])


async def test_changes_that_come_together_are_said_once(
    hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery_hub, "QUIET", 0.3)
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        for name in "abc":
            put(hub.server, "configmaps", name)

        assert await asked.next() == [["a", "b", "c"]]


@pytest.mark.parametrize("fault", ["forbidden", "unserved", "down"])
async def test_a_hub_that_cannot_be_read_any_more_leaves_what_it_said_in_force(
    hub: SimulatedHub, fault: str
) -> None:
    put(hub.server, "configmaps", "a")
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        assert asked.metric("up") == 1
        if fault == "down":
            await hub.server.go_down()
        else:
            setattr(hub.server, fault, {"configmaps"})
            hub.server.disconnect()

        await asked.silent_until(lambda: asked.metric("failures_total") > 2)
        assert asked.metric("up") == 0

        if fault == "down":
            await hub.server.come_back()
        else:
            setattr(hub.server, fault, set())

        put(hub.server, "configmaps", "b")
        await asked.until([["a", "b"]])
        assert asked.metric("up") == 1


async def test_a_fault_is_logged_once_and_counted_each_time(hub: SimulatedHub) -> None:
    hub.server.forbidden = {"configmaps"}
    with capture_logs() as logs:
        async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
            await asked.silent_until(lambda: asked.metric("failures_total") > 2)

    (said,) = logs
    assert (said["log_level"], said["source"], said["part"]) == ("error", "test", "configmaps")


async def test_an_optional_kind_that_may_not_be_read_is_done_without(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    put(hub.server, "services", "b")
    hub.server.forbidden = {"services"}
    async with asking(lambda: way(hub.file), (CONFIGMAPS, SERVICES)) as asked:
        without = await asked.next()
        assert asked.metric("up") == 1
        hub.server.forbidden = set()
        await asked.until([["a"], ["b"]])

    assert without == [["a"], []]


async def test_an_optional_kind_that_was_read_once_stays_what_it_was(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    put(hub.server, "services", "b")
    async with asking(lambda: way(hub.file), (CONFIGMAPS, SERVICES)) as asked:
        assert await asked.next() == [["a"], ["b"]]
        hub.server.forbidden = {"services"}
        hub.server.disconnect()
        await asked.silent_until(lambda: asked.metric("failures_total") > 3)
        put(hub.server, "configmaps", "c")

        assert await asked.next() == [["a", "c"], ["b"]]


async def test_an_optional_kind_that_only_fails_is_waited_for_and_then_done_without(
    hub: SimulatedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery_hub, "PATIENCE", 0.3)
    put(hub.server, "configmaps", "a")
    broken = Fault(html_error(500), on=lists("services"))
    hub.server.faults.append(broken)
    async with asking(lambda: way(hub.file), (CONFIGMAPS, SERVICES)) as asked:
        await asked.silent_until(lambda: broken.hits > 2)

        assert await asked.next() == [["a"], []]
        assert asked.metric("up") == 0


def serve_widgets(hub: SimulatedHub, version: str) -> None:
    hub.server.add_kind(Kind("lab.example.com", version, "widgets", "Widget", custom=True))


async def test_the_first_version_that_is_served_is_read(hub: SimulatedHub) -> None:
    serve_widgets(hub, "v1")
    put(hub.server, "lab.example.com/v1/widgets", "old")
    async with asking(lambda: way(hub.file), (WIDGETS,)) as asked:
        assert await asked.next() == [["old"]]


async def test_a_hub_that_is_upgraded_is_read_in_its_new_version(hub: SimulatedHub) -> None:
    serve_widgets(hub, "v1")
    put(hub.server, "lab.example.com/v1/widgets", "a")
    async with asking(lambda: way(hub.file), (WIDGETS,)) as asked:
        await asked.next()
        serve_widgets(hub, "v2")
        put(hub.server, "lab.example.com/v2/widgets", "a")
        put(hub.server, "lab.example.com/v2/widgets", "b")
        hub.server.unserved = {"lab.example.com/v1/widgets"}
        hub.server.disconnect()

        assert await asked.next() == [["a", "b"]]


async def test_a_kind_that_is_not_served_yet_is_waited_for(hub: SimulatedHub) -> None:
    async with asking(lambda: way(hub.file), (WIDGETS,)) as asked:
        await asked.silent_until(lambda: asked.metric("failures_total") > 2)
        serve_widgets(hub, "v2")

        assert await asked.next() == [[]]


async def test_a_hub_that_was_rebuilt_says_everything_anew(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        hub.server.replace_identity()
        put(hub.server, "configmaps", "b")

        await asked.until([["b"]])


async def test_a_hub_without_an_answer_at_the_start_is_waited_for(hub: SimulatedHub) -> None:
    await hub.server.go_down()
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.silent_until(lambda: asked.metric("failures_total") > 1)
        await hub.server.come_back()

        assert await asked.next() == [[]]


async def test_changed_credentials_of_the_hub_are_taken_from_the_user_s_file(
    hub: SimulatedHub,
) -> None:
    hub.server.tokens = {"first"}
    hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, token="first")))
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        hub.server.tokens = {"second"}
        hub.server.disconnect()
        await asked.silent_until(lambda: asked.metric("failures_total") > 0)
        hub.file.write_text(yaml.safe_dump(kubeconfig(hub.url, token="second")))
        put(hub.server, "configmaps", "a")

        await asked.until([["a"]])


async def test_a_kubeconfig_that_is_spoilt_changes_nothing(hub: SimulatedHub) -> None:
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        hub.file.write_text("contexts: 5")
        await hub.server.go_down()
        await asked.silent_until(lambda: asked.metric("failures_total") > 2)
        await hub.server.come_back()
        put(hub.server, "configmaps", "a")

        await asked.until([["a"]])


async def test_a_hub_that_forgets_its_past_is_listed_again_and_that_is_no_failure(
    hub: SimulatedHub,
) -> None:
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        for name in "abc":
            hub.server.compact()
            put(hub.server, "configmaps", name)
            await asked.until([sorted("abc"[: ord(name) - 96])])

        assert (asked.metric("up"), asked.metric("failures_total")) == (1, 0)


async def test_a_kubeconfig_that_leads_to_another_hub_is_followed_when_the_old_one_is_gone(
    hub: SimulatedHub,
) -> None:
    other = ApiServer("other")
    put(hub.server, "configmaps", "a")
    put(other, "configmaps", "b")
    async with other.serving() as url, asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        hub.file.write_text(yaml.safe_dump(kubeconfig(url)))
        await hub.server.go_down()

        await asked.until([["b"]])


async def test_an_unusable_kubeconfig_of_the_hub_is_an_error_at_the_start(
    hub: SimulatedHub,
) -> None:
    hub.file.write_text("contexts: 5")
    provider = Hub(lambda: way(hub.file), SourceHealth("test", "test", Telemetry()))
    with pytest.raises(KubeconfigError):
        provider.check()

    async with aclosing(provider.contents(CONFIGMAPS)) as said:
        with pytest.raises(KubeconfigError):
            await anext(said)


async def test_an_object_that_cannot_be_decoded_takes_nothing_away(hub: SimulatedHub) -> None:
    put(hub.server, "configmaps", "a")
    put(hub.server, "configmaps", "b")
    async with asking(lambda: way(hub.file), (CONFIGMAPS,)) as asked:
        await asked.next()
        broken = {"name": "a", "namespace": "fleet", "labels": {"x": 5}}
        hub.server.put("configmaps", {"metadata": broken})
        await asked.silent_until(lambda: asked.metric("up") == 0)
        put(hub.server, "configmaps", "c")
        assert await asked.next() == [["a", "b", "c"]]

        hub.server.compact()  # they are listed anew
        await asked.until([["a", "b", "c"]])
        assert asked.metric("up") == 0
        put(hub.server, "configmaps", "a")
        hub.server.compact()
        await asked.until([["a", "b", "c"]])
        await asked.silent_until(lambda: asked.metric("up") == 1)


async def test_a_hub_is_left_alone_when_nobody_listens_any_more(hub: SimulatedHub) -> None:
    async with asking(lambda: way(hub.file), (CONFIGMAPS, SERVICES)) as asked:
        await asked.next()
        async with asyncio.timeout(DEADLINE):
            while hub.server.open_watches.total() < 2:
                await asyncio.sleep(0.005)

    async with asyncio.timeout(DEADLINE):
        while hub.server.open_watches.total():
            await asyncio.sleep(0.005)
