"""What a request asks for."""

from __future__ import annotations

import pytest

from exporter.simulation.request import Request, Target


def request(path: str, method: str = "GET", **query: str) -> Request:
    return Request(method, path, query, {})


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/v1/pods", Target("pods", "", "")),
        ("/api/v1/pods/", Target("pods", "", "")),
        ("/api/v1/namespaces", Target("namespaces", "", "")),
        ("/api/v1/namespaces/shop", Target("namespaces", "", "shop")),
        ("/api/v1/namespaces/shop/pods", Target("pods", "shop", "")),
        ("/api/v1/namespaces/shop/pods/web-0", Target("pods", "shop", "web-0")),
        ("/api/v1/nodes/n1", Target("nodes", "", "n1")),
        ("/apis/apps/v1/deployments", Target("apps/v1/deployments", "", "")),
        (
            "/apis/apps/v1/namespaces/shop/deployments/web",
            Target("apps/v1/deployments", "shop", "web"),
        ),
    ],
)
def test_a_path_leads_to_objects(path: str, target: Target) -> None:
    assert request(path).target == target


@pytest.mark.parametrize(
    "path", ["/", "/version", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/readyz"]
)
def test_other_paths_lead_to_none(path: str) -> None:
    assert request(path).target is None


@pytest.mark.parametrize(
    ("given", "verb"),
    [
        (request("/api/v1/pods"), "list"),
        (request("/api/v1/pods", watch="1"), "watch"),
        (request("/api/v1/pods", watch="true"), "watch"),
        (request("/api/v1/pods", watch="0"), "list"),
        (request("/api/v1/nodes/n1"), "get"),
        (request("/version"), "get"),
        (request("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST"), "create"),
    ],
)
def test_a_request_has_the_verb_that_authorization_sees(given: Request, verb: str) -> None:
    assert given.verb == verb
