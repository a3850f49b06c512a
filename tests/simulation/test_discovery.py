"""Discovery, in one document or in many."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from exporter.simulation.api_server import ApiServer
from exporter.simulation.kinds import Kind

AGGREGATED = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"


async def plain(client: ClientSession, path: str) -> dict[str, Any]:
    async with client.get(path, headers={"Accept": "application/json"}) as response:
        assert response.status == 200
        body: dict[str, Any] = await response.json()
        return body


async def aggregated(client: ClientSession, path: str) -> dict[str, Any]:
    accept = f"{AGGREGATED},application/json"
    async with client.get(path, headers={"Accept": accept}) as response:
        body: dict[str, Any] = await response.json()
        return body


def resources_of(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (group["metadata"].get("name", ""), version["version"], resource["resource"])
        for group in document["items"]
        for version in group["versions"]
        for resource in version["resources"]
    }


async def test_plain_discovery_leads_from_groups_to_resources(client: ClientSession) -> None:
    assert (await plain(client, "/api"))["versions"] == ["v1"]
    groups = {group["name"]: group for group in (await plain(client, "/apis"))["groups"]}
    assert groups["apps"]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert (await plain(client, "/apis/apps"))["name"] == "apps"
    resources = (await plain(client, "/apis/apps/v1"))["resources"]
    [deployments] = [each for each in resources if each["name"] == "deployments"]
    assert deployments["kind"] == "Deployment"
    assert deployments["namespaced"] is True
    assert {"get", "list", "watch"} <= set(deployments["verbs"])
    core = (await plain(client, "/api/v1"))["resources"]
    assert ("nodes", False) in {(each["name"], each["namespaced"]) for each in core}


async def test_aggregated_discovery_says_the_same_in_one_document(client: ClientSession) -> None:
    found = resources_of(await aggregated(client, "/api"))
    found |= resources_of(await aggregated(client, "/apis"))

    expected = set()
    for group in (await plain(client, "/apis"))["groups"]:
        for version in group["versions"]:
            listed = await plain(client, f"/apis/{version['groupVersion']}")
            expected |= {
                (group["name"], version["version"], each["name"]) for each in listed["resources"]
            }
    expected |= {("", "v1", each["name"]) for each in (await plain(client, "/api/v1"))["resources"]}
    assert found == expected


async def test_aggregated_discovery_has_an_etag(server: ApiServer, client: ClientSession) -> None:
    headers = {"Accept": AGGREGATED}
    async with client.get("/apis", headers=headers) as response:
        etag = response.headers["ETag"]
        assert "as=APIGroupDiscoveryList" in response.headers["Content-Type"]
    async with client.get("/apis", headers={**headers, "If-None-Match": etag}) as response:
        assert response.status == 304
        assert await response.read() == b""
    server.add_kind(Kind("example.io", "v1", "widgets", "Widget"))
    async with client.get("/apis", headers={**headers, "If-None-Match": etag}) as response:
        assert response.status == 200


async def test_a_server_may_not_aggregate(server: ApiServer, client: ClientSession) -> None:
    server.serves_aggregated_discovery = False

    assert (await aggregated(client, "/apis"))["kind"] == "APIGroupList"


async def test_the_plain_form_wins_when_it_is_named_first(client: ClientSession) -> None:
    headers = {"Accept": f"application/json,{AGGREGATED}"}
    async with client.get("/apis", headers=headers) as response:
        assert (await response.json())["kind"] == "APIGroupList"


async def test_stable_versions_are_preferred(server: ApiServer, client: ClientSession) -> None:
    for version in ("v1alpha1", "v1beta1", "v1"):
        server.add_kind(Kind("example.io", version, "widgets", "Widget"))

    group = await plain(client, "/apis/example.io")

    assert [each["version"] for each in group["versions"]] == ["v1", "v1beta1", "v1alpha1"]
    [found] = [
        each
        for each in (await aggregated(client, "/apis"))["items"]
        if each["metadata"]["name"] == "example.io"
    ]
    assert [each["version"] for each in found["versions"]] == ["v1", "v1beta1", "v1alpha1"]


async def test_what_is_not_served_is_in_neither_form(
    server: ApiServer, client: ClientSession
) -> None:
    server.unserved |= {"events.k8s.io/v1/events", "events"}

    found = resources_of(await aggregated(client, "/apis"))
    found |= resources_of(await aggregated(client, "/api"))

    assert not [each for each in found if each[2] == "events"]
    groups = [group["name"] for group in (await plain(client, "/apis"))["groups"]]
    assert "events.k8s.io" not in groups


@pytest.mark.parametrize("path", ["/apis/nothing.example.io", "/apis/apps/v9", "/api/v2", "/"])
async def test_an_unknown_group_is_a_404(client: ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 404
