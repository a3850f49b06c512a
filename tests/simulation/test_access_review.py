"""SelfSubjectAccessReviews: advice that may be given, wrong, refused or unknown."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from exporter.simulation.access_review import PATH, RULES_PATH
from exporter.simulation.api_server import ApiServer


async def review(client: ClientSession, group: str, resource: str) -> tuple[int, dict[str, Any]]:
    attributes = {"verb": "list", "group": group, "resource": resource}
    async with client.post(PATH, json={"spec": {"resourceAttributes": attributes}}) as response:
        return response.status, await response.json(content_type=None)


async def test_what_is_not_forbidden_is_allowed(server: ApiServer, client: ClientSession) -> None:
    server.forbidden.add("secrets")

    status, pods = await review(client, "", "pods")
    _, secrets = await review(client, "", "secrets")
    _, deployments = await review(client, "apps", "deployments")

    assert status == 201
    assert pods["status"]["allowed"] is True
    assert secrets["status"]["allowed"] is False
    assert deployments["status"]["allowed"] is True
    assert pods["spec"]["resourceAttributes"]["resource"] == "pods"


async def test_an_unknown_resource_is_denied(client: ClientSession) -> None:
    _, answer = await review(client, "example.io", "widgets")

    assert answer["status"]["allowed"] is False


async def test_advice_can_differ_from_the_truth(server: ApiServer, client: ClientSession) -> None:
    server.forbidden.add("secrets")
    server.denied_in_reviews = {"pods"}

    _, pods = await review(client, "", "pods")
    _, secrets = await review(client, "", "secrets")

    assert pods["status"]["allowed"] is False
    assert secrets["status"]["allowed"] is True
    async with client.get("/api/v1/pods") as response:
        assert response.status == 200
    async with client.get("/api/v1/secrets") as response:
        assert response.status == 403


async def test_reviews_can_be_forbidden(server: ApiServer, client: ClientSession) -> None:
    server.access_reviews = "forbidden"

    status, body = await review(client, "", "pods")

    assert (status, body["reason"]) == (403, "Forbidden")
    assert "cannot create resource" in body["message"]


async def test_reviews_can_be_unserved(server: ApiServer, client: ClientSession) -> None:
    server.access_reviews = "unserved"
    async with client.post(PATH, json={}) as response:
        assert response.status == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"spec":{"nonResourceAttributes":{}}}'])
async def test_a_body_that_is_no_review_is_a_400(client: ClientSession, body: bytes) -> None:
    async with client.post(PATH, data=body) as response:
        assert response.status == 400


async def test_rules_are_listed_as_far_as_they_are_known(
    server: ApiServer, client: ClientSession
) -> None:
    server.forbidden.add("secrets")

    async with client.post(RULES_PATH, json={"spec": {"namespace": "nowhere"}}) as response:
        assert response.status == 201
        status = (await response.json(content_type=None))["status"]

    listed = {(rule["apiGroups"][0], rule["resources"][0]) for rule in status["resourceRules"]}
    assert {("", "pods"), ("apps", "deployments")} < listed
    assert ("", "secrets") not in listed
    assert status["incomplete"] is True


@pytest.mark.parametrize("body", [b"", b"{}", b'{"spec":{"namespace":""}}'])
async def test_rules_are_of_one_namespace(client: ClientSession, body: bytes) -> None:
    async with client.post(RULES_PATH, data=body) as response:
        assert response.status == 400
