"""Tokens for EKS: signatures are checked as AWS checks them, and STS is served here."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp
import msgspec
import pytest
from aiohttp import web

from exporter import app
from exporter.kubernetes.clouds import eks
from exporter.kubernetes.clouds.cloud import Eks
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import Credential
from exporter.kubernetes.errors import CredentialsError
from exporter.settings import Settings
from tests.kubernetes.clouds.conftest import served
from tests.web.exporter import Exporter, small_cluster

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ROLE = "arn:aws:iam::123456789012:role/reader"


def signature(
    secret: str, scope: str, method: str, query: str, headers: Mapping[str, str], moment: str
) -> str:
    """Signature Version 4 of a request without a body, as AWS' documentation states it."""
    signed = ";".join(sorted(headers))
    lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
    body = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join([method, "/", query, *lines, "", signed, body])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashed])
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")

    return key.hex()


def test_our_reading_of_the_signature_gives_that_of_the_documented_example() -> None:
    """https://docs.aws.amazon.com/general/latest/gr/sigv4-create-canonical-request.html"""
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "host": "iam.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
    }
    scope, query = "20150830/us-east-1/iam/aws4_request", "Action=ListUsers&Version=2010-05-08"

    assert signature(SECRET, scope, "GET", query, headers, "20150830T123600Z") == (
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


class Presigned:
    """What an API server of EKS reads from a token."""

    def __init__(self, credential: Credential) -> None:
        token = (credential.authorization or "").removeprefix("Bearer k8s-aws-v1.")
        url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        self.parts = urlsplit(url)
        self.query = dict(parse_qsl(self.parts.query, keep_blank_values=True))
        self.access_key, _, self.scope = self.query["X-Amz-Credential"].partition("/")

    def opens(self, cluster: str, secret: str = SECRET) -> bool:
        """Whether AWS says yes when the API server of `cluster` adds its name and sends this."""
        query = dict(self.query)
        given = query.pop("X-Amz-Signature")
        assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
        text = urlencode(sorted(query.items()), quote_via=quote)
        headers = {"host": self.parts.netloc, "x-k8s-aws-id": cluster}
        return given == signature(secret, self.scope, "GET", text, headers, query["X-Amz-Date"])


class Sts:
    """Assumes every role for everybody, and gives an account its keys."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.answer: web.Response | None = None
        self.valid = timedelta(hours=1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        form["Authorization"] = request.headers.get("Authorization", "")
        form["path"] = request.path
        self.asked.append(form)
        if self.answer is not None:
            return self.answer

        ends = (datetime.now(UTC) + self.valid).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = len(self.asked)
        if request.method == "GET":
            keys = {"AccessKeyId": f"KEY{number}", "SecretAccessKey": SECRET}
            return web.json_response({**keys, "Token": f"session-{number}", "Expiration": ends})

        action = form["Action"]
        return web.Response(
            text=f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
              <{action}Result><Credentials><AccessKeyId>KEY{number}</AccessKeyId>
              <SecretAccessKey>{SECRET}</SecretAccessKey>
              <SessionToken>session-{number}</SessionToken><Expiration>{ends}</Expiration>
              </Credentials></{action}Result></{action}Response>""",
            content_type="text/xml",
        )


@pytest.fixture
async def sts(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sts]:
    made = Sts()
    async with served(made.handle) as made.url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", made.url)
        yield made


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


async def problem(source: CloudToken) -> str:
    with pytest.raises(CredentialsError) as caught:
        await source.read()

    told = str(caught.value)
    assert len(told.splitlines()) == 1
    assert told.startswith("eks: ")
    assert SECRET not in told and "hunter2" not in told
    return told


@pytest.mark.usefixtures("keys")
async def test_a_token_opens_the_cluster_that_it_names_and_no_other() -> None:
    credential = await CloudToken(Eks(cluster_name="eu-1", region="eu-west-1")).read()
    presigned = Presigned(credential)

    assert presigned.parts.scheme == "https"
    assert presigned.parts.netloc == "sts.eu-west-1.amazonaws.com"
    assert presigned.query["Action"] == "GetCallerIdentity"
    assert presigned.query["X-Amz-Expires"] == "60"
    assert presigned.access_key == "AKIDEXAMPLE"
    assert presigned.scope.endswith("/eu-west-1/sts/aws4_request")
    assert presigned.opens("eu-1")
    assert not presigned.opens("eu-2")


@pytest.mark.usefixtures("keys")
async def test_a_token_is_good_for_fourteen_minutes() -> None:
    before = datetime.now(UTC)
    credential = await CloudToken(Eks(cluster_name="eu-1")).read()
    after = datetime.now(UTC)

    assert credential.expires is not None
    assert before <= credential.expires - timedelta(minutes=14) <= after
    assert credential.rotation == "auto"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("variables", "region", "host"),
    [
        ({}, "", "sts.us-east-1.amazonaws.com"),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "", "sts.us-east-1.amazonaws.com"),
        ({"AWS_REGION": "eu-north-1"}, "", "sts.eu-north-1.amazonaws.com"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "", "sts.eu-north-1.amazonaws.com"),
        ({"AWS_REGION": "eu-north-1"}, "eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ({}, "cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ],
)
async def test_the_sts_is_that_of_the_region(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str, host: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    presigned = Presigned(await CloudToken(Eks(cluster_name="eu-1", region=region)).read())

    assert presigned.parts.netloc == host
    assert presigned.opens("eu-1")


@pytest.mark.usefixtures("keys")
async def test_an_endpoint_of_our_own_is_not_what_api_servers_ask(sts: Sts) -> None:
    presigned = Presigned(await CloudToken(Eks(cluster_name="eu-1", region="eu-west-1")).read())

    assert presigned.parts.netloc == "sts.eu-west-1.amazonaws.com"
    assert sts.asked == []


async def test_a_pod_with_an_iam_role_is_that_role(
    sts: Sts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("the-jwt")
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))

    presigned = Presigned(await CloudToken(Eks(cluster_name="eu-1", region="eu-west-1")).read())

    assert presigned.access_key == "KEY1"
    assert presigned.query["X-Amz-Security-Token"] == "session-1"
    assert presigned.opens("eu-1")
    (asked,) = sts.asked
    assert asked["Action"] == "AssumeRoleWithWebIdentity"
    assert (asked["RoleArn"], asked["WebIdentityToken"]) == (ROLE, "the-jwt")


async def test_pod_identity_is_asked_with_its_token(
    sts: Sts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("the-jwt")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{sts.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))

    presigned = Presigned(await CloudToken(Eks(cluster_name="eu-1", region="eu-west-1")).read())

    assert presigned.access_key == "KEY1"
    assert presigned.opens("eu-1")
    (asked,) = sts.asked
    assert (asked["path"], asked["Authorization"]) == ("/v1/credentials", "the-jwt")


@pytest.mark.usefixtures("keys")
async def test_a_role_is_assumed_with_its_external_id(sts: Sts) -> None:
    source = CloudToken(
        Eks(cluster_name="eu-1", region="eu-west-1", role_arn=ROLE, external_id="ours")
    )

    presigned = Presigned(await source.read())

    assert (presigned.access_key, presigned.opens("eu-1")) == ("KEY1", True)
    (asked,) = sts.asked
    assert "Credential=AKIDEXAMPLE/" in asked["Authorization"]
    assert (asked["Action"], asked["RoleArn"]) == ("AssumeRole", ROLE)
    assert (asked["ExternalId"], asked["RoleSessionName"]) == ("ours", "kube-fleet-exporter")


@pytest.mark.usefixtures("keys")
async def test_a_role_is_assumed_once_for_all_clusters_while_it_lasts(sts: Sts) -> None:
    for name in ("eu-1", "eu-2", "eu-1"):
        source = CloudToken(Eks(cluster_name=name, region="eu-west-1", role_arn=ROLE))
        assert Presigned(await source.read()).opens(name)

    assert len(sts.asked) == 1


@pytest.mark.usefixtures("keys")
async def test_a_token_ends_no_later_than_the_role_that_signed_it(sts: Sts) -> None:
    sts.valid = timedelta(minutes=5)
    source = CloudToken(Eks(cluster_name="eu-1", region="eu-west-1", role_arn=ROLE))

    first, second = await source.read(), await source.read()

    assert first.expires is not None
    assert first.expires <= datetime.now(UTC) + sts.valid
    assert [Presigned(each).access_key for each in (first, second)] == ["KEY1", "KEY2"]


async def test_a_profile_is_chosen_and_read_again_when_its_keys_are_rotated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    source = CloudToken(Eks(cluster_name="eu-1", region="eu-west-1", profile="fleet"))
    seen = []
    for key in ("OLD", "NEW"):
        file.write_text(f"[fleet]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET}\n")
        seen.append(Presigned(await source.read()).access_key)

    assert seen == ["OLD", "NEW"]


async def test_without_any_credentials_the_error_says_where_they_may_be() -> None:
    assert "no AWS credentials in the environment, a profile" in await problem(
        CloudToken(Eks(cluster_name="eu-1"))
    )


async def test_a_profile_that_is_not_there_is_an_error() -> None:
    source = CloudToken(Eks(cluster_name="eu-1", profile="no-such"))

    assert await problem(source) == "eks: no AWS credentials: ProfileNotFound"


async def test_a_profile_that_would_ask_a_person_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        f"[profile fleet]\nrole_arn = {ROLE}\nsource_profile = fleet\nmfa_serial = 123\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    told = await problem(CloudToken(Eks(cluster_name="eu-1", profile="fleet")))

    assert "second factor" in told


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            "<R><Error><Code>AccessDenied</Code><Message>hunter2</Message></Error></R>",
            "AssumeRole is refused: AccessDenied",
        ),
        (
            "<R><Error><Code>hunter2 and more</Code></Error></R>",
            "AssumeRole is refused: no known reason",
        ),
        ("hunter2", "no AWS credentials: ResponseParserError"),
    ],
)
async def test_what_sts_refuses_is_told_without_its_words(
    sts: Sts, answer: str, reason: str
) -> None:
    sts.answer = web.Response(status=403, text=answer, content_type="text/xml")

    told = await problem(CloudToken(Eks(cluster_name="eu-1", role_arn=ROLE)))

    assert told == f"eks: {reason}"


async def test_a_token_file_that_is_gone_is_named(
    sts: Sts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token")

    told = await problem(CloudToken(Eks(cluster_name="eu-1")))

    assert told == "eks: no AWS credentials: /no/such/token: No such file or directory"
    assert sts.asked == []


@pytest.mark.usefixtures("keys")
async def test_an_sts_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")

    told = await problem(CloudToken(Eks(cluster_name="eu-1", role_arn=ROLE)))

    assert told == "eks: no AWS credentials: EndpointConnectionError"


def test_whoever_waits_for_sts_is_done_before_the_deadline_of_a_token() -> None:
    limits = eks.LIMITS
    tries = limits.retries["total_max_attempts"]

    assert tries * (limits.connect_timeout + limits.read_timeout) < 30


class TokensOf(set[str]):
    """The tokens that an API server of EKS accepts."""

    def __init__(self, cluster: str) -> None:
        super().__init__({"any that is signed for it"})
        self._cluster = cluster

    def __contains__(self, token: object) -> bool:
        return Presigned(Credential(f"Bearer {token}")).opens(self._cluster)


@pytest.mark.usefixtures("keys")
async def test_a_fleet_reads_the_clusters_that_let_it_in() -> None:
    """Without anything of AWS' on the way: no command, no request."""
    mine, other = small_cluster("eu-1", "web-0"), small_cluster("eu-2", "web-0")
    mine.tokens, other.tokens = TokensOf("eu-1"), TokensOf("eu-2")
    async with mine.serving() as my_url, other.serving() as other_url:
        clusters = [
            {"name": "eu-1", "server": my_url, "eks": {"cluster_name": "eu-1"}},
            {"name": "eu-2", "server": other_url, "eks": {"cluster_name": "eu-1"}},
        ]
        document = {
            "discovery": [{"provider": "static", "clusters": clusters}],
            "web": {"listen": "127.0.0.1:0"},
            "telemetry": {"listen": "127.0.0.1:0"},
        }
        settings = msgspec.convert(document, Settings)
        async with app.serve(settings) as serving, aiohttp.ClientSession() as session:
            exporter = Exporter(serving, session)
            await exporter.complete("eu-1")
            await exporter.shows(
                "/metrics",
                'kube_fleet_cluster_condition{cluster="eu-2",condition="unauthorized"',
            )
            page = await exporter.page("/metrics")

    assert 'kube_pod_info{cluster="eu-1"' in page
    assert 'kube_pod_info{cluster="eu-2"' not in page
    assert (
        'kube_fleet_credential_expiry_timestamp_seconds{cluster="eu-1",kind="token",rotation="auto"}'
        in page
    )
