"""
Nothing secret is ever shown: not in an exception, its causes, a log line, or any object's repr.

Kubeconfigs are made at random of good and broken values, each of which holds a marker where a
secret would be, in plain and in base64.
"""

from __future__ import annotations

import asyncio
import base64
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog.testing
import trustme
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.kubernetes import exec_plugin, oidc
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.exec_plugin import ExecPlugin
from exporter.kubernetes.kubeconfig import Kubeconfig, assemble, load, parse
from exporter.kubernetes.kubeconfig_file import Cluster, Exec, OidcConfig, User
from exporter.kubernetes.oidc import OidcTokens
from exporter.kubernetes.server import Server
from exporter.kubernetes.trust import Allow

MARKER = "hunter2"
ENCODED = base64.b64encode(MARKER.encode()).decode()
EVERYTHING = Allow(frozenset({"true", "/bin/true"}), True, True, True, True)
V1 = "client.authentication.k8s.io/v1"

authority = trustme.CA()
issued = authority.issue_cert("client")
CERTIFICATE = issued.cert_chain_pems[0].bytes()
KEY = issued.private_key_pem.bytes()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def jwt(claims: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims).decode()}.{MARKER}"


wrong = st.sampled_from([7, None, True, [MARKER], {"a": MARKER}, {"a": [MARKER]}])
"""Of no field's type."""

text = st.sampled_from(
    [MARKER, "", f"{MARKER} {MARKER}", f"{MARKER}\n{MARKER}", f"\0{MARKER}", f"é{MARKER}",
     jwt(b'{"exp": 1}'), jwt(b'{"exp": 32503680000}'), jwt(MARKER.encode())],
)  # fmt: skip

pem = st.sampled_from(
    [
        CERTIFICATE, KEY, b"", MARKER.encode(), KEY[:60] + MARKER.encode(),
        b"-----BEGIN CERTIFICATE-----\n" + MARKER.encode(),
        b"-----BEGIN PRIVATE KEY-----\n" + MARKER.encode() + b"\n-----END PRIVATE KEY-----",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + MARKER.encode(),
        MARKER.encode() + b"\n" + KEY,
    ]
).map(encoded) | st.sampled_from([f"{MARKER}!", MARKER, f"é{MARKER}"])  # fmt: skip

url = st.sampled_from(
    [f"http://me:{MARKER}@proxy:3128", f"socks5://me:{MARKER}@proxy", f"//{MARKER}",
     f"http://me:{MARKER}@proxy:{MARKER}", f"http://me:{MARKER}@[::1", "https://host",
     f"https://me:{MARKER}@host", f"https://host/?token={MARKER}", f"http://{MARKER} @host",
     f"https://me:{MARKER}@127.0.0.1", f"https://host/#{MARKER}", "http://169.254.169.254"],
)  # fmt: skip

env = st.fixed_dictionaries(
    {"name": st.sampled_from(["TOKEN", "AWS_PROFILE", "", "A=B"]), "value": text | wrong}
)

plugin = st.fixed_dictionaries(
    {"command": st.sampled_from(["true", "/bin/true", "no-such", ""]), "apiVersion": st.just(V1)},
    optional={
        "args": st.lists(text, max_size=2) | wrong,
        "env": st.lists(env, max_size=2) | wrong,
        "provideClusterInfo": st.booleans(),
    },
)

provider = st.fixed_dictionaries(
    {"name": st.sampled_from(["oidc", "oidc", "gcp"])},
    optional={
        "config": st.fixed_dictionaries(
            {},
            optional={
                "idp-issuer-url": url,
                "client-id": st.just("kubectl"),
                "client-secret": text | wrong,
                "id-token": text | wrong,
                "refresh-token": text | wrong,
                "access-token": text,
                "idp-certificate-authority-data": pem,
            },
        )
        | wrong
    },
)

user = st.fixed_dictionaries(
    {},
    optional={
        "token": text | wrong,
        "username": st.just("jane"),
        "password": text | wrong,
        "client-certificate-data": pem | wrong,
        "client-key-data": pem | wrong,
        "exec": plugin | wrong,
        "auth-provider": provider | wrong,
        "as": st.just("jane"),
    },
)

cluster = st.fixed_dictionaries(
    {"server": url},
    optional={
        "proxy-url": url | wrong,
        "certificate-authority-data": pem,
        "insecure-skip-tls-verify": st.booleans(),
        "extensions": st.just(
            [{"name": "client.authentication.k8s.io/exec", "extension": {"secret": MARKER}}]
        ),
    },
)


def shown(*what: object) -> None:
    for one in what:
        for told in (repr(one), str(one), f"{one}"):
            assert MARKER not in told, type(one)
            assert ENCODED not in told, type(one)
            assert "PRIVATE KEY" not in told, type(one)


def shown_error(error: BaseException) -> None:
    shown(error, *error.args)
    assert str(error).isprintable()
    for line in traceback.format_exception(error):
        for told in (MARKER, ENCODED, "PRIVATE KEY"):
            assert told not in line or line.lstrip().startswith("File "), line


def look_at(kubeconfig: Kubeconfig) -> None:
    """Everything that is made of it, and everything that is raised."""
    shown(kubeconfig, kubeconfig.digest("ctx"))
    for entries in kubeconfig._entries.values():
        shown(*entries.values())

    try:
        server = kubeconfig.server("ctx")
    except KubernetesError as error:
        shown_error(error)
    else:
        look_at_server(server)


def look_at_server(server: Server) -> None:
    shown(server, server.tls, server.credentials)
    assert isinstance(server.credentials, UserCredentials)
    source = server.credentials._source
    shown(source)
    if isinstance(source, ExecPlugin) or (isinstance(source, OidcTokens) and source.refresh_token):
        return  # test_exec_plugin.py and test_oidc.py have somebody who answers

    try:
        credential = asyncio.run(source.read())
    except KubernetesError as error:
        shown_error(error)
    else:
        shown(credential, credential.key_pair)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
@given(user, cluster, st.sampled_from([Allow(), EVERYTHING]))
def test_no_kubeconfig_gives_its_secrets_away(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], allow: Allow
) -> None:
    document = {
        "clusters": [{"name": "ctx", "cluster": cluster}],
        "users": [{"name": "ctx", "user": user}],
        "contexts": [{"name": "ctx", "context": {"cluster": "ctx", "user": "ctx"}}],
    }
    content = yaml.safe_dump(document).encode()
    file = tmp_path / "config"
    file.write_bytes(content)
    with structlog.testing.capture_logs() as logs:
        reading: list[Callable[[], Kubeconfig]] = [
            lambda: load([file]),
            lambda: parse(content, "secret fleet/ctx", allow),
            lambda: assemble("ctx", cluster, user, "secret fleet/ctx", allow),
        ]
        for read in reading:
            try:
                kubeconfig = read()
            except KubernetesError as error:
                shown_error(error)
            else:
                look_at(kubeconfig)

    shown(logs)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_broken_kubeconfig_gives_its_secrets_away(data: st.DataObject) -> None:
    """Cut off, or garbled anywhere; names are no secrets, but may have swallowed one then."""
    good = (
        f"users:\n- name: ctx\n  user:\n    token: {MARKER}\n    password: &p '{MARKER}'\n"
        f"    exec: {{command: a, args: [{MARKER}], env: [{{name: A, value: *p}}]}}\n"
    )
    place = data.draw(st.integers(0, len(good)))
    garbage = data.draw(st.text(alphabet="\t\n {}[]:,-&*!|>'\"%@`#?\0é", max_size=4))
    rest = data.draw(st.sampled_from([good[place:], ""]))
    try:
        told = repr(parse((good[:place] + garbage + rest).encode(), "secret a/b", Allow()))
    except KubernetesError as error:
        assert str(error).isprintable()  # noqa: PT017  what is raised varies
        told = "".join(traceback.format_exception(error))

    assert MARKER not in re.sub(r"\(user '.*'\)", "", told)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (User, {"token": MARKER, "password": MARKER, "client-key-data": ENCODED}),
        (User, {"auth-provider": {"config": {"id-token": MARKER}}}),
        (User, {"exec": {"args": [MARKER], "env": [{"name": "A", "value": MARKER}]}}),
        (Exec, {"args": [MARKER], "env": [{"name": "A", "value": MARKER}]}),
        (Cluster, {"proxy-url": f"http://me:{MARKER}@proxy"}),
        (exec_plugin._Status, {"token": MARKER, "clientKeyData": MARKER}),
        (oidc._Tokens, {"id_token": MARKER, "refresh_token": MARKER}),
        (OidcConfig, {"client-secret": MARKER, "id-token": MARKER, "refresh-token": MARKER}),
    ],
)
def test_the_fields_themselves_are_not_shown(kind: type[Any], fields: dict[str, Any]) -> None:
    shown(msgspec.convert(fields, kind))
