import base64
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
import trustme
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from exporter.kubernetes.clouds import cloud as clouds
from exporter.kubernetes.clouds.cloud import Eks
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import Credential, CredentialSource, KeyPair
from exporter.kubernetes.errors import CredentialsError, KubeconfigError
from exporter.kubernetes.exec_plugin import ExecPlugin
from exporter.kubernetes.kubeconfig_file import Cluster, Entry, User
from exporter.kubernetes.kubeconfig_user import credential_source, impersonation
from exporter.kubernetes.oidc import OidcClient, OidcTokens
from exporter.kubernetes.server import Tls

PLACE = "/home/jane/config: users[0].user."
V1 = "client.authentication.k8s.io/v1"


def entry(fields: dict[str, Any], file: str = "/home/jane/config") -> tuple[Entry, User]:
    return Entry(Path(file), "users", 0, "u", fields), msgspec.convert(fields, User)


def source(fields: dict[str, Any], file: str = "/home/jane/config") -> CredentialSource:
    cluster = {"server": "https://host"}
    return credential_source(
        *entry(fields, file),
        Entry(Path(file), "clusters", 0, "c", cluster),
        msgspec.convert(cluster, Cluster),
    )


def key_pair() -> KeyPair:
    issued = trustme.CA().issue_cert("client")
    return KeyPair(issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes())


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_a_user_without_anything_is_anonymous() -> None:
    assert await source({"token": "", "username": None}).read() == Credential()


async def test_a_token_is_presented() -> None:
    assert await source({"token": "abc\n"}).read() == Credential("Bearer abc")


async def test_a_token_file_is_relative_to_the_kubeconfig_and_goes_before_a_token(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    fields = {"token": "inline", "tokenFile": "token"}

    credential = await source(fields, f"{tmp_path}/config").read()

    assert credential == Credential("Bearer from-file")


async def test_a_user_name_and_password_are_presented() -> None:
    credential = await source({"username": "jane", "password": "pass:wörd"}).read()

    assert credential.authorization is not None
    scheme, _, value = credential.authorization.partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(value).decode() == "jane:pass:wörd"


async def test_a_key_pair_may_be_inline_or_in_files_and_inline_goes_first(tmp_path: Path) -> None:
    pair = key_pair()
    (tmp_path / "key").write_bytes(pair.key)
    fields = {
        "client-certificate-data": encoded(pair.certificate),
        "client-certificate": "/missing",
        "client-key": "key",
    }

    assert await source(fields, f"{tmp_path}/config").read() == Credential(key_pair=pair)


async def test_a_key_pair_and_a_token_are_both_presented() -> None:
    pair = key_pair()
    fields = {
        "token": "abc",
        "client-certificate-data": encoded(pair.certificate),
        "client-key-data": encoded(pair.key),
    }

    assert await source(fields).read() == Credential("Bearer abc", pair)


def aws(command: str = "aws") -> dict[str, Any]:
    """As `aws eks update-kubeconfig` writes it, but for the old apiVersion."""
    args = ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "eu-1"]
    return {"exec": {"command": command, "apiVersion": V1, "args": args}}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory in which commands are looked for; it is empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("command", ["aws", "./aws", "/no/such/aws"])
def test_a_clouds_own_command_that_is_not_there_is_not_needed(command: str) -> None:
    assert source(aws(command)) == CloudToken(Eks(cluster_name="eu-1", region="eu-west-1"))


def test_one_that_is_there_is_run_because_it_may_know_more_than_we(path: Path) -> None:
    (path / "aws").write_text("#!/bin/sh\n")
    (path / "aws").chmod(0o755)

    assert isinstance(source(aws()), ExecPlugin)


@pytest.mark.usefixtures("path")
async def test_one_that_is_not_there_says_what_would_do_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clouds, "find_spec", lambda name: None)

    with pytest.raises(CredentialsError) as caught:
        await source(aws()).read()

    assert str(caught.value) == (
        "exec plugin aws: no such command: kube-fleet-exporter[eks] does without it"
    )


def test_an_exec_plugin_is_taken_over() -> None:
    fields = {
        "exec": {
            "command": "bin/plugin",
            "apiVersion": V1,
            "args": ["a", "b"],
            "env": [{"name": "A", "value": "1"}, {"name": "B"}],
            "installHint": "get it",
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": True,
        }
    }

    assert source(fields) == ExecPlugin(
        command="/home/jane/bin/plugin",
        api_version=V1,
        arguments=("a", "b"),
        environment={"A": "1", "B": ""},
        install_hint="get it",
        cluster={"server": "https://host"},
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [("aws", "aws"), ("./plugin", "/home/jane/plugin"), ("/bin/plugin", "/bin/plugin")],
)
def test_only_a_command_with_a_slash_is_a_path(command: str, expected: str) -> None:
    plugin = source({"exec": {"command": command, "apiVersion": V1}})

    assert isinstance(plugin, ExecPlugin)
    assert plugin.command == expected


async def test_who_has_a_token_needs_no_plugin() -> None:
    fields = {"token": "abc", "exec": {"command": "false", "apiVersion": V1}}

    assert await source(fields).read() == Credential("Bearer abc")


HALF = {"client-certificate-data": encoded(key_pair().certificate)}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"token": "hunter2 hunter2"}, "token: the token holds spaces or characters that are not"),
        ({"tokenFile": "missing"}, "tokenFile: /home/jane/missing: No such file or directory"),
        ({"username": "u", "token": "t"}, "username: there is a token, too"),
        ({"username": "u", "tokenFile": "t"}, "username: there is a token, too"),
        ({"password": "hunter2"}, "username: is missing, there is a password"),
        (HALF, "client-key: is missing, the other half of the key pair is given"),
        ({"client-key-data": "aHVudGVyMg=="}, "client-certificate: is missing"),
        ({**HALF, "client-key-data": "hunter2!"}, "client-key-data: is not base64"),
        ({**HALF, "client-key-data": "aHVudGVyMg=="}, "client-key-data: holds no private key"),
        (
            {**HALF, "client-key-data": encoded(key_pair().key)},
            "client-key-data: does not belong to the certificate",
        ),
        (
            {"client-certificate-data": "aHVudGVyMg==", "client-key-data": "aHVudGVyMg=="},
            "client-certificate-data: holds no certificate",
        ),
        (
            {**HALF, "client-key": "missing"},
            "client-key: /home/jane/missing: No such file or directory",
        ),
        ({"auth-provider": {"name": "gcp"}}, "auth-provider: is not supported; use an exec"),
        ({"auth-provider": "hunter2"}, "auth-provider: is not supported; use an exec"),
        ({"tokenfile": "hunter2"}, "tokenfile: unknown field; known are as, as-groups, as-uid"),
        ({"exec": {}}, "exec.command: is missing"),
        ({"exec": {"command": "p"}}, f"exec.apiVersion: must be {V1} or {V1}beta1"),
        (
            {"exec": {"command": "p", "apiVersion": f"{V1}alpha1"}},
            f"exec.apiVersion: must be {V1} or {V1}beta1",
        ),
        (
            {"exec": {"command": "p", "apiVersion": V1, "interactiveMode": "Always"}},
            "exec.interactiveMode: must be Never or IfAvailable: nobody can answer",
        ),
        (
            {"exec": {"command": "p", "apiVersion": V1, "env": [{"name": "a=b"}]}},
            "exec.env: a name is empty or holds '='",
        ),
        (
            {"exec": {"command": "p", "apiVersion": V1, "timeout": 3}},
            "exec.timeout: unknown field; known are apiVersion, args",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_and_not_quoted(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(KubeconfigError) as caught:
        source(fields)

    assert str(caught.value).startswith(f"{PLACE}{why}")
    assert str(caught.value).endswith(" (user 'u')")
    assert "hunter2" not in str(caught.value)


def oidc(**config: Any) -> dict[str, Any]:
    given = {name.replace("_", "-"): value for name, value in config.items()}
    return {"auth-provider": {"name": "oidc", "config": given}}


ISSUER = {"idp_issuer_url": "https://id.example/realm", "client_id": "kubectl"}


def test_an_oidc_provider_is_taken_over() -> None:
    authority = trustme.CA().cert_pem.bytes()
    fields = oidc(
        **ISSUER,
        client_secret="secret",
        id_token="id",
        refresh_token="refresh",
        idp_certificate_authority_data=encoded(authority),
        extra_scopes="groups",
    )

    assert source(fields) == OidcTokens(
        OidcClient("https://id.example/realm", "kubectl", Tls(ca_data=authority), "secret"),
        "id",
        "refresh",
    )


def test_an_issuers_authority_may_be_a_file_beside_the_kubeconfig(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "id.crt")
    fields = oidc(**ISSUER, refresh_token="r", idp_certificate_authority="id.crt")

    assert source(fields, f"{tmp_path}/config") == OidcTokens(
        OidcClient("https://id.example/realm", "kubectl", Tls(ca_file=tmp_path / "id.crt")),
        "",
        "r",
    )


async def test_who_has_a_token_needs_no_provider() -> None:
    assert await source({"token": "abc", **oidc(**ISSUER)}).read() == Credential("Bearer abc")


PROVIDER = "auth-provider.config."


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (oidc(), f"{PROVIDER}idp-issuer-url: is missing"),
        (oidc(idp_issuer_url="https://id.example"), f"{PROVIDER}client-id: is missing"),
        (oidc(**ISSUER), f"{PROVIDER}refresh-token: is missing, and so is the id-token; log in"),
        (
            oidc(client_id="a", id_token="a", idp_issuer_url="http://id.example"),
            f"{PROVIDER}idp-issuer-url: must be https, and end after the path",
        ),
        (
            oidc(client_id="a", id_token="a", idp_issuer_url="https://me:hunter2@id.example"),
            f"{PROVIDER}idp-issuer-url: must be https, and end after the path",
        ),
        (
            oidc(client_id="a", id_token="a", idp_issuer_url="https://id.example?a=hunter2"),
            f"{PROVIDER}idp-issuer-url: must be https, and end after the path",
        ),
        (
            oidc(client_id="a", id_token="a", idp_issuer_url="hunter2"),
            f"{PROVIDER}idp-issuer-url: is no URL like https://host:6443",
        ),
        (
            oidc(**ISSUER, id_token="a", idp_certificate_authority_data="hunter2!"),
            f"{PROVIDER}idp-certificate-authority-data: is not base64",
        ),
        (
            oidc(**ISSUER, id_token="a", idp_certificate_authority_data="aHVudGVyMg=="),
            f"{PROVIDER}idp-certificate-authority-data: holds no certificate",
        ),
        (
            oidc(**ISSUER, id_token="a", idp_certificate_authority="missing"),
            f"{PROVIDER}idp-certificate-authority: /home/jane/missing: No such file",
        ),
        (oidc(**ISSUER, id_token=["hunter2"]), f"{PROVIDER[:-1]}: expected a mapping of strings"),
        (
            {"auth-provider": {"name": "oidc", "config": ["hunter2"]}},
            f"{PROVIDER[:-1]}: expected a mapping of strings",
        ),
        (oidc(**ISSUER, scopes="hunter2"), f"{PROVIDER}scopes: unknown field; known are client-id"),
        (
            {**oidc(**ISSUER, id_token="a"), "exec": {"command": "p", "apiVersion": V1}},
            "auth-provider: there is an exec plugin, too; remove either",
        ),
        (
            {**oidc(**ISSUER), **HALF, "client-key-data": "aHVudGVyMg=="},
            "auth-provider: there is a client certificate, too; remove either",
        ),
    ],
)
def test_a_provider_that_cannot_be_asked_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        source(fields)

    assert str(caught.value).startswith(f"{PLACE}{why}")
    assert "hunter2" not in str(caught.value)


async def test_extensions_are_ignored() -> None:
    assert await source({"extensions": [{"name": "x"}], "auth-provider": None}).read()


def test_without_impersonation_there_are_no_headers() -> None:
    assert impersonation(*entry({"as": "", "as-groups": []})) == ()


def test_impersonation_is_headers() -> None:
    fields = {
        "as": "jane",
        "as-uid": "7",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"acme.com/project": ["a", "b"]},
    }

    assert impersonation(*entry(fields)) == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-acme.com%2Fproject", "a"),
        ("Impersonate-Extra-acme.com%2Fproject", "b"),
    )


@hypothesis_given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_extra_keys_header_is_a_token_that_gives_the_key_back(key: str) -> None:
    (_, (header, _)) = impersonation(*entry({"as": "jane", "as-user-extra": {key: ["x"]}}))

    name = header.removeprefix("Impersonate-Extra-")
    assert unquote(name) == key
    assert all(character.isalnum() or character in "!#$%&'*+-.^_`|~" for character in name)
    assert name.isascii()


@pytest.mark.parametrize(
    "fields", [{"as-uid": "7"}, {"as-groups": ["dev"]}, {"as-user-extra": {"a": ["b"]}}]
)
def test_impersonation_needs_a_user(fields: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError, match=r"users\[0\]\.user\.as: is missing"):
        impersonation(*entry(fields))


@pytest.mark.parametrize("text", ["a\nX-Evil: 1", "a\r", "a\0"])
def test_no_header_can_be_smuggled_in(text: str) -> None:
    for fields in ({"as": text}, {"as": "jane", "as-groups": [text]}):
        with pytest.raises(KubeconfigError, match=r"user\.as: .* characters that no HTTP header"):
            impersonation(*entry(fields))
