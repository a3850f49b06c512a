"""Tokens for AKS: from an Entra ID and a machine's metadata service that are served here."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from azure.identity import AzureAuthorityHosts

from exporter.kubernetes.clouds import aks
from exporter.kubernetes.clouds.cloud import AKS_SERVER, Aks, Environment
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.errors import CredentialsError
from tests.kubernetes.clouds.conftest import served

TENANT, CLIENT = "00000000-aaaa-4000-8000-000000000000", "00000000-bbbb-4000-8000-000000000000"


class Entra:
    """Microsoft Entra ID, and the metadata service of a machine."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[web.Request] = []
        self.forms: list[dict[str, str]] = []
        self.answer: web.Response | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}/{TENANT}"
            found = {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            }
            return web.json_response(found)

        self.asked.append(request)
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if self.answer is not None:
            return self.answer

        number = len(self.asked)
        ends = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
        given = {"access_token": f"token-{number}", "expires_in": 3600, "token_type": "Bearer"}
        machine = (
            {"expires_on": str(ends), "resource": AKS_SERVER} if request.method == "GET" else {}
        )
        return web.json_response(given | machine)


@pytest.fixture
async def entra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Entra]:
    """As the webhook of workload identity announces it, but for the token file."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    made = Entra()
    async with served(made.handle, context) as made.url:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", made.url)
        yield made


@pytest.fixture
def federated(entra: Entra, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Entra:
    """A pod of workload identity."""
    (tmp_path / "jwt").write_text("the-jwt")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "jwt"))
    return entra


@pytest.fixture
async def machine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Entra]:
    """A machine with a managed identity."""
    made = Entra()
    async with served(made.handle) as made.url:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", made.url)
        yield made


async def problem(source: CloudToken, caplog: pytest.LogCaptureFixture) -> str:
    with pytest.raises(CredentialsError) as caught:
        await source.read()

    told = str(caught.value)
    assert len(told.splitlines()) == 1
    assert told.startswith("aks: ")
    assert "hunter2" not in told and "the-jwt" not in told
    assert caplog.text == ""
    return told


@pytest.mark.parametrize("login", ["", "workloadidentity"])
async def test_a_pod_trades_its_own_token_for_one_of_its_application(
    federated: Entra, login: str
) -> None:
    source = CloudToken(Aks(login="workloadidentity") if login else Aks())
    credential = await source.read()

    assert credential.authorization == "Bearer token-1"
    assert credential.expires is not None
    assert timedelta(minutes=55) < credential.expires - datetime.now(UTC) <= timedelta(minutes=60)
    assert [request.path for request in federated.asked] == [f"/{TENANT}/oauth2/v2.0/token"]
    (form,) = federated.forms
    assert form["scope"] == "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
    assert (form["client_id"], form["client_assertion"]) == (CLIENT, "the-jwt")


async def test_the_tenant_and_the_client_may_be_others_than_the_environments(
    federated: Entra,
) -> None:
    tenant, client = TENANT.replace("a", "c"), CLIENT.replace("b", "d")

    await CloudToken(Aks(tenant_id=tenant, client_id=client)).read()

    assert [request.path for request in federated.asked] == [f"/{tenant}/oauth2/v2.0/token"]
    assert federated.forms[0]["client_id"] == client


async def test_an_application_proves_itself_with_its_secret(
    entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "hunter2")

    credential = await CloudToken(Aks()).read()

    assert credential.authorization == "Bearer token-1"
    (form,) = entra.forms
    assert (form["client_id"], form["client_secret"]) == (CLIENT, "hunter2")
    assert form["scope"] == f"{AKS_SERVER}/.default"


@pytest.mark.parametrize("client", ["", CLIENT])
async def test_a_machine_is_its_managed_identity(machine: Entra, client: str) -> None:
    credential = await CloudToken(Aks(client_id=client)).read()

    assert credential.authorization == "Bearer token-1"
    (asked,) = machine.asked
    assert asked.headers["Metadata"] == "true"
    assert asked.query["resource"] == AKS_SERVER
    assert asked.query.get("client_id", "") == client


async def test_who_reads_again_gets_another_token(federated: Entra) -> None:
    source = CloudToken(Aks())

    assert [(await source.read()).authorization for _ in range(2)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert len(federated.asked) == 2


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        (Aks(login="workloadidentity"), "AZURE_TENANT_ID"),
        (Aks(login="workloadidentity", tenant_id=TENANT), "AZURE_CLIENT_ID"),
        (Aks(login="spn", tenant_id=TENANT, client_id=CLIENT), "AZURE_CLIENT_SECRET"),
    ],
)
async def test_what_is_missing_in_the_environment_is_named(
    given: Aks, variable: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = await problem(CloudToken(given), caplog)

    assert told == f"aks: {variable} is not set in the exporter's environment"


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (
            400,
            json.dumps(
                {
                    "error": "invalid_client",
                    "error_description": "AADSTS700213: No matching record for 'hunter2'.",
                }
            ),
            "Entra ID gives no token: AADSTS700213",
        ),
        (400, '{"error": "hunter2"}', "Entra ID gives no token: ClientAuthenticationError"),
        (200, "hunter2", "Entra ID gives no token: "),
        (200, '{"hunter2": 1}', ""),
    ],
)
async def test_what_entra_id_refuses_is_told_without_its_words(
    federated: Entra, caplog: pytest.LogCaptureFixture, status: int, text: str, reason: str
) -> None:
    federated.answer = web.Response(status=status, text=text, content_type="application/json")

    assert (await problem(CloudToken(Aks()), caplog)).startswith(f"aks: {reason}")


async def test_a_machine_without_an_identity_is_an_error(
    machine: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    refused = {"error": "invalid_request", "error_description": "Identity not found: hunter2"}
    machine.answer = web.json_response(refused, status=400)

    told = await problem(CloudToken(Aks()), caplog)

    assert told == "aks: this machine has no managed identity that can be used"


async def test_a_token_file_that_is_gone_is_named(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/no/such/token")

    told = await problem(CloudToken(Aks()), caplog)

    assert told == "aks: /no/such/token: No such file or directory"
    assert entra.asked == []


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("AzurePublicCloud", AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
        ("AzureUSGovernmentCloud", "login.microsoftonline.us"),
        ("AzureChinaCloud", "login.chinacloudapi.cn"),
    ],
)
def test_each_of_azures_clouds_has_its_authority(environment: Environment, host: str) -> None:
    assert aks.AUTHORITIES[environment] == host
