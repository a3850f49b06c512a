import itertools
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig_file import Entry, Exec, read_kubeconfig


def refusal(file: Path, content: str | bytes) -> str:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(KubeconfigError) as caught:
        read_kubeconfig(file)

    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{file}: ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=f"^{tmp_path}/missing: No such file or directory$"):
        read_kubeconfig(tmp_path / "missing")


def test_a_file_of_a_thousand_contexts_is_read_and_one_beyond_32_mib_refused(
    tmp_path: Path,
) -> None:
    large = tmp_path / "large"
    large.write_text(f"{'#' * 6 * 1024 * 1024}\ncurrent-context: a")
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(33 * 1024 * 1024)

    assert read_kubeconfig(large) == {"current-context": "a"}
    with pytest.raises(KubeconfigError, match=f"^{endless}: Larger than 32 MiB$"):
        read_kubeconfig(endless)


def test_an_empty_file_is_a_kubeconfig_without_entries(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("# nothing yet\n")

    assert read_kubeconfig(tmp_path / "config") == {}


def test_what_go_writes_for_nothing_is_accepted(tmp_path: Path) -> None:
    text = "users: null\ncontexts: []\nclusters: [{name: a, cluster: {proxy-url: null}}]\n"
    (tmp_path / "config").write_text(text)

    assert read_kubeconfig(tmp_path / "config") == yaml.safe_load(text)


def test_aliases_and_merged_mappings_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "users:\n"
        "- {name: a, user: &user {token: abc}}\n"
        "- {name: b, user: *user}\n"
        "- {name: c, user: {<<: *user, as: root}}\n"
    )

    users = read_kubeconfig(tmp_path / "config")["users"]

    assert [entry["user"]["token"] for entry in users] == ["abc", "abc", "abc"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("hunter2", "is no kubeconfig: expected a mapping at the top"),
        ("[hunter2]", "is no kubeconfig: expected a mapping at the top"),
        ("{", "is not YAML: line 1, column 2"),
        ("a: b\nc: [hunter2\n", "is not YAML: line 3, column 1"),
        ("token: *hunter2", "is not YAML: line 1, column 8"),
        ("token: !hunter2 x", "is not YAML: line 1, column 8"),
        ("a: 1\n---\nb: hunter2", "is not YAML: line 2, column 1"),
        ('a: !!int ""', "is not YAML"),
        (b"hunter2: \xff", "is not YAML"),
        (b"hunter2: \x00", "is not YAML"),
        ('users: [{name: a, user: {token: "hunter2\\ud800"}}]', "is not YAML"),
        ("[" * 10_000, "is nested too deeply"),
        (
            "a:\n  token: hunter2\n  token: hunter2\n",
            "line 3, column 3: key given twice",
        ),
        ("users: hunter2", "users: expected array, got str"),
        ("users: [hunter2]", "users[0]: expected object, got str"),
        ("users: [{}]", "users[0]: object missing required field name"),
        ("users: [{name: 7}]", "users[0].name: expected str, got int"),
        (
            "users: [{name: a}, {name: b, user: {exec: {command: [hunter2]}}}]",
            "users[1].user.exec.command: expected str, got array (user 'b')",
        ),
        (
            "users: [{name: a, user: {password: 12345}}]",
            "users[0].user.password: expected str, got int (user 'a')",
        ),
        (
            "users: [{name: a, user: {as-user-extra: {hunter2: hunter2}}}]",
            "users[0].user.as-user-extra[...]: expected array, got str (user 'a')",
        ),
        (
            "clusters: [{name: a, cluster: {insecure-skip-tls-verify: 'true'}}]",
            "clusters[0].cluster.insecure-skip-tls-verify: expected bool, got str (cluster 'a')",
        ),
        (
            "clusters: [{name: a, cluster: {1: hunter2}}]",
            "a key in clusters[0].cluster: expected str (cluster 'a')",
        ),
        (
            "contexts: [{name: a, context: {cluster: [x]}}]",
            "contexts[0].context.cluster: expected str, got array (context 'a')",
        ),
        ("current-context: [a]", "current-context: expected str, got array"),
        ("users: [{name: a}, {name: a}]", "users[1].name: 'a' is given twice"),
    ],
)
def test_a_bad_file_has_one_line_that_names_the_place(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    assert refusal(tmp_path / "config", content) == why


def levels(level: Callable[[str, str], str]) -> str:
    """Twenty lines of YAML, each of which refers to the one before."""
    names = string.ascii_lowercase[:20]
    return "".join(level(new, old) for old, new in itertools.pairwise(names))


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\n" + levels(lambda new, old: f"{new}: &{new} [*{old}, *{old}]\n"),
        "a: &a {k: v}\n" + levels(lambda new, old: f"{new}: &{new} {{<<: [*{old}, *{old}]}}\n"),
        "a: &a [*a]",
    ],
    ids=["lists", "merged mappings", "endless"],
)
def test_an_alias_bomb_is_refused(tmp_path: Path, bomb: str) -> None:
    assert refusal(tmp_path / "config", bomb) == "its aliases stand for too much"


def test_the_message_about_an_unknown_field_has_its_place_and_the_known_ones() -> None:
    entry = Entry(Path("/k"), "users", 2, "admin", {"exec": {"comand": "hunter2"}})

    with pytest.raises(KubeconfigError) as caught:
        entry.refuse_unknown(entry.fields["exec"], Exec, "exec.")

    assert str(caught.value) == (
        "/k: users[2].user.exec.comand: unknown field; known are apiVersion, args, command, env,"
        " installHint, interactiveMode, provideClusterInfo (user 'admin')"
    )


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
nearly = st.fixed_dictionaries(
    {},
    optional={
        section: st.lists(
            st.fixed_dictionaries(
                {"name": st.text(max_size=2)},
                optional={section[:-1]: st.dictionaries(st.text(), anything, max_size=2)},
            )
            | anything,
            max_size=3,
        )
        | anything
        for section in ("users", "clusters", "contexts")
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text().map(str.encode) | nearly.map(lambda tree: yaml.dump(tree).encode()))
def test_whatever_the_file_holds_it_is_a_mapping_or_one_clear_line(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "config"
    file.write_bytes(content)
    try:
        document = read_kubeconfig(file)
    except KubeconfigError as error:
        message = str(error)
        assert message.startswith(f"{file}: ")
        assert len(message.splitlines()) == 1
    else:
        assert isinstance(document, dict)
