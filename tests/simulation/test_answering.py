"""What a server in good health answers: objects, permissions, versions, health."""

from __future__ import annotations

from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer


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
