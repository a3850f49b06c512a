"""Tokens for GKE: from a metadata server and a token endpoint that are served here."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
import trustme
from aiohttp import web
from google.auth.compute_engine import _metadata

from exporter import app
from exporter.kubernetes.clouds.cloud import Gke
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.json_web_token import expiry
from exporter.settings import Settings
from tests.kubernetes.clouds.conftest import served
from tests.web.exporter import Exporter, running_pod, small_cluster

ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default"


class Google:
    """A metadata server, and all that gives tokens."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self.forms: list[dict[str, str]] = []
        self.answer: web.Response | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        flavor = {"Metadata-Flavor": "Google"}
        if request.path == "/":
            return web.Response(headers=flavor)

        if request.path == f"{ACCOUNT}/":
            account = {"email": "reader@example", "scopes": [], "aliases": ["default"]}
            return web.json_response(account, headers=flavor)

        if not request.path.endswith("/token"):
            return web.Response(text="an-answer", headers=flavor)

        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if self.answer is not None:
            return self.answer

        number = len(self.forms)
        given = {"access_token": f"token-{number}", "expires_in": 3599, "token_type": "Bearer"}
        issued = {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        return web.json_response(given | issued, headers=flavor)

    def tokens(self) -> list[web.Request]:
        return [request for request in self.asked if request.path.endswith("/token")]


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    made = Google()
    async with served(made.handle) as made.url:
        yield made


@pytest.fixture
def metadata(google: Google, monkeypatch: pytest.MonkeyPatch) -> Google:
    """A pod or machine of Google's."""
    host = google.url.removeprefix("http://")
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", host)  # what GCE_METADATA_HOST says
    monkeypatch.setenv("GCE_METADATA_IP", host)
    return google


@pytest.fixture
def key(google: Google, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A service account's key."""
    private = trustme.CA(key_type=trustme.KeyType.RSA).private_key_pem.bytes().decode()
    file = tmp_path / "key.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "fleet",
                "private_key_id": "1",
                "private_key": private,
                "client_email": "reader@fleet.iam.gserviceaccount.com",
                "token_uri": f"{google.url}/token",
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


async def problem(source: CloudToken) -> str:
    with pytest.raises(CredentialsError) as caught:
        await source.read()

    told = str(caught.value)
    assert len(told.splitlines()) == 1
    assert told.startswith("gke: ")
    assert "hunter2" not in told and "PRIVATE KEY" not in told
    return told


async def test_a_pod_is_the_account_of_its_workload_identity(
    metadata: Google, caplog: pytest.LogCaptureFixture
) -> None:
    credential = await CloudToken(Gke()).read()

    assert credential.authorization == "Bearer token-1"
    assert caplog.text == ""  # the library misses a project ID, which nobody needs here
    assert credential.expires is not None
    assert timedelta(minutes=55) < credential.expires - datetime.now(UTC) < timedelta(minutes=60)
    (asked,) = metadata.tokens()
    assert asked.path == f"{ACCOUNT}/token"
    assert asked.headers["Metadata-Flavor"] == "Google"
    assert "https://www.googleapis.com/auth/cloud-platform" in asked.query["scopes"]
    assert "https://www.googleapis.com/auth/userinfo.email" in asked.query["scopes"]


@pytest.mark.usefixtures("key")
async def test_a_service_account_proves_itself_with_its_key(google: Google) -> None:
    credential = await CloudToken(Gke()).read()

    assert credential.authorization == "Bearer token-1"
    (form,) = google.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    ends = expiry(form["assertion"])
    assert ends is not None and ends > datetime.now(UTC)


async def test_a_workload_elsewhere_trades_its_own_token(
    google: Google, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "jwt").write_text("the-jwt")
    pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": pool,
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": f"{google.url}/token",
                "credential_source": {"file": str(tmp_path / "jwt")},
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "config.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "fleet")

    credential = await CloudToken(Gke()).read()

    assert credential.authorization == "Bearer token-1"
    (form,) = google.forms
    assert (form["audience"], form["subject_token"]) == (pool, "the-jwt")


async def test_who_reads_again_gets_another_token(metadata: Google) -> None:
    source = CloudToken(Gke())

    assert [(await source.read()).authorization for _ in range(2)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert len(metadata.tokens()) == 2


async def test_without_any_credentials_the_error_says_where_they_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")

    told = await problem(CloudToken(Gke()))

    assert told == (
        "gke: no Application Default Credentials: neither GOOGLE_APPLICATION_CREDENTIALS nor a"
        " metadata server gives any"
    )


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (400, '{"error": "invalid_grant", "error_description": "hunter2"}', "RefreshError"),
        (200, '{"hunter2": 1}', "RefreshError"),
        (200, "hunter2", "makes no sense: TypeError"),
    ],
)
async def test_what_google_refuses_is_told_without_its_words(
    google: Google, caplog: pytest.LogCaptureFixture, status: int, text: str, reason: str
) -> None:
    google.answer = web.Response(status=status, text=text, content_type="application/json")

    assert (await problem(CloudToken(Gke()))).endswith(reason)
    assert caplog.text == ""


async def test_a_key_file_that_is_none_is_an_error(key: Path) -> None:
    key.write_text('{"type": "hunter2"}')

    assert "no Application Default Credentials" in await problem(CloudToken(Gke()))


async def test_a_google_that_is_not_there_is_an_error(key: Path) -> None:
    given = json.loads(key.read_text())
    key.write_text(json.dumps({**given, "token_uri": "http://127.0.0.1:1/token"}))

    assert await problem(CloudToken(Gke())) == "gke: Google gives no token: TransportError"


async def test_a_kubeconfig_of_gcloud_works_where_nothing_of_gcloud_is(
    metadata: Google, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also after the API server stops to accept the first token."""
    monkeypatch.setenv("PATH", str(tmp_path))
    server = small_cluster("eu-1", "web-0")
    server.tokens = {"token-1"}
    plugin = {
        "command": "gke-gcloud-auth-plugin",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "installHint": "Install gke-gcloud-auth-plugin",
        "provideClusterInfo": True,
    }
    file = tmp_path / "kubeconfig"
    async with server.serving() as url:
        document = {
            "clusters": [{"name": "gke", "cluster": {"server": url}}],
            "users": [{"name": "gke", "user": {"exec": plugin}}],
            "contexts": [{"name": "eu-1", "context": {"cluster": "gke", "user": "gke"}}],
        }
        file.write_text(json.dumps(document))
        settings = {
            "discovery": [{"provider": "kubeconfig", "files": [str(file)]}],
            "web": {"listen": "127.0.0.1:0"},
            "telemetry": {"listen": "127.0.0.1:0"},
        }
        async with (
            app.serve(msgspec.convert(settings, Settings)) as serving,
            aiohttp.ClientSession() as session,
        ):
            exporter = Exporter(serving, session)
            await exporter.complete("eu-1")
            server.tokens = {"token-2"}
            server.disconnect()
            server.put("pods", running_pod("web-1"))
            await exporter.shows("/metrics", 'pod="web-1"')

    assert len(metadata.tokens()) == 2
