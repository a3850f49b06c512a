"""What the Accept header decides: full objects, or their metadata alone."""

from __future__ import annotations

import json

import pytest
from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer
from exporter.simulation.representation import media_types

AS_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
AS_OBJECT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


@pytest.fixture(autouse=True)
def _a_secret(server: ApiServer) -> None:
    metadata = {"name": "credentials", "namespace": "shop", "labels": {"app": "web"}}
    server.put("secrets", {"metadata": metadata, "data": {"password": "aHVzaA=="}})


async def test_a_list_can_be_had_without_the_objects_contents(client: ClientSession) -> None:
    async with client.get("/api/v1/secrets", headers={"Accept": AS_LIST}) as response:
        text = await response.text()

    body = json.loads(text)
    assert (body["kind"], body["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    [item] = body["items"]
    assert set(item) == {"kind", "apiVersion", "metadata"}
    assert item["kind"] == "PartialObjectMetadata"
    assert item["metadata"]["labels"] == {"app": "web"}
    assert "password" not in text


async def test_pages_and_versions_are_those_of_the_full_list(
    server: ApiServer, client: ClientSession
) -> None:
    server.put("secrets", {"metadata": {"name": "other", "namespace": "shop"}})

    async with client.get("/api/v1/secrets?limit=1", headers={"Accept": AS_LIST}) as response:
        metadata = (await response.json())["metadata"]

    assert metadata["continue"]
    assert metadata["resourceVersion"] == str(server.resource_version)


async def test_a_watch_and_its_bookmarks_carry_metadata_alone(
    server: ApiServer, client: ClientSession
) -> None:
    server.bookmark_interval = 0.01
    path = "/api/v1/secrets?watch=1&allowWatchBookmarks=1"
    async with client.get(path, headers={"Accept": AS_OBJECT}) as watch:
        server.put("nodes", {"metadata": {"name": "n1"}})
        added = json.loads(await watch.content.readline())
        bookmark = json.loads(await watch.content.readline())

    assert set(added["object"]) == {"kind", "apiVersion", "metadata"}
    assert added["object"]["metadata"]["name"] == "credentials"
    assert (bookmark["type"], bookmark["object"]["kind"]) == ("BOOKMARK", "PartialObjectMetadata")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/v1/secrets", AS_OBJECT),
        ("/api/v1/secrets?watch=1", AS_LIST),
        ("/api/v1/secrets", "application/vnd.kubernetes.protobuf"),
        ("/api/v1/configmaps", "application/json;as=Table;g=meta.k8s.io;v=v1"),
    ],
)
async def test_what_cannot_be_served_is_a_406(
    client: ClientSession, path: str, accept: str
) -> None:
    async with client.get(path, headers={"Accept": accept}) as response:
        assert response.status == 406
        assert (await response.json())["reason"] == "NotAcceptable"


async def test_a_server_may_not_know_metadata_alone(
    server: ApiServer, client: ClientSession
) -> None:
    server.serves_metadata_only = False
    async with client.get("/api/v1/secrets", headers={"Accept": AS_LIST}) as response:
        assert response.status == 406
    accept = f"{AS_LIST},application/json;q=0.5"
    async with client.get("/api/v1/secrets", headers={"Accept": accept}) as response:
        assert (await response.json())["kind"] == "SecretList"


async def test_the_first_alternative_that_can_be_served_is(client: ClientSession) -> None:
    accept = f"application/vnd.kubernetes.protobuf,{AS_LIST},application/json"
    async with client.get("/api/v1/secrets", headers={"Accept": accept}) as response:
        assert (await response.json())["kind"] == "PartialObjectMetadataList"


def test_media_types_are_read_in_order_and_without_q() -> None:
    assert media_types("application/json;as=Table;v=v1;q=0.9, */*") == [
        ("application/json", {"as": "Table", "v": "v1"}),
        ("*/*", {}),
    ]
    assert media_types("") == [("*/*", {})]
