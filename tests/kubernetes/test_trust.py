"""What a kubeconfig may make us do that was found in a cluster."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from exporter.kubernetes.clouds import cloud as clouds
from exporter.kubernetes.clouds.cloud import Eks
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import Credential, UserCredentials
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import Kubeconfig, assemble, load
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.trust import Allow

V1 = "client.authentication.k8s.io/v1"
NOTHING = Allow()
OIDC = {"client-id": "kubectl", "refresh-token": "hunter2"}


def found(cluster: dict[str, Any], user: dict[str, Any], allow: Allow = NOTHING) -> Server:
    fields = {"server": "https://10.0.0.1:6443", **cluster}
    return assemble("eu-1", fields, user, "secret fleet/eu-1", allow).server("eu-1")


def written(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Kubeconfig:
    """The same, in a file of the user."""
    file = tmp_path / "config"
    document = {
        "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "eu-1", "context": {"cluster": "c", "user": "u"}}],
    }
    file.write_text(yaml.safe_dump(document))
    return load([file])


def command(name: str, **more: Any) -> dict[str, Any]:
    return {"exec": {"command": name, "apiVersion": V1, **more}}


def oidc(**config: str) -> dict[str, Any]:
    return {"auth-provider": {"name": "oidc", "config": {**OIDC, **config}}}


async def test_what_asks_for_nothing_of_ours_is_used() -> None:
    authority = trustme.CA().cert_pem.bytes()
    cluster = {"certificate-authority-data": base64.b64encode(authority).decode()}

    server = found(cluster, {"token": "abc", "as": "jane", "as-groups": ["dev"]})

    assert server.tls == Tls(ca_data=authority)
    assert await server.credentials.current() == Credential("Bearer abc")
    assert server.impersonation == (("Impersonate-User", "jane"), ("Impersonate-Group", "dev"))
    assert not server.local_addresses


EVERYTHING = Allow(
    exec=frozenset({"aws", "/bin/aws"}),
    local_addresses=True,
    insecure_tls=True,
    file_paths=True,
    proxy=True,
)
CLUSTER = "clusters[0].cluster."
USER = "users[0].user."
ISSUER = "auth-provider.config.idp-issuer-url"
READING = "reading a file of ours"

CASES: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    (
        {"insecure-skip-tls-verify": True}, {},
        f"{CLUSTER}insecure-skip-tls-verify: trusting anybody", "insecure_tls: true",
    ),
    (
        {"server": "http://10.0.0.1"}, {},
        f"{CLUSTER}server: http without TLS", "insecure_tls: true",
    ),
    (
        {"server": "https://127.0.0.1:6443"}, {},
        f"{CLUSTER}server: '127.0.0.1' (loopback)", "local_addresses: true",
    ),
    (
        {"proxy-url": "http://hunter2:hunter2@proxy:3128"}, {},
        f"{CLUSTER}proxy-url: connecting through a proxy", "proxy: true",
    ),
    (
        {"certificate-authority": "CA"}, {},
        f"{CLUSTER}certificate-authority: {READING}", "file_paths: true",
    ),
    ({}, {"tokenFile": "TOKEN"}, f"{USER}tokenFile: {READING}", "file_paths: true"),
    (
        {}, {"client-certificate": "CERTIFICATE", "client-key": "KEY"},
        f"{USER}client-certificate: {READING}", "file_paths: true",
    ),
    (
        {}, {"client-certificate-data": "CERTIFICATE-DATA", "client-key": "KEY"},
        f"{USER}client-key: {READING}", "file_paths: true",
    ),
    (
        {}, command("aws", args=["hunter2"]),
        f"{USER}exec.command: running 'aws'", "exec: ['aws']",
    ),
    (
        {}, command("/bin/aws"),
        f"{USER}exec.command: running '/bin/aws'", "exec: ['/bin/aws']",
    ),
    (
        {}, oidc(**{"idp-issuer-url": "https://[::ffff:127.0.0.1]/realm"}),
        f"{USER}{ISSUER}: '::ffff:127.0.0.1' (loopback)", "local_addresses: true",
    ),
    (
        {}, oidc(**{"idp-issuer-url": "https://id.example", "idp-certificate-authority": "CA"}),
        f"{USER}auth-provider.config.idp-certificate-authority: {READING}", "file_paths: true",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What stands for files in `CASES`."""
    directory = tmp_path_factory.mktemp("files")
    authority = trustme.CA()
    issued = authority.issue_cert("client")
    contents = {
        "CA": authority.cert_pem.bytes(),
        "TOKEN": b"abc",
        "CERTIFICATE": issued.cert_chain_pems[0].bytes(),
        "KEY": issued.private_key_pem.bytes(),
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)

    data = base64.b64encode(contents["CERTIFICATE"]).decode()
    return {name: str(directory / name) for name in contents} | {"CERTIFICATE-DATA": data}


def filled(given: Any, files: dict[str, str]) -> Any:
    if isinstance(given, dict):
        return {name: filled(value, files) for name, value in given.items()}

    return files.get(given, given) if isinstance(given, str) else given


@pytest.mark.parametrize(("cluster", "user", "what", "setting"), CASES)
def test_what_would_make_us_do_something_is_refused_unless_allowed(
    cluster: dict[str, Any], user: dict[str, Any], what: str, setting: str, files: dict[str, str]
) -> None:
    cluster, user = filled(cluster, files), filled(user, files)
    name = setting.partition(":")[0]
    everything_else = replace(EVERYTHING, **{name: getattr(NOTHING, name)})
    this_alone = replace(NOTHING, **{name: getattr(EVERYTHING, name)})
    for too_little in (NOTHING, everything_else):
        with pytest.raises(RefusedByPolicy) as caught:
            found(cluster, user, too_little)

        kind = what.partition("s[")[0]
        assert str(caught.value) == (
            f"secret fleet/eu-1: {what} is refused; allow.{setting} permits it ({kind} 'eu-1')"
        )

    assert found(cluster, user, this_alone).local_addresses == this_alone.local_addresses


@pytest.mark.parametrize(("cluster", "user", "what", "setting"), CASES)
def test_the_users_own_file_may_do_all_of_it(
    cluster: dict[str, Any],
    user: dict[str, Any],
    what: str,
    setting: str,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    server = written(tmp_path, filled(cluster, files), filled(user, files)).server("eu-1")

    assert server.local_addresses, f"{what} {setting}"


@pytest.mark.parametrize(
    "address",
    ["127.1", "0x7f.1", "2130706433", "127.0.0.1.", "[::1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]",
     "169.254.169.254", "[fe80::1%25eth0]", "[fd00:ec2::254]", "100.100.100.200", "224.0.0.1"],
)  # fmt: skip
def test_a_local_address_is_refused_though_a_proxy_would_be_asked_for_it(address: str) -> None:
    cluster = {"server": f"https://{address}:6443", "proxy-url": "http://proxy:3128"}

    with pytest.raises(RefusedByPolicy, match=r"cluster\.server: .*allow\.local_addresses"):
        found(cluster, {}, Allow(proxy=True))


async def test_an_issuers_name_may_not_lead_to_a_local_address() -> None:
    server = found({}, oidc(**{"idp-issuer-url": "https://localhost:1"}))

    with pytest.raises(RefusedByPolicy, match=r"^localhost: its address .* is refused; allow\."):
        await server.credentials.current()


def test_a_proxy_is_not_at_a_local_address_either() -> None:
    cluster = {"proxy-url": "http://me:hunter2@169.254.169.254"}

    with pytest.raises(RefusedByPolicy) as caught:
        found(cluster, {}, Allow(proxy=True))

    assert str(caught.value) == (
        "secret fleet/eu-1: clusters[0].cluster.proxy-url: '169.254.169.254' (link-local) is"
        " refused; allow.local_addresses: true permits it (cluster 'eu-1')"
    )


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.0.1", "[fd00::1]", "kubernetes.default"])
def test_private_networks_are_fine(address: str) -> None:
    assert found({"server": f"https://{address}"}, {}).url == f"https://{address}"


@pytest.mark.parametrize(
    ("cluster", "user", "name"),
    [
        ({"certificate-authority": "ca.crt"}, {}, r"clusters\[0\]\.cluster\.certificate-authority"),
        ({}, {"tokenFile": "../token"}, r"users\[0\]\.user\.tokenFile"),
        ({}, {"client-certificate": "~/a", "client-key": "/b"}, r"users\[0\]\.user\.client-cert"),
    ],
)
def test_a_relative_path_means_nothing_where_there_is_no_directory(
    cluster: dict[str, Any], user: dict[str, Any], name: str
) -> None:
    with pytest.raises(KubeconfigError, match=f"^secret fleet/eu-1: {name}.*: must be an absolute"):
        found(cluster, user, Allow(file_paths=True))


def test_a_relative_command_means_nothing_either() -> None:
    with pytest.raises(KubeconfigError, match=r"exec\.command: must be a name or an absolute path"):
        found({}, command("bin/aws"), Allow(exec=frozenset({"bin/aws"}), file_paths=True))


@pytest.mark.parametrize("name", ["AWS", "aws ", "/usr/bin/aws", "./aws", "aws\n", "sh"])
def test_a_command_is_allowed_exactly_as_it_is_written(name: str) -> None:
    with pytest.raises(RefusedByPolicy, match="running"):
        found({}, command(name), Allow(exec=frozenset({"aws"}), file_paths=True))


def test_what_aws_writes_into_kubeconfigs_may_be_set() -> None:
    env = [{"name": "AWS_PROFILE", "value": "a"}, {"name": "AWS_STS_REGIONAL_ENDPOINTS"}]

    found({}, command("aws", env=env, args=["eks"]), Allow(exec=frozenset({"aws"})))


@pytest.mark.parametrize(
    "name",
    ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "BASH_ENV",
     "ENV", "IFS", "HOME", "KUBECONFIG", "GIT_SSH_COMMAND", "HTTPS_PROXY", "https_proxy",
     "NODE_OPTIONS", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "CLOUDSDK_PYTHON",
     "AZURE_AUTHORITY_HOST", "aws_profile", "AWS_PROFILE ", "KUBERNETES_EXEC_INFO"],
)  # fmt: skip
def test_nothing_else_of_an_allowed_commands_environment_may_be(name: str) -> None:
    env = [{"name": "AWS_PROFILE", "value": "a"}, {"name": name, "value": "hunter2"}]

    with pytest.raises(RefusedByPolicy) as caught:
        found({}, command("aws", env=env), Allow(exec=frozenset({"aws"})))

    assert str(caught.value) == (
        f"secret fleet/eu-1: users[0].user.exec.env: setting {name!r} is refused; only"
        " AWS_DEFAULT_REGION, AWS_PROFILE, AWS_REGION, AWS_STS_REGIONAL_ENDPOINTS may be set here"
        " (user 'eu-1')"
    )


AWS = {"args": ["eks", "get-token", "--cluster-name", "eu-1"]}


def test_a_clouds_own_command_is_not_run_where_its_token_may_be_got() -> None:
    """`allow.exec` may stand for other clusters of the same source."""
    for exec_too in (frozenset[str](), frozenset({"aws"})):
        server = found({}, command("aws", **AWS), Allow(exec=exec_too, native=frozenset({"eks"})))

        assert isinstance(server.credentials, UserCredentials)
        assert server.credentials._source == CloudToken(Eks(cluster_name="eu-1"))


def test_a_clouds_token_is_not_got_where_that_is_not_allowed() -> None:
    with pytest.raises(RefusedByPolicy) as caught:
        found({}, command("aws", **AWS), Allow(native=frozenset({"gke", "aks"})))

    assert str(caught.value) == (
        "secret fleet/eu-1: users[0].user.exec.command: running 'aws' is refused; allow.exec:"
        " ['aws'] permits it, allow.native: [eks] does without it (user 'eu-1')"
    )


def test_a_command_that_is_not_understood_is_still_a_command() -> None:
    with pytest.raises(RefusedByPolicy) as caught:
        found({}, command("aws", args=["sts"]), Allow(native=frozenset({"eks"})))

    assert str(caught.value).endswith("allow.exec: ['aws'] permits it (user 'eu-1')")


def test_a_token_that_may_be_got_and_cannot_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clouds, "find_spec", lambda name: None)

    with pytest.raises(KubeconfigError, match=r"exec\.command: eks needs botocore: pip install"):
        found({}, command("aws", **AWS), Allow(native=frozenset({"eks"})))


def test_who_has_a_token_needs_no_command_and_none_is_run() -> None:
    assert found({}, {"token": "abc", **command("sh")})


def test_what_is_allowed_is_part_of_what_is_compared() -> None:
    """So that a cluster is connected to anew when its provider allows it less."""

    def digest(allow: Allow) -> str:
        return assemble("eu-1", {"server": "https://host"}, {}, "secret a/b", allow).digest("eu-1")

    assert digest(NOTHING) == digest(Allow())
    assert digest(NOTHING) != digest(Allow(proxy=True))
    assert digest(NOTHING) != digest(Allow(native=frozenset({"eks"})))
    assert digest(Allow(exec=frozenset("abc"))) == digest(Allow(exec=frozenset("cba")))
