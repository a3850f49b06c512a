"""Watches: what they deliver, how they resume, and how they end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from exporter.simulation.api_server import ApiServer
from exporter.simulation.kinds import Kind


def put_pod(server: ApiServer, name: str, namespace: str = "shop", **labels: str) -> str:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    stored = server.put("pods", {"metadata": metadata, "spec": {}})
    version: str = stored["metadata"]["resourceVersion"]
    return version


async def next_event(watch: ClientResponse) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(await watch.content.readline())
    return event


async def all_events(watch: ClientResponse) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in watch.content]


def short(event: dict[str, Any]) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]


async def test_changes_arrive_as_they_happen(server: ApiServer, client: ClientSession) -> None:
    start = server.resource_version
    async with client.get(f"/api/v1/pods?watch=1&resourceVersion={start}") as watch:
        put_pod(server, "a")
        assert short(await next_event(watch)) == ("ADDED", "a")
        version = put_pod(server, "a", app="web")
        modified = await next_event(watch)
        server.delete("pods", "shop", "a")
        deleted = await next_event(watch)

    assert short(modified) == ("MODIFIED", "a")
    assert modified["object"]["kind"] == "Pod"
    assert modified["object"]["metadata"]["resourceVersion"] == version
    assert short(deleted) == ("DELETED", "a")
    assert int(deleted["object"]["metadata"]["resourceVersion"]) > int(version)
    assert deleted["object"]["metadata"]["labels"] == {"app": "web"}


async def test_a_watch_resumes_after_the_version_it_names(
    server: ApiServer, client: ClientSession
) -> None:
    put_pod(server, "a")
    seen = put_pod(server, "b")
    put_pod(server, "c")
    server.delete("pods", "shop", "a")

    async with client.get(f"/api/v1/pods?watch=true&resourceVersion={seen}") as watch:
        events = [await next_event(watch), await next_event(watch)]

    assert [short(event) for event in events] == [("ADDED", "c"), ("DELETED", "a")]


@pytest.mark.parametrize("version", ["", "&resourceVersion=0"])
async def test_a_watch_from_nowhere_begins_with_what_is_there(
    server: ApiServer, client: ClientSession, version: str
) -> None:
    put_pod(server, "a")
    async with client.get(f"/api/v1/pods?watch=1{version}") as watch:
        assert short(await next_event(watch)) == ("ADDED", "a")
        put_pod(server, "b")
        assert short(await next_event(watch)) == ("ADDED", "b")


async def test_a_watch_ends_cleanly_at_its_timeout(
    server: ApiServer, client: ClientSession
) -> None:
    put_pod(server, "a")
    async with client.get("/api/v1/pods?watch=1&timeoutSeconds=0.05") as watch:
        events = await all_events(watch)

    assert [short(event) for event in events] == [("ADDED", "a")]
    assert server.open_watches["pods"] == 0


async def test_open_watches_are_counted_until_the_client_leaves(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/api/v1/pods?watch=1"), client.get("/api/v1/pods?watch=1"):
        while server.open_watches["pods"] < 2:
            await asyncio.sleep(0)
        assert server.open_watches["nodes"] == 0
    while server.open_watches["pods"]:
        await asyncio.sleep(0.001)


async def test_a_forgotten_version_is_an_error_in_the_stream(
    server: ApiServer, client: ClientSession
) -> None:
    server.compact()
    async with client.get("/api/v1/pods?watch=1&resourceVersion=1") as watch:
        assert watch.status == 200
        [event] = await all_events(watch)

    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_a_forgotten_version_may_be_an_http_410(
    server: ApiServer, client: ClientSession
) -> None:
    server.expired_in_stream = False
    server.compact()

    async with client.get("/api/v1/pods?watch=1&resourceVersion=1") as response:
        assert response.status == 410
        assert (await response.json())["reason"] == "Expired"


@pytest.mark.parametrize("in_stream", [True, False])
async def test_a_compaction_ends_open_watches_with_an_error_in_the_stream(
    server: ApiServer, client: ClientSession, *, in_stream: bool
) -> None:
    server.expired_in_stream = in_stream
    version = put_pod(server, "a")
    async with client.get(f"/api/v1/pods?watch=1&resourceVersion={version}") as watch:
        put_pod(server, "b")
        assert short(await next_event(watch)) == ("ADDED", "b")
        server.compact()
        [event] = await all_events(watch)

    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_the_history_is_bounded(client: ClientSession) -> None:
    other = ApiServer("eu-2", history=3)
    versions = [put_pod(other, name) for name in "abcde"]
    async with other.serving() as url:
        path = f"{url}/api/v1/pods?watch=1&timeoutSeconds=0.05&resourceVersion="
        async with client.get(path + versions[1]) as watch:
            assert [short(event)[1] for event in await all_events(watch)] == ["c", "d", "e"]
        async with client.get(path + versions[0]) as watch:
            assert [event["type"] for event in await all_events(watch)] == ["ERROR"]


async def test_bookmarks_tell_how_far_the_cluster_is(
    server: ApiServer, client: ClientSession
) -> None:
    server.bookmark_interval = 0.01
    start = server.resource_version
    path = f"/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion={start}"
    async with client.get(path) as watch:
        server.put("nodes", {"metadata": {"name": "n1"}})
        event = await next_event(watch)

    assert event["type"] == "BOOKMARK"
    assert event["object"]["kind"] == "Pod"
    assert event["object"]["metadata"]["resourceVersion"] == str(start + 1)


async def test_a_cluster_where_nothing_happens_sends_no_bookmarks(
    server: ApiServer, client: ClientSession
) -> None:
    server.bookmark_interval = 0.01
    query = f"watch=1&allowWatchBookmarks=1&resourceVersion={server.resource_version}"
    async with client.get(f"/api/v1/pods?{query}&timeoutSeconds=0.1") as watch:
        assert await all_events(watch) == []


@pytest.mark.parametrize(
    ("interval", "asked", "path"),
    [(None, "1", "/api/v1/pods"), (0.01, "0", "/api/v1/pods"), (0.01, "1", "/api/v1/events")],
)
async def test_bookmarks_are_not_sent_everywhere(
    server: ApiServer, client: ClientSession, interval: float | None, asked: str, path: str
) -> None:
    server.bookmark_interval = interval
    query = {"watch": "1", "allowWatchBookmarks": asked, "timeoutSeconds": "2.1"}
    start = {"resourceVersion": str(server.resource_version)}
    async with client.get(path, params=query | start) as watch:
        server.put("nodes", {"metadata": {"name": "n1"}})
        # the bookmark two seconds before the timeout would be due by now
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await next_event(watch)


async def test_bookmarks_of_custom_resources_say_their_kind(
    server: ApiServer, client: ClientSession
) -> None:
    server.bookmark_interval = 0.01
    server.add_kind(Kind("example.io", "v1", "widgets", "Widget", custom=True))
    query = f"watch=1&allowWatchBookmarks=1&resourceVersion={server.resource_version}"
    async with client.get(f"/apis/example.io/v1/widgets?{query}") as watch:
        put_pod(server, "a")
        event = await next_event(watch)

    assert (event["object"]["kind"], event["object"]["apiVersion"]) == ("Widget", "example.io/v1")


async def test_a_streaming_list_is_refused(client: ClientSession) -> None:
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    async with client.get(f"/api/v1/pods?{query}") as response:
        body = await response.json()

    assert (response.status, body["reason"]) == (422, "Invalid")
    assert "sendInitialEvents is forbidden" in body["message"]


async def test_an_unusable_version_is_a_400(client: ClientSession) -> None:
    async with client.get("/api/v1/pods?watch=1&resourceVersion=newest") as response:
        assert response.status == 400


async def test_an_object_is_added_and_deleted_as_it_enters_and_leaves_the_selection(
    server: ApiServer, client: ClientSession
) -> None:
    query = f"watch=1&resourceVersion={server.resource_version}&labelSelector=app%3Dweb"
    async with client.get(f"/api/v1/pods?{query}") as watch:
        put_pod(server, "a", app="db")
        put_pod(server, "a", app="web")
        put_pod(server, "a", app="web", tier="1")
        put_pod(server, "a", app="db")
        server.delete("pods", "shop", "a")
        put_pod(server, "b", app="web")
        events = [await next_event(watch) for _ in range(4)]

    assert [short(event) for event in events] == [
        ("ADDED", "a"),
        ("MODIFIED", "a"),
        ("DELETED", "a"),
        ("ADDED", "b"),
    ]


async def test_a_namespace_can_be_watched_alone(server: ApiServer, client: ClientSession) -> None:
    async with client.get("/api/v1/namespaces/data/pods?watch=1") as watch:
        put_pod(server, "a")
        put_pod(server, "b", namespace="data")
        event = await next_event(watch)

    assert short(event) == ("ADDED", "b")


async def test_a_watch_resumed_at_a_rebuilt_cluster_says_nothing_of_it(
    server: ApiServer, client: ClientSession
) -> None:
    version = put_pod(server, "a")
    server.replace_identity()
    query = f"watch=1&resourceVersion={version}&timeoutSeconds=0.1"
    async with client.get(f"/api/v1/pods?{query}") as watch:
        assert await all_events(watch) == []
    server.compact()
    async with client.get(f"/api/v1/pods?{query}") as watch:
        assert [event["type"] for event in await all_events(watch)] == ["ERROR"]
