"""Objects, identity, permissions and outages of one simulated cluster."""

from __future__ import annotations

import ssl

import pytest
import trustme
from aiohttp import ClientConnectorError, ClientPayloadError, ClientSession

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


async def test_one_object_is_read_with_kind_and_api_version(
    server: ApiServer, client: ClientSession
) -> None:
    server.put("apps/v1/deployments", {"metadata": {"name": "web", "namespace": "shop"}})

    async with client.get("/apis/apps/v1/namespaces/shop/deployments/web") as response:
        body = await response.json()

    assert (body["kind"], body["apiVersion"]) == ("Deployment", "apps/v1")
    assert body["metadata"]["name"] == "web"


async def test_an_object_that_is_not_there_is_a_404_with_a_status(client: ClientSession) -> None:
    async with client.get("/api/v1/namespaces/shop/pods/web-9") as response:
        body = await response.json()

    assert response.status == 404
    assert (body["kind"], body["reason"], body["code"]) == ("Status", "NotFound", 404)
    assert body["message"] == 'pods "web-9" not found'


async def test_a_kind_that_is_not_served_is_a_404_without_a_status(client: ClientSession) -> None:
    async with client.get("/apis/example.io/v1/widgets") as response:
        assert response.status == 404
        assert await response.text() == "404 page not found\n"


async def test_a_kind_can_be_made_unserved_and_served_again(
    server: ApiServer, client: ClientSession
) -> None:
    server.unserved.add("policy/v1/poddisruptionbudgets")
    async with client.get("/apis/policy/v1/poddisruptionbudgets") as response:
        assert response.status == 404
    async with client.get("/apis/policy/v1") as response:
        assert response.status == 404
    server.unserved.clear()
    async with client.get("/apis/policy/v1/poddisruptionbudgets") as response:
        assert response.status == 200


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


async def test_without_the_right_token_everything_is_a_401(
    server: ApiServer, client: ClientSession
) -> None:
    server.tokens.add("right")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}):
        async with client.get("/version", headers=headers) as response:
            assert response.status == 401
            assert (await response.json())["reason"] == "Unauthorized"
    async with client.get("/version", headers={"Authorization": "Bearer right"}) as response:
        assert response.status == 200


async def test_a_forbidden_kind_is_a_403_that_names_verb_and_group(
    server: ApiServer, client: ClientSession
) -> None:
    server.forbidden.add("apps/v1/deployments")

    async with client.get("/apis/apps/v1/deployments") as response:
        body = await response.json()

    assert (response.status, body["reason"]) == (403, "Forbidden")
    assert 'cannot list resource "deployments" in API group "apps"' in body["message"]
    async with client.get("/api/v1/pods") as response:
        assert response.status == 200


async def test_nothing_can_be_written_over_http(client: ClientSession) -> None:
    async with client.post("/api/v1/namespaces/shop/pods", json={}) as response:
        assert response.status == 405


async def test_version_and_health_are_served(client: ClientSession) -> None:
    async with client.get("/version") as response:
        version = await response.json()
    assert (version["major"], version["minor"]) == ("1", "36")
    assert version["gitVersion"] == "v1.36.3"
    for path in ("/livez", "/readyz"):
        async with client.get(path) as response:
            assert await response.text() == "ok"


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


async def test_a_cluster_that_is_down_refuses_and_comes_back_at_the_same_port(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/api/v1/pods?watch=1") as watch:
        await server.go_down()

        with pytest.raises(ClientPayloadError):
            await watch.content.read()
        with pytest.raises(ClientConnectorError):
            await client.get("/version")
        await server.come_back()
        async with client.get("/version") as response:
            assert response.status == 200


async def test_disconnecting_cuts_watches_but_goes_on_listening(
    server: ApiServer, client: ClientSession
) -> None:
    async with client.get("/api/v1/pods?watch=1") as watch:
        server.disconnect()
        with pytest.raises(ClientPayloadError):
            await watch.content.read()
    async with client.get("/version") as response:
        assert response.status == 200


async def test_a_taken_port_is_an_error() -> None:
    async with ApiServer("one").serving() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)):
            async with ApiServer("two").serving(port=port):
                pass


async def test_only_a_served_cluster_can_go_down(server: ApiServer) -> None:
    with pytest.raises(RuntimeError, match="eu-1 is not being served"):
        await server.go_down()


async def test_it_speaks_tls(server: ApiServer) -> None:
    authority = trustme.CA()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(ours)
    theirs = ssl.create_default_context()
    authority.configure_trust(theirs)
    async with server.serving(ssl_context=ours) as url, ClientSession() as session:
        async with session.get(f"{url}/version", ssl=theirs) as response:
            assert response.status == 200
        assert url.startswith("https://")
