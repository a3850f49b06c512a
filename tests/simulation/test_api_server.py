"""Objects and identity of one simulated cluster."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer
from exporter.simulation.kinds import Kind


def pod(name: str = "web-0", **labels: str) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "shop", "labels": labels}, "spec": {}}


def test_an_object_gets_a_uid_a_resource_version_and_a_creation_time(server: ApiServer) -> None:
    stored = server.put("pods", pod())

    metadata = stored["metadata"]
    assert len(metadata["uid"]) == 36
    assert metadata["resourceVersion"] == str(server.resource_version)
    assert metadata["creationTimestamp"].endswith("Z")
    assert server.get("pods", "shop", "web-0") == stored


def test_an_update_keeps_uid_and_creation_time_and_raises_the_version(server: ApiServer) -> None:
    before = server.put("pods", pod())["metadata"]

    after = server.put("pods", pod(app="web"))["metadata"]

    assert after["uid"] == before["uid"]
    assert after["creationTimestamp"] == before["creationTimestamp"]
    assert int(after["resourceVersion"]) > int(before["resourceVersion"])


def test_a_namespaced_object_without_a_namespace_is_in_default(server: ApiServer) -> None:
    server.put("configmaps", {"metadata": {"name": "settings"}})

    assert server.keys("configmaps") == [("default", "settings")]


def test_what_is_given_is_not_changed(server: ApiServer) -> None:
    given = pod()

    server.put("pods", given)

    assert given == pod()


def test_an_unknown_kind_is_an_error(server: ApiServer) -> None:
    with pytest.raises(KeyError):
        server.put("widgets", {"metadata": {"name": "w"}})


def test_a_deleted_object_is_gone(server: ApiServer) -> None:
    server.put("pods", pod())

    server.delete("pods", "shop", "web-0")

    assert server.keys("pods") == []
    with pytest.raises(KeyError):
        server.get("pods", "shop", "web-0")


def test_a_core_event_is_an_events_v1_event_as_well(server: ApiServer) -> None:
    event = {
        "metadata": {"name": "web-0.1", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": "web-0"},
        "message": "it waits",
        "count": 3,
    }
    stored = server.put("events", event)

    mirrored = server.get("events.k8s.io/v1/events", "shop", "web-0.1")
    assert mirrored["metadata"] == stored["metadata"]
    assert mirrored["regarding"] == event["involvedObject"]
    assert (mirrored["note"], mirrored["deprecatedCount"]) == ("it waits", 3)
    server.delete("events", "shop", "web-0.1")
    assert server.keys("events.k8s.io/v1/events") == []


async def test_custom_resources_say_their_kind_in_lists(
    server: ApiServer, client: ClientSession
) -> None:
    server.add_kind(Kind("example.io", "v1", "widgets", "Widget", custom=True))
    server.put("example.io/v1/widgets", {"metadata": {"name": "w", "namespace": "shop"}})

    async with client.get("/apis/example.io/v1/widgets") as response:
        body = await response.json()

    assert body["kind"] == "WidgetList"
    assert body["items"][0]["kind"] == "Widget"
    assert body["items"][0]["apiVersion"] == "example.io/v1"


async def test_built_in_objects_do_not_say_their_kind_in_lists(
    server: ApiServer, client: ClientSession
) -> None:
    server.put("pods", {"kind": "Pod", "apiVersion": "v1", **pod()})

    async with client.get("/api/v1/pods") as response:
        [item] = (await response.json())["items"]

    assert "kind" not in item
    assert "apiVersion" not in item


async def test_the_identity_is_the_uid_of_kube_system(client: ClientSession) -> None:
    other = ApiServer("eu-2", uid="0000-1111")
    async with other.serving() as url, client.get(f"{url}/api/v1/namespaces/kube-system") as got:
        assert (await got.json())["metadata"]["uid"] == "0000-1111" == other.uid


async def test_every_request_is_remembered(server: ApiServer, client: ClientSession) -> None:
    async with client.get("/api/v1/pods?limit=5", headers={"X-Who": "me"}) as response:
        await response.read()

    [request] = server.requests
    assert (request.method, request.path, request.query) == ("GET", "/api/v1/pods", {"limit": "5"})
    assert request.headers["x-who"] == "me"


async def test_another_identity_has_another_uid_and_none_of_the_objects(
    server: ApiServer, client: ClientSession
) -> None:
    server.put("pods", pod())
    before, version = server.uid, server.resource_version

    server.replace_identity()

    assert server.uid != before
    assert server.resource_version > version
    async with client.get("/api/v1/pods") as response:
        assert (await response.json())["items"] == []


def test_another_identity_may_have_a_younger_counter(server: ApiServer) -> None:
    for number in range(50):
        server.put("pods", pod(f"web-{number}"))

    server.replace_identity("4711", resource_version=7)

    assert (server.uid, server.resource_version) == ("4711", 8)


async def test_only_a_served_cluster_can_go_down(server: ApiServer) -> None:
    with pytest.raises(RuntimeError, match="eu-1 is not being served"):
        await server.go_down()
