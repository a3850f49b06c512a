"""Lists: pages, selectors, compression and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer


def put_pods(server: ApiServer, *names: str, namespace: str = "shop") -> None:
    for name in names:
        server.put("pods", {"metadata": {"name": name, "namespace": namespace}, "spec": {}})


async def listed(client: ClientSession, **query: str) -> dict[str, Any]:
    async with client.get("/api/v1/pods", params=query) as response:
        assert response.status == 200, await response.text()
        body: dict[str, Any] = await response.json()
        return body


def names(body: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


async def test_a_list_has_kind_version_and_objects_in_the_order_of_their_keys(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "b", "a")
    put_pods(server, "c", namespace="data")

    body = await listed(client)

    assert (body["kind"], body["apiVersion"]) == ("PodList", "v1")
    assert body["metadata"] == {"resourceVersion": str(server.resource_version)}
    assert names(body) == ["c", "a", "b"]


async def test_a_namespace_can_be_listed_alone(server: ApiServer, client: ClientSession) -> None:
    put_pods(server, "a")
    put_pods(server, "b", namespace="data")

    async with client.get("/api/v1/namespaces/data/pods") as response:
        assert names(await response.json()) == ["b"]


async def test_pages_show_the_collection_as_the_first_one_did(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "a", "b", "c", "d", "e")

    first = await listed(client, limit="2")
    server.delete("pods", "shop", "c")
    put_pods(server, "b2", "f")
    second = await listed(client, limit="2", **{"continue": first["metadata"]["continue"]})
    third = await listed(client, limit="2", **{"continue": second["metadata"]["continue"]})

    assert names(first) + names(second) + names(third) == ["a", "b", "c", "d", "e"]
    assert [page["metadata"].get("remainingItemCount") for page in (first, second, third)] == [
        3,
        1,
        None,
    ]
    assert "continue" not in third["metadata"]
    versions = {page["metadata"]["resourceVersion"] for page in (first, second, third)}
    assert versions == {first["metadata"]["resourceVersion"]}
    assert int(versions.pop()) < server.resource_version


async def test_a_limit_that_is_not_reached_gives_one_page(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "a", "b")

    body = await listed(client, limit="2")

    assert "continue" not in body["metadata"]
    assert names(body) == ["a", "b"]


async def test_after_a_compaction_the_next_page_is_gone(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "a", "b", "c")
    token = (await listed(client, limit="1"))["metadata"]["continue"]
    server.compact()

    async with client.get("/api/v1/pods", params={"limit": "1", "continue": token}) as response:
        assert response.status == 410
        assert (await response.json())["reason"] == "Expired"


async def test_only_the_last_lists_can_be_continued(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "a", "b")
    token = (await listed(client, limit="1"))["metadata"]["continue"]
    for number in range(server.storage.SNAPSHOTS):
        put_pods(server, f"c{number}")
        await listed(client, limit="1")

    async with client.get("/api/v1/pods", params={"limit": "1", "continue": token}) as response:
        assert response.status == 410


async def test_a_list_at_version_0_ignores_the_limit_as_the_watch_cache_does(
    server: ApiServer, client: ClientSession
) -> None:
    put_pods(server, "a", "b", "c")

    assert names(await listed(client, limit="1", resourceVersion="0")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "many"},
        {"resourceVersion": "x"},
        {"continue": "bm90IG91cnM="},
        {"continue": "!"},
        {"continue": "e30=", "resourceVersion": "5"},
        {"labelSelector": "app in shop"},
        {"fieldSelector": "spec.unknown=1"},
    ],
)
async def test_unusable_options_are_a_400(client: ClientSession, query: dict[str, str]) -> None:
    async with client.get("/api/v1/pods", params=query) as response:
        assert response.status == 400
        assert (await response.json())["reason"] == "BadRequest"


async def test_a_version_from_the_future_is_too_large(client: ClientSession) -> None:
    async with client.get("/api/v1/pods?resourceVersion=999999") as response:
        body = await response.json()

    assert response.status == 504
    assert body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_pages_hold_what_is_selected(server: ApiServer, client: ClientSession) -> None:
    for number in range(6):
        labels = {"app": "web" if number % 2 else "db"}
        metadata = {"name": f"p{number}", "namespace": "shop", "labels": labels}
        server.put("pods", {"metadata": metadata, "spec": {}})

    first = await listed(client, limit="2", labelSelector="app=web")
    token = first["metadata"]["continue"]
    second = await listed(client, limit="2", labelSelector="app=web", **{"continue": token})

    assert names(first) + names(second) == ["p1", "p3", "p5"]
    assert "remainingItemCount" not in first["metadata"]


async def test_large_lists_are_compressed_for_those_who_accept_it(
    server: ApiServer, client: ClientSession
) -> None:
    filling = "x" * 1000
    for number in range(200):
        metadata = {"name": f"c{number}", "annotations": {"filling": filling}}
        server.put("configmaps", {"metadata": metadata})
    for accepted, encoding in (("gzip", "gzip"), ("identity", None)):
        headers = {"Accept-Encoding": accepted}
        async with client.get("/api/v1/configmaps", headers=headers) as response:
            assert response.headers.get("Content-Encoding") == encoding
            assert len((await response.json())["items"]) == 200


async def test_small_lists_are_not_compressed(client: ClientSession) -> None:
    async with client.get("/api/v1/pods", headers={"Accept-Encoding": "gzip"}) as response:
        assert "Content-Encoding" not in response.headers
