"""Scrapers that real API servers know or do not: tokens, rights, and what becomes of both."""

import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exporter import app
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.settings import KubernetesAuthorization, Settings, Telemetry, Web
from exporter.web import reviews
from tests.controlplane.binaries import built
from tests.controlplane.client import Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.controlplane.objects import namespace
from tests.controlplane.prometheus_server import started_prometheus
from tests.web.certificates import web_config, write, write_pair

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

WHERE = "monitoring"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWER_ROLE = [
    {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
    {
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["subjectaccessreviews"],
        "verbs": ["create"],
    },
]
"""All that the exporter needs for it."""

SCRAPER_ROLE = [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]


@dataclass
class Scraped:
    """An exporter that has its scrapers reviewed by `cluster`."""

    cluster: Cluster
    metrics: str
    telemetry: str

    async def status(self, token: str, path: str = "/metrics", url: str = "") -> int:
        """What whoever has the token is answered; without one, who has none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session,
            session.get((url or self.metrics) + path, headers=headers) as answer,
        ):
            return answer.status


@pytest_asyncio.fixture(loop_scope="session", params=["east", "west"])
async def hub(
    request: pytest.FixtureRequest, clusters: dict[str, Cluster]
) -> AsyncIterator[Cluster]:
    """A cluster in which there are an exporter's identity, a scraper's, and one without rights."""
    cluster = clusters[request.param]
    api = cluster.api
    await api.create("/api/v1/namespaces", namespace(WHERE))
    for name in ("exporter", "prometheus", "visitor"):
        account = {"metadata": {"name": name}}
        await api.create(f"/api/v1/namespaces/{WHERE}/serviceaccounts", account)

    for name, rules in (("exporter", REVIEWER_ROLE), ("prometheus", SCRAPER_ROLE)):
        await allow(cluster, name, rules)

    yield cluster
    for name in ("exporter", "prometheus"):
        await api.delete(f"{RBAC}/clusterroles/e2e-{name}")
        await api.delete(f"{RBAC}/clusterrolebindings/e2e-{name}")

    await api.delete(f"/api/v1/namespaces/{WHERE}")

    async def is_gone() -> None:
        names = [one["metadata"]["name"] for one in await api.items("/api/v1/namespaces")]
        assert WHERE not in names

    await eventually(is_gone, within=60)


async def allow(cluster: Cluster, name: str, rules: list[dict[str, list[str]]]) -> None:
    """A service account of `WHERE` may do what the rules say."""
    named = {"metadata": {"name": f"e2e-{name}"}}
    await cluster.api.create(f"{RBAC}/clusterroles", {**named, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": name, "namespace": WHERE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"e2e-{name}"}
    binding = {**named, "roleRef": role, "subjects": [subject]}
    await cluster.api.create(f"{RBAC}/clusterrolebindings", binding)


async def token_of(cluster: Cluster, account: str) -> str:
    path = f"/api/v1/namespaces/{WHERE}/serviceaccounts/{account}/token"
    answer = await cluster.api.create(path, {"spec": {"expirationSeconds": 600}})
    return str(answer["status"]["token"])


async def signed(cluster: Cluster, account: str, seconds: float) -> str:
    """A token as the API server makes it, with its own key, that ends in so many seconds."""
    path = f"/api/v1/namespaces/{WHERE}/serviceaccounts/{account}"
    uid = (await cluster.api.get(path))["metadata"]["uid"]
    issuer, now = "https://kubernetes.default.svc", int(time.time())
    claims = {
        "iss": issuer,
        "aud": [issuer],
        "sub": f"system:serviceaccount:{WHERE}:{account}",
        "iat": now - 7200,
        "nbf": now - 7200,
        "exp": now + int(seconds),
        "kubernetes.io": {"namespace": WHERE, "serviceaccount": {"name": account, "uid": uid}},
    }
    key = load_pem_private_key((cluster.directory / "service-account.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    text = f"{encoded({'alg': 'ES256', 'typ': 'JWT'})}.{encoded(claims)}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encoded(part: Mapping[str, Any]) -> str:
    return base64url(json.dumps(part).encode())


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@asynccontextmanager
async def scraped(hub: Cluster, folder: Path, web_config_file: str = "") -> AsyncIterator[Scraped]:
    """
    An exporter that reads the hub with all rights, and has scrapers reviewed there by an identity
    that may do nothing else.
    """
    document: Object = hub.kubeconfig_context()
    (folder / "read.yaml").write_text(yaml.safe_dump(document))
    document["users"][0]["user"] = {"token": await token_of(hub, "exporter")}
    (folder / "review.yaml").write_text(yaml.safe_dump(document))
    settings = Settings(
        discovery=(Kubeconfig((str(folder / "read.yaml"),)),),
        web=Web(
            "127.0.0.1:0",
            web_config_file=web_config_file,
            kubernetes_authorization=KubernetesAuthorization(str(folder / "review.yaml"), hub.name),
        ),
        telemetry=Telemetry("127.0.0.1:0"),
    )
    async with app.serve(settings) as served:
        port = Scraped(hub, served.metrics, served.telemetry)

        async def is_ready() -> None:
            assert await port.status("", "/readyz") == 200

        if not web_config_file:
            await eventually(is_ready, within=30)

        yield port


async def test_only_those_with_the_right_are_let_in(hub: Cluster, tmp_path: Path) -> None:
    right, without = await token_of(hub, "prometheus"), await token_of(hub, "visitor")
    async with scraped(hub, tmp_path) as port:
        answers = {
            "none": await port.status(""),
            "wrong": await port.status("nonsense"),
            "spoilt": await port.status(right[:-4] + "AAAA"),
            "without": await port.status(without),
            "right": await port.status(right),
            "right, another path": await port.status(right, "/sd"),
            "right, a path that everybody may read of Kubernetes": await port.status(
                right, "/api/v1/clusters"
            ),
            "telemetry, none": await port.status("", url=port.telemetry),
            "telemetry, without": await port.status(without, url=port.telemetry),
            "telemetry, right": await port.status(right, url=port.telemetry),
            "admin, another path": await port.status(hub.token, "/api/v1/clusters"),
            "probe": await port.status("", "/livez"),
        }
        paths = "/ /metrics /metrics/fleet /clusters/x/metrics /sd /federate /api/v1/clusters "
        paths += "/-/healthy /-/ready /-/reload /version /healthz /openapi/v2"
        everybody = {await port.status(without, path) for path in paths.split()}

    assert answers == {
        "none": 401,
        "wrong": 401,
        "spoilt": 401,
        "without": 403,
        "right": 200,
        "right, another path": 403,
        "right, a path that everybody may read of Kubernetes": 403,
        "telemetry, none": 401,
        "telemetry, without": 403,
        "telemetry, right": 200,
        "admin, another path": 200,
        "probe": 200,
    }
    assert everybody == {403}, "what every identity may read of Kubernetes is none of ours"


async def test_a_token_that_has_expired_is_refused_and_one_like_it_is_not(
    hub: Cluster, tmp_path: Path
) -> None:
    expired = await signed(hub, "prometheus", -300)  # a minute late is in time for Kubernetes
    valid = await signed(hub, "prometheus", 600)
    async with scraped(hub, tmp_path) as port:
        assert await port.status(expired) == 401
        assert await port.status(valid) == 200


async def test_a_right_that_is_taken_away_holds_for_as_long_as_answers_are_kept(
    hub: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = await token_of(hub, "prometheus")
    async with scraped(hub, tmp_path) as kept:
        monkeypatch.setattr(reviews, "ALLOWED", 0.2)
        (tmp_path / "other").mkdir()
        async with scraped(hub, tmp_path / "other") as port:
            assert await port.status(right) == 200
            monkeypatch.undo()
            assert await kept.status(right) == 200
            await hub.api.delete(f"{RBAC}/clusterrolebindings/e2e-prometheus")
            await hub.api.delete(f"{RBAC}/clusterroles/e2e-prometheus")
            monkeypatch.setattr(reviews, "ALLOWED", 0.2)

            async def is_refused() -> None:
                assert await port.status(right) == 403

            await eventually(is_refused, within=30)
            assert await kept.status(right) == 200
            await allow(hub, "prometheus", SCRAPER_ROLE)


async def test_a_token_whose_account_is_gone_is_refused(
    hub: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "KNOWN", 0.2)
    right = await token_of(hub, "prometheus")
    async with scraped(hub, tmp_path) as port:
        assert await port.status(right) == 200
        await hub.api.delete(f"/api/v1/namespaces/{WHERE}/serviceaccounts/prometheus")

        async def is_refused() -> None:
            assert await port.status(right) == 401

        await eventually(is_refused, within=30)


async def test_prometheus_scrapes_with_certificate_and_token_and_not_without(
    hub: Cluster, tmp_path: Path
) -> None:
    built("prometheus")
    server, clients = trustme.CA(), trustme.CA()
    write_pair(tmp_path, server)
    write(tmp_path / "ca.crt", clients.cert_pem.bytes())
    write(tmp_path / "trusted.crt", server.cert_pem.bytes())
    (tmp_path / "own").mkdir()
    write_pair(tmp_path / "own", clients, "prometheus.monitoring.svc")
    required = {
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": "ca.crt",
        "client_allowed_sans": ["prometheus.monitoring.svc"],
    }
    trusting = {"ca_file": str(tmp_path / "trusted.crt")}
    own = {
        "cert_file": str(tmp_path / "own" / "server.crt"),
        "key_file": str(tmp_path / "own" / "server.key"),
    }
    token = {"authorization": {"credentials": await token_of(hub, "prometheus")}}
    async with scraped(hub, tmp_path, web_config(tmp_path, required)) as port:
        target = [{"targets": [urlsplit(port.metrics).netloc]}]
        job = {"scheme": "https", "static_configs": target}
        jobs = [
            {"job_name": "both", "tls_config": trusting | own, **token, **job},
            {"job_name": "certificate", "tls_config": trusting | own, **job},
            {"job_name": "token", "tls_config": trusting, **token, **job},
        ]
        async with started_prometheus(jobs, tmp_path / "prometheus") as prometheus:

            async def are_scraped() -> None:
                ups = {one.labels["job"]: one.value for one in await prometheus.query("up")}
                assert ups == {"prometheus": 1, "both": 1, "certificate": 0, "token": 0}

            await eventually(are_scraped, within=60)


async def test_an_exporter_that_may_not_ask_lets_nobody_in(hub: Cluster, tmp_path: Path) -> None:
    right = await token_of(hub, "prometheus")
    await hub.api.delete(f"{RBAC}/clusterrolebindings/e2e-exporter")
    await hub.api.delete(f"{RBAC}/clusterroles/e2e-exporter")
    try:
        async with scraped(hub, tmp_path) as port:
            assert await port.status(right) == 503
            assert await port.status("", "/livez") == 200
    finally:
        await allow(hub, "exporter", REVIEWER_ROLE)
