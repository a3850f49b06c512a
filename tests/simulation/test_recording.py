"""A recorded cluster is served as it was."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer

AGGREGATED = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"

POD: dict[str, Any] = {
    "metadata": {"name": "web-0", "namespace": "shop", "uid": "u-1", "resourceVersion": "41"},
    "spec": {"containers": None},
}
WIDGET: dict[str, Any] = {
    "apiVersion": "example.io/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "shop", "uid": "u-2", "resourceVersion": "40"},
}
VERBS = ["get", "list", "watch"]


def resource(name: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    return {"name": name, "kind": kind, "namespaced": namespaced, "verbs": VERBS}


RECORDING: dict[str, Any] = {
    "/version": {"major": "1", "minor": "29", "gitVersion": "v1.29.1", "platform": "linux/arm64"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            resource("pods", "Pod"),
            resource("pods/status", "Pod"),
            resource("namespaces", "Namespace", namespaced=False),
            resource("nodes", "Node", namespaced=False),
            {"name": "bindings", "kind": "Binding", "namespaced": True, "verbs": ["create"]},
        ],
    },
    "/apis": {"kind": "APIGroupList", "groups": [{"name": "example.io"}]},
    "/apis/example.io": {"kind": "APIGroup", "name": "example.io"},
    "/apis/example.io/v1": {
        "kind": "APIResourceList",
        "groupVersion": "example.io/v1",
        "resources": [resource("widgets", "Widget")],
    },
    "/apis aggregated": {"kind": "APIGroupDiscoveryList", "items": [{"metadata": {}}]},
    "/api/v1/pods": {
        "kind": "PodList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "57"},
        "items": [POD],
    },
    "/api/v1/namespaces": {
        "kind": "NamespaceList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "57"},
        "items": [{"metadata": {"name": "shop", "uid": "u-3", "resourceVersion": "3"}}],
    },
    "/apis/example.io/v1/widgets": {
        "kind": "WidgetList",
        "apiVersion": "example.io/v1",
        "metadata": {"resourceVersion": "57"},
        "items": [WIDGET],
    },
}


@pytest.fixture(autouse=True)
def _loaded(server: ApiServer) -> None:
    server.load_recording(copy.deepcopy(RECORDING))


async def get(client: ClientSession, path: str, accept: str = "application/json") -> Any:
    async with client.get(path, headers={"Accept": accept}) as response:
        assert response.status == 200, path
        return await response.json()


@pytest.mark.parametrize("path", [path for path in RECORDING if " " not in path])
async def test_every_path_answers_what_was_recorded(client: ClientSession, path: str) -> None:
    assert await get(client, path) == RECORDING[path]


async def test_aggregated_discovery_is_the_recorded_one(client: ClientSession) -> None:
    assert await get(client, "/apis", AGGREGATED) == RECORDING["/apis aggregated"]


async def test_what_was_not_recorded_falls_back_to_plain_discovery(client: ClientSession) -> None:
    assert await get(client, "/api", f"{AGGREGATED},application/json") == RECORDING["/api"]


async def test_a_kind_without_a_recorded_list_is_empty(client: ClientSession) -> None:
    body = await get(client, "/api/v1/nodes")

    assert body["items"] == []
    assert body["metadata"]["resourceVersion"] == "57"


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/apis/apps/v1/deployments"])
async def test_a_kind_that_was_not_recorded_is_not_served(client: ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 404


async def test_objects_are_watched_from_the_recorded_version_on(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/apis/example.io/v1/widgets?watch=1&resourceVersion=57") as watch:
        server.put("example.io/v1/widgets", {"metadata": {"name": "w", "namespace": "shop"}})
        event = json.loads(await watch.content.readline())

    assert event["type"] == "MODIFIED"
    assert event["object"]["kind"] == "Widget"
    assert event["object"]["metadata"]["uid"] == "u-2"
    assert event["object"]["metadata"]["resourceVersion"] == "58"


async def test_nothing_is_known_of_the_time_before_the_recording(client: ClientSession) -> None:
    async with client.get("/api/v1/pods?watch=1&resourceVersion=41") as watch:
        assert json.loads(await watch.content.readline())["object"]["code"] == 410


async def test_kube_system_can_be_read_although_no_list_has_it(
    server: ApiServer, client: ClientSession
) -> None:
    body = await get(client, "/api/v1/namespaces/kube-system")
    listed = await get(client, "/api/v1/namespaces")

    assert body["metadata"]["uid"] == server.uid
    assert [item["metadata"]["name"] for item in listed["items"]] == ["shop"]


async def test_a_recorded_kube_system_is_the_identity(server: ApiServer) -> None:
    recording = copy.deepcopy(RECORDING)
    recorded = {"metadata": {"name": "kube-system", "uid": "u-9", "resourceVersion": "2"}}
    recording["/api/v1/namespaces"]["items"].append(recorded)

    server.load_recording(recording)

    assert server.uid == "u-9"


async def test_a_recorded_kind_can_be_made_unserved(
    server: ApiServer, client: ClientSession
) -> None:
    server.unserved.add("example.io/v1/widgets")
    groups = (await get(client, "/apis"))["groups"]

    assert groups == []
    async with client.get("/apis/example.io/v1/widgets") as response:
        assert response.status == 404
