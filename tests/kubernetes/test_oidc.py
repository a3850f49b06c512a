"""ID tokens from an issuer that is served here, over TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes import oidc
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import CredentialsError, RefusedByPolicy
from exporter.kubernetes.oidc import OidcClient, OidcTokens
from exporter.kubernetes.server import Tls

DISCOVERY = "/realm/.well-known/openid-configuration"


def id_token(seconds: float, name: str = "") -> str:
    """One that ends in so many seconds."""
    claims = json.dumps({"exp": time.time() + seconds, "sub": name}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.hunter2"


class Issuer:
    """Gives a new ID token and a new refresh token for each refresh token that is its last."""

    def __init__(self) -> None:
        self.url = ""
        self.valid = "refresh-0"
        self.rotates = True
        self.metadata: dict[str, Any] = {}
        """What differs from what a good issuer says."""
        self.tokens: dict[str, Any] = {}
        self.discovery: web.Response | None = None
        self.answer: web.StreamResponse | None = None
        self.refreshes: list[dict[str, str]] = []
        self.authorizations: list[str | None] = []

    async def configuration(self, _: web.Request) -> web.Response:
        said = {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
        return self.discovery or web.json_response(said | self.metadata)

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.refreshes.append(form)
        self.authorizations.append(request.headers.get("Authorization"))
        if self.answer is not None:
            return self.answer

        if form["refresh_token"] != self.valid:
            error = {"error": "invalid_grant", "error_description": "hunter2"}
            return web.json_response(error, status=400)

        number = len(self.refreshes)
        given = {"id_token": id_token(3600, str(number)), "token_type": "Bearer"}
        if self.rotates:
            self.valid = given["refresh_token"] = f"refresh-{number}"

        return web.json_response(given | self.tokens)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def issuer(authority: trustme.CA) -> AsyncIterator[Issuer]:
    made = Issuer()
    app = web.Application()
    app.router.add_get(DISCOVERY, made.configuration)
    app.router.add_post("/realm/token", made.token)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.url = f"https://127.0.0.1:{runner.addresses[0][1]}/realm"
    yield made
    await runner.cleanup()


@pytest.fixture
def client(issuer: Issuer, authority: trustme.CA) -> OidcClient:
    return OidcClient(issuer.url, "kubectl", Tls(ca_data=authority.cert_pem.bytes()), "s:cret")


async def problem(tokens: OidcTokens) -> str:
    with pytest.raises(CredentialsError) as caught:
        await tokens.read()

    for told in (str(caught.value), repr(caught.value), repr(tokens)):
        assert "hunter2" not in told and "refresh-0" not in told and "s:cret" not in told

    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


async def test_an_id_token_is_used_while_it_lasts(issuer: Issuer, client: OidcClient) -> None:
    given = id_token(3600)

    credential = await OidcTokens(client, given, "refresh-0").read()

    assert credential.authorization == f"Bearer {given}"
    assert credential.expires is not None
    assert 3500 < credential.expires.timestamp() - time.time() <= 3600
    assert not issuer.refreshes


@pytest.mark.parametrize("given", ["", "opaque", id_token(-10)], ids=["none", "opaque", "ended"])
async def test_without_a_usable_one_the_issuer_is_asked(
    issuer: Issuer, client: OidcClient, given: str
) -> None:
    credential = await OidcTokens(client, given, "refresh-0").read()

    assert credential.authorization is not None
    assert credential.expires is not None
    assert credential.expires.timestamp() > time.time() + 3500
    assert issuer.refreshes == [{"grant_type": "refresh_token", "refresh_token": "refresh-0"}]


async def test_whoever_reads_again_gets_a_new_one_with_the_last_refresh_token(
    issuer: Issuer, client: OidcClient
) -> None:
    tokens = OidcTokens(client, id_token(3600), "refresh-0")
    seen = {(await tokens.read()).authorization for _ in range(4)}

    assert len(seen) == 4
    assert [form["refresh_token"] for form in issuer.refreshes] == [
        "refresh-0", "refresh-1", "refresh-2",
    ]  # fmt: skip


async def test_a_refresh_token_that_is_not_replaced_stays(
    issuer: Issuer, client: OidcClient
) -> None:
    issuer.rotates = False
    tokens = OidcTokens(client, "", "refresh-0")
    await tokens.read()
    await tokens.read()

    assert [form["refresh_token"] for form in issuer.refreshes] == ["refresh-0", "refresh-0"]


async def test_a_rejected_token_is_replaced_once(issuer: Issuer, client: OidcClient) -> None:
    credentials = UserCredentials(OidcTokens(client, id_token(3600), "refresh-0"))
    rejected = await credentials.current()

    credentials.rejected(rejected)

    assert await credentials.current() != rejected
    assert await credentials.current() == await credentials.current()
    assert len(issuer.refreshes) == 1


async def test_without_a_refresh_token_the_id_token_is_used_to_its_end(client: OidcClient) -> None:
    tokens = OidcTokens(client, id_token(3600), "")

    assert await tokens.read() == await tokens.read()


async def test_an_end_without_a_refresh_token_is_told(client: OidcClient) -> None:
    assert await problem(OidcTokens(client, id_token(-1), "")) == (
        f"auth-provider oidc: {client.issuer}:"
        " the id-token has ended, and there is no refresh-token"
    )


@pytest.mark.parametrize(
    ("methods", "secret", "authorization", "form"),
    [
        (None, "s:cret", "kubectl:s%3Acret", {}),
        (["client_secret_basic", "client_secret_post"], "s:cret", "kubectl:s%3Acret", {}),
        (
            ["client_secret_post"],
            "s:cret",
            None,
            {"client_id": "kubectl", "client_secret": "s:cret"},
        ),
        (None, "", None, {"client_id": "kubectl"}),
    ],
)
async def test_the_client_shows_who_it_is_as_the_issuer_wants_it(
    issuer: Issuer,
    client: OidcClient,
    methods: list[str] | None,
    secret: str,
    authorization: str | None,
    form: Mapping[str, str],
) -> None:
    issuer.metadata["token_endpoint_auth_methods_supported"] = methods
    await OidcTokens(replace(client, client_secret=secret), "", "refresh-0").read()

    (sent,) = issuer.authorizations
    expected = None
    if authorization is not None:
        expected = f"Basic {base64.b64encode(authorization.encode()).decode()}"

    assert sent == expected
    assert issuer.refreshes[0] == {
        "grant_type": "refresh_token", "refresh_token": "refresh-0", **form,
    }  # fmt: skip


async def test_a_slash_at_the_end_of_an_issuer_makes_no_difference(
    issuer: Issuer, client: OidcClient
) -> None:
    assert await OidcTokens(replace(client, issuer=f"{issuer.url}/"), "", "refresh-0").read()


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"issuer": "https://id.example"}, "says that it is another issuer"),
        ({"token_endpoint": "http://127.0.0.1/token"}, "its token_endpoint is no https URL"),
        ({"token_endpoint": "https://me:hunter2@host/"}, "its token_endpoint is no https URL"),
        ({"token_endpoint": "https://["}, "its token_endpoint is no https URL"),
        ({"token_endpoint": "file:///hunter2"}, "its token_endpoint is no https URL"),
        ({"token_endpoint": 7}, "answers with something that is not OpenID Connect"),
        ({"issuer": None}, "answers with something that is not OpenID Connect"),
    ],
)
async def test_an_issuer_that_says_something_strange_is_sent_no_token(
    issuer: Issuer, client: OidcClient, metadata: dict[str, Any], why: str
) -> None:
    issuer.metadata = metadata

    told = await problem(OidcTokens(client, "", "refresh-0"))

    assert told == f"auth-provider oidc: {issuer.url}: {why}"
    assert not issuer.refreshes


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            web.Response(status=404, text="hunter2"),
            f"its {DISCOVERY[6:]} is answered with status 404",
        ),
        (web.Response(status=302, headers={"Location": "/hunter2"}), "is answered with status 302"),
        (web.Response(text="hunter2"), "answers with something that is not OpenID Connect"),
        (web.Response(body=b"\xff"), "answers with something that is not OpenID Connect"),
        (web.Response(text="[" * 100_000), "answers with something that is not OpenID Connect"),
        (web.Response(body=b" " * 1_048_577), "an answer of more than 1048576 bytes"),
    ],
)
async def test_an_issuer_that_cannot_be_discovered_is_told_why(
    issuer: Issuer, client: OidcClient, answer: web.Response, why: str
) -> None:
    issuer.discovery = answer

    assert why in await problem(OidcTokens(client, "", "refresh-0"))
    assert not issuer.refreshes


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ({"id_token": None}, "answered without an id_token; was scope openid asked for?"),
        ({"id_token": "hunter2"}, "gave an id_token that has ended or says no end"),
        ({"id_token": id_token(-5)}, "gave an id_token that has ended or says no end"),
        ({"id_token": 7}, "answers with something that is not OpenID Connect"),
    ],
    ids=["none", "opaque", "ended", "number"],
)
async def test_an_answer_without_a_usable_token_is_told(
    issuer: Issuer, client: OidcClient, tokens: dict[str, Any], why: str
) -> None:
    issuer.tokens = tokens

    assert why in await problem(OidcTokens(client, "", "refresh-0"))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            web.json_response({"error": "invalid_grant"}, status=400),
            "status 400, invalid_grant; log",
        ),
        (
            web.json_response({"error": "hunter2"}, status=400),
            "gives no new token: status 400; log",
        ),
        (web.Response(text="hunter2", status=500), "gives no new token: status 500; log in again"),
        (
            web.Response(status=307, headers={"Location": "/x"}),
            "gives no new token: status 307; log",
        ),
    ],
)
async def test_a_refused_refresh_is_told_without_the_issuers_words(
    issuer: Issuer, client: OidcClient, answer: web.Response, why: str
) -> None:
    issuer.answer = answer

    assert why in await problem(OidcTokens(client, "", "refresh-0"))
    assert len(issuer.refreshes) == 1


async def test_the_last_token_stays_in_use_while_the_issuer_is_away(
    issuer: Issuer, client: OidcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OidcTokens, "reread_after", 0.0)
    credentials = UserCredentials(OidcTokens(client, id_token(50), "refresh-0"))
    first = await credentials.current()
    issuer.discovery = web.Response(status=503)

    assert await credentials.current() == first


async def test_an_issuer_that_does_not_answer_is_given_up(
    issuer: Issuer, client: OidcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "DEADLINE", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        there = replace(client, issuer=f"https://127.0.0.1:{port}")
        assert "no answer within 0 s" in await problem(OidcTokens(there, "", "refresh-0"))


async def test_an_issuer_that_we_do_not_trust_is_sent_nothing(
    issuer: Issuer, client: OidcClient
) -> None:
    other = replace(client, tls=Tls(ca_data=trustme.CA().cert_pem.bytes()))

    assert "the certificate is not accepted" in await problem(OidcTokens(other, "", "refresh-0"))
    assert not issuer.refreshes


async def test_an_authority_file_is_read_anew_for_every_refresh(
    client: OidcClient, authority: trustme.CA, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    tokens = OidcTokens(replace(client, tls=Tls(ca_file=file)), "", "refresh-0")
    assert f"certificate-authority: {file}: No such file" in await problem(tokens)

    file.write_bytes(authority.cert_pem.bytes())
    assert await tokens.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_issuer_at_a_local_address_is_refused_unless_allowed(
    issuer: Issuer, client: OidcClient, host: str
) -> None:
    there = issuer.url.replace("127.0.0.1", host)
    credentials = UserCredentials(
        OidcTokens(replace(client, issuer=there, local_addresses=False), "", "refresh-0")
    )

    for _ in range(2):
        with pytest.raises(RefusedByPolicy, match=r"allow\.local_addresses: true permits it"):
            await credentials.current()

    assert not issuer.refreshes


async def test_a_token_endpoint_at_a_local_address_is_refused_as_well(
    issuer: Issuer, client: OidcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.kubernetes.session.refuse_local", refuse_metadata)
    issuer.metadata["token_endpoint"] = "https://169.254.169.254/token"

    with pytest.raises(RefusedByPolicy):
        await OidcTokens(replace(client, local_addresses=False), "", "refresh-0").read()


def refuse_metadata(host: str, address: str) -> None:
    if address.startswith("169.254"):
        raise RefusedByPolicy(host)


async def test_names_are_no_longer_resolved_after_a_refresh(
    issuer: Issuer, client: OidcClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    class Closing(ThreadedResolver):
        async def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(oidc, "AsyncResolver", Closing)
    await OidcTokens(client, "", "refresh-0").read()
    await problem(OidcTokens(client, "", "hunter2"))

    assert closed == [True, True]


async def test_a_hundred_refreshes_leave_no_descriptor_open(client: OidcClient) -> None:
    tokens = OidcTokens(client, "", "refresh-0")
    await tokens.read()
    before = open_files()
    for _ in range(100):
        await tokens.read()

    async with asyncio.timeout(5):
        while open_files() > before:
            await asyncio.sleep(0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
