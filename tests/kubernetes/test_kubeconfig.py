import base64
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from kubernetes_asyncio.config import kube_config

from exporter.kubernetes.certificates import ssl_context
from exporter.kubernetes.credentials import Credential
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import Kubeconfig, assemble, default_paths, load, parse
from exporter.kubernetes.server import Tls
from exporter.kubernetes.trust import Allow


def kubeconfig(
    contexts: dict[str, tuple[str, str]],
    clusters: dict[str, dict[str, Any]],
    users: dict[str, dict[str, Any]],
    current: str | None = None,
) -> str:
    """Contexts are pairs of cluster and user."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "preferences": {"colors": True},
            "clusters": [{"name": name, "cluster": one} for name, one in clusters.items()],
            "users": [{"name": name, "user": one} for name, one in users.items()],
            "contexts": [
                {"name": name, "context": {"cluster": cluster, "user": user, "namespace": "x"}}
                for name, (cluster, user) in contexts.items()
            ],
            **({"current-context": current} if current is not None else {}),
        }
    )


def written(file: Path, *what: Any, **more: Any) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(kubeconfig(*what, **more))
    return file


def one(file: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Kubeconfig:
    cluster = {"server": "https://host", **cluster}
    return load([written(file, {"ctx": ("c", "u")}, {"c": cluster}, {"u": user})])


def test_kubectls_default_file_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert default_paths() == (tmp_path / ".kube/config",)


def test_missing_files_of_the_environment_are_left_out_unless_none_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (tmp_path / name for name in "abc")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["", str(first), str(second), str(third)]))
    assert default_paths() == (first, second, third)

    first.touch()
    third.touch()
    assert default_paths() == (first, third)


def test_everything_of_a_context_is_honoured(tmp_path: Path) -> None:
    authority = trustme.CA().cert_pem.bytes()
    cluster = {
        "certificate-authority-data": base64.b64encode(authority).decode(),
        "tls-server-name": "api",
        "proxy-url": "http://proxy:3128",
        "disable-compression": True,
    }

    server = one(tmp_path / "config", cluster, {"as": "jane"}).server("ctx")

    assert server.url == "https://host"
    assert server.tls == Tls(ca_data=authority, server_name="api")
    assert server.proxy == "http://proxy:3128"
    assert server.impersonation == (("Impersonate-User", "jane"),)
    assert not server.compression


async def test_what_is_not_given_has_kubectls_meaning(tmp_path: Path) -> None:
    server = one(tmp_path / "config", {}, {}).server("ctx")

    assert server.tls == Tls()
    assert server.proxy is None
    assert server.impersonation == ()
    assert server.compression
    assert await server.credentials.current() == Credential()


async def test_files_are_merged_as_kubectl_does(tmp_path: Path) -> None:
    host = "https://{}".format
    first = written(
        tmp_path / "one" / "config",
        {"a": ("c", "u")},
        {"c": {"server": host("first")}},
        {"u": {"tokenFile": "token"}},
        current="a",
    )
    second = written(
        tmp_path / "two" / "config",
        {"a": ("c", "v"), "b": ("c", "v")},
        {"c": {"server": host("second")}},
        {"v": {"tokenFile": "token"}},
        current="b",
    )
    (tmp_path / "one" / "token").write_text("token-one")
    (tmp_path / "two" / "token").write_text("token-two")

    merged = load([first, second])

    assert merged.contexts == ("a", "b")
    assert merged.current_context == "a"
    for context, token in (("a", "token-one"), ("b", "token-two")):
        server = merged.server(context)
        assert server.url == "https://first"
        assert (await server.credentials.current()).authorization == f"Bearer {token}"


def test_an_empty_file_beside_another_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    full = written(tmp_path / "config", {"ctx": ("c", "u")}, {}, {})

    merged = load([tmp_path / "empty", full])

    assert merged.contexts == ("ctx",)
    assert merged.current_context is None


@pytest.mark.parametrize("count", [1, 2])
def test_nothing_but_empty_files_is_refused(tmp_path: Path, count: int) -> None:
    files = [tmp_path / str(number) for number in range(count)]
    for file in files:
        file.touch()

    with pytest.raises(KubeconfigError, match=f"^{':'.join(map(str, files))}: is empty$"):
        load(files)


def test_a_missing_file_is_refused_though_another_is_there(tmp_path: Path) -> None:
    full = written(tmp_path / "config", {"ctx": ("c", "u")}, {}, {})

    with pytest.raises(KubeconfigError, match=f"^{tmp_path}/missing: No such file"):
        load([full, tmp_path / "missing"])


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(KubeconfigError, match="no kubeconfig file is given"):
        load([])


def test_a_relative_path_is_relative_to_where_we_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "config", {"ctx": ("c", "u")}, {"c": {"server": "https://host"}},
            {"u": {"tokenFile": "missing"}})  # fmt: skip
    monkeypatch.chdir(tmp_path)

    with pytest.raises(KubeconfigError, match=f"^{tmp_path}/config: .*{tmp_path}/missing"):
        load([Path("config")]).server("ctx")


def test_a_path_that_cannot_be_told_from_two_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "a:b", {}, {"c": {}}, {})

    with pytest.raises(KubeconfigError, match="a:b: a kubeconfig's path cannot hold ':'"):
        load([file])


def test_a_file_that_changes_under_our_eyes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "config", {"ctx": ("c", "u")}, {}, {})
    merge = kube_config.KubeConfigMerger.load_config
    for change in ("users: [7]", "users: [hunter2", "", "contexts: [{name: other}]", None):

        def changed(self: Any, path: str, content: str | None = change) -> None:
            if content is None:
                file.unlink()
            else:
                file.write_text(content)
            merge(self, path)

        with monkeypatch.context() as patch:
            patch.setattr(kube_config.KubeConfigMerger, "load_config", changed)
            with pytest.raises(KubeconfigError, match=f"^{file}: changed while it was read"):
                load([file])

        written(file, {"ctx": ("c", "u")}, {}, {})


def test_an_unknown_context_is_told_the_known_ones(tmp_path: Path) -> None:
    contexts = {f"ctx-{number}": ("c", "u") for number in range(12)}
    loaded = load([written(tmp_path / "config", contexts, {}, {})])

    with pytest.raises(KubeconfigError) as caught:
        loaded.server("other")

    shown = ", ".join(f"'ctx-{number}'" for number in range(10))
    assert str(caught.value) == (
        f"{tmp_path}/config: contexts: no context 'other'; there are {shown} and 2 more"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("contexts: [{name: ctx}]", "contexts[0].context.cluster: is missing (context 'ctx')"),
        (
            "contexts: [{name: a}, {name: ctx, context: {cluster: x, user: u}}]",
            "contexts[1].context.cluster: no cluster 'x' in FILE (context 'ctx')",
        ),
        (
            "contexts: [{name: ctx, context: {cluster: c}}]\nclusters: [{name: c}]",
            "contexts[0].context.user: is missing (context 'ctx')",
        ),
        (
            "contexts: [{name: ctx, context: {cluster: c, user: u}}]\nclusters: [{name: c}]",
            "contexts[0].context.user: no user 'u' in FILE (context 'ctx')",
        ),
        (
            (
                "contexts: [{name: ctx, context: {cluster: c, user: u}}]\n"
                "clusters: [{name: c}]\nusers: [{name: u}]"
            ),
            "clusters[0].cluster.server: is missing (cluster 'c')",
        ),
        (
            (
                "contexts: [{name: ctx, context: {cluster: c, user: u}}]\n"
                "clusters: [{name: c, cluster: {servr: hunter2}}]\nusers: [{name: u}]"
            ),
            (
                "clusters[0].cluster.servr: unknown field; known are certificate-authority,"
                " certificate-authority-data, disable-compression, insecure-skip-tls-verify,"
                " proxy-url, server, tls-server-name (cluster 'c')"
            ),
        ),
    ],
)
def test_a_context_that_leads_nowhere_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)

    with pytest.raises(KubeconfigError) as caught:
        load([file]).server("ctx")

    assert str(caught.value) == f"{file}: {why.replace('FILE', str(file))}"


def test_a_bad_entry_does_not_concern_contexts_that_do_not_use_it(tmp_path: Path) -> None:
    file = written(
        tmp_path / "config",
        {"good": ("c", "good"), "bad": ("c", "bad")},
        {"c": {"server": "https://host"}},
        {"good": {}, "bad": {"auth-provider": {"name": "gcp"}}},
    )
    loaded = load([file])

    assert loaded.server("good").url == "https://host"
    with pytest.raises(KubeconfigError, match=r"users\[1\]\.user\.auth-provider: "):
        loaded.server("bad")


async def test_a_hundred_inline_key_pairs_leave_no_descriptor_file_or_key_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    authority = trustme.CA()
    issued = authority.issue_cert("client")

    def data(blob: trustme.Blob) -> str:
        return base64.b64encode(blob.bytes()).decode()

    names = [f"cluster-{number}" for number in range(100)]
    file = written(
        tmp_path / "config",
        {name: (name, name) for name in names},
        {
            name: {
                "server": f"https://{name}",
                "certificate-authority-data": data(authority.cert_pem),
            }
            for name in names
        },
        {
            name: {
                "client-certificate-data": data(issued.cert_chain_pems[0]),
                "client-key-data": data(issued.private_key_pem),
            }
            for name in names
        },
    )
    loaded = load([file])
    before = open_descriptors()
    contexts: list[ssl.SSLContext] = []
    for name in names:
        server = loaded.server(name)
        credential = await server.credentials.current()
        contexts.append(ssl_context(server.tls, credential.key_pair))

    assert len({id(context) for context in contexts}) == 100
    assert open_descriptors() == before
    assert files_in(temporary) == []
    assert not kube_config._temp_files


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


NOTHING = Allow()


async def test_a_kubeconfig_that_was_found_is_read_like_a_file() -> None:
    text = kubeconfig(
        {"a": ("c", "u"), "b": ("c", "u")},
        {"c": {"server": "https://host"}},
        {"u": {"token": "abc"}},
        current="b",
    )

    found = parse(text.encode(), "secret fleet/eu-1", NOTHING)

    assert found.contexts == ("a", "b")
    assert found.current_context == "b"
    assert str(found.file_of("a")) == "secret fleet/eu-1"
    server = found.server("a")
    assert server.url == "https://host"
    assert await server.credentials.current() == Credential("Bearer abc")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("# nothing", "is empty"),
        ("#" * 1024 * 1025, "Larger than 1 MiB"),
        ("[hunter2]", "is no kubeconfig: expected a mapping at the top"),
        ("a: [hunter2", "is not YAML: line 1, column 12"),
        ("a: &a [*a]", "its aliases stand for too much"),
        ("users: [{name: a}, {name: a}]", "users[1].name: 'a' is given twice"),
        ("users: [{name: a, user: {token: 7}}]", "users[0].user.token: expected str, got int"),
    ],
)
def test_the_checks_are_those_of_a_file(text: str, why: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        parse(text.encode(), "secret fleet/eu-1", NOTHING)

    assert str(caught.value).startswith(f"secret fleet/eu-1: {why}")
    assert "hunter2" not in str(caught.value)


def test_every_message_says_where_it_was_found() -> None:
    text = kubeconfig({"ctx": ("c", "u")}, {"c": {"servr": ""}}, {"u": {}})
    found = parse(text.encode(), "secret fleet/eu-1", NOTHING)

    with pytest.raises(KubeconfigError, match=r"^secret fleet/eu-1: clusters\[0\]\.cluster\.servr"):
        found.server("ctx")

    with pytest.raises(KubeconfigError, match=r"^secret fleet/eu-1: contexts: no context 'x';"):
        found.digest("x")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "x" * 100_000, "\u202e"])
def test_a_name_that_was_found_is_one_short_line_of_a_message(name: str) -> None:
    text = kubeconfig({"ctx": ("c", name)}, {"c": {"server": "https://host"}}, {name: {name: "x"}})
    found = parse(text.encode(), "secret fleet/eu-1", NOTHING)

    for context in ("ctx", name):
        with pytest.raises(KubeconfigError) as caught:
            found.server(context)

        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1000


async def test_an_address_and_a_token_become_a_kubeconfig_of_one_context() -> None:
    cluster = {"server": "https://host", "tls-server-name": "api"}

    found = assemble("eu-1", cluster, {"token": "abc"}, "secret argocd/eu-1", NOTHING)

    assert found.contexts == ("eu-1",)
    assert found.current_context == "eu-1"
    server = found.server("eu-1")
    assert (server.url, server.tls) == ("https://host", Tls(server_name="api"))
    assert await server.credentials.current() == Credential("Bearer abc")


@pytest.mark.parametrize(
    ("cluster", "user", "why"),
    [
        ({"server": 7}, {}, r"clusters\[0\]\.cluster\.server: expected str, got int"),
        ({}, {"exec": {"args": ["a", 7]}}, r"users\[0\]\.user\.exec\.args\[1\]: expected str"),
        ({"server": "https://h", "port": 7}, {}, r"clusters\[0\]\.cluster\.port: unknown field"),
    ],
)
def test_what_is_assembled_is_checked_like_a_kubeconfig(
    cluster: dict[str, Any], user: dict[str, Any], why: str
) -> None:
    with pytest.raises(KubeconfigError, match=f"^secret argocd/eu-1: {why}.*'eu-1'"):
        assemble("eu-1", cluster, user, "secret argocd/eu-1", NOTHING).server("eu-1")


def test_a_user_whom_the_user_wrote_himself_was_not_found(tmp_path: Path) -> None:
    command = {"command": "./plugin", "apiVersion": "client.authentication.k8s.io/v1"}
    local = {"server": "https://127.0.0.1"}
    written_here = tmp_path / "providers.json"

    assert (
        assemble(
            "eu-1",
            {"server": "https://host"},
            {"exec": command},
            "profile eu-1",
            NOTHING,
            written_here,
        )
        .server("eu-1")
        .url
        == "https://host"
    )
    with pytest.raises(RefusedByPolicy, match=r"exec\.command"):
        assemble(
            "eu-1", {"server": "https://host"}, {"exec": command}, "profile eu-1", NOTHING
        ).server("eu-1")

    with pytest.raises(RefusedByPolicy, match="local"):
        assemble("eu-1", local, {}, "profile eu-1", NOTHING, written_here).server("eu-1")


def test_a_digest_is_taken_of_keys_that_are_no_texts_in_any_order() -> None:
    def digest(extension: str) -> str:
        text = f"""
            contexts: [{{name: ctx, context: {{cluster: c, user: u}}}}]
            clusters:
            - name: c
              cluster:
                server: https://host
                extensions: [{{name: x, extension: {extension}}}]
            users: [{{name: u, user: {{token: t}}}}]
        """
        return parse(text.encode(), "secret fleet/eu-1", NOTHING).digest("ctx")

    assert digest("{1: a, null: b, 2026-01-01: c}") == digest("{null: b, 2026-01-01: c, 1: a}")
    assert digest("{1: a}") != digest("{'1': a}")


def test_a_digest_changes_with_what_a_context_is_made_of_and_nothing_else() -> None:
    def digest(token: str, other: str) -> str:
        text = kubeconfig(
            {"ctx": ("c", "u"), "other": ("c", "other")},
            {"c": {"server": "https://host"}},
            {"u": {"token": token}, "other": {"token": other}},
        )
        return parse(text.encode(), "secret fleet/eu-1", NOTHING).digest("ctx")

    assert digest("hunter2", "a") == digest("hunter2", "b")
    assert digest("hunter2", "a") != digest("hunter3", "a")
    assert "hunter2" not in digest("hunter2", "a")


def test_loopback_addresses_give_way_in_every_context() -> None:
    text = kubeconfig(
        {"local": ("l", "u"), "far": ("f", "u")},
        {"l": {"server": "https://localhost:8443"}, "f": {"server": "https://far"}},
        {"u": {"token": "t"}},
        current="local",
    )
    found = parse(text.encode(), "secret team/vc-eu-1", Allow())
    moved = found.instead_of_loopback("https://eu-1.team.svc")

    assert moved.current_context == "local"
    assert moved.server("local").url == "https://eu-1.team.svc"
    assert moved.server("local").tls.server_name == "localhost"
    assert moved.server("far").url == "https://far"
    assert moved.digest("far") == found.digest("far")
    assert moved.digest("local") != found.digest("local")
