import asyncio
import json
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes import exec_plugin
from exporter.kubernetes.credentials import Credential, KeyPair, UserCredentials
from exporter.kubernetes.errors import CredentialsError
from exporter.kubernetes.exec_plugin import API_VERSIONS, ExecPlugin, exec_credential

V1, V1BETA1 = API_VERSIONS


def printed(status: Any, api_version: str = V1, kind: str = "ExecCredential") -> str:
    return json.dumps({"apiVersion": api_version, "kind": kind, "status": status})


def script(directory: Path, body: str) -> str:
    file = directory / "plugin"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


def plugin(directory: Path, body: str) -> ExecPlugin:
    return ExecPlugin(command=script(directory, body), api_version=V1)


def says(status: Any) -> str:
    return f"printf '%s' {shlex.quote(printed(status))}"


def runs(process: int) -> bool:
    """Whether a process lives; what is dead may stay a zombie where nobody reaps it."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False

    return state != "Z"


async def ended(process: int) -> bool:
    """Whether a process that was killed is gone, which the kernel does a little later."""
    for _ in range(200):
        if not runs(process):
            return True

        await asyncio.sleep(0.01)

    return False


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_token_and_its_end_are_taken(tmp_path: Path) -> None:
    status = {"token": "abc", "expirationTimestamp": "2999-01-01T00:00:00Z"}

    credential = await plugin(tmp_path, says(status)).read()

    assert credential == Credential("Bearer abc", expires=datetime(2999, 1, 1, tzinfo=UTC))


async def test_a_client_certificate_is_taken(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("client")
    certificate, key = issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes()
    status = {"clientCertificateData": certificate.decode(), "clientKeyData": key.decode()}

    credential = await plugin(tmp_path, says(status)).read()

    assert credential == Credential(key_pair=KeyPair(certificate, key))


@pytest.mark.parametrize("api_version", API_VERSIONS)
async def test_the_plugin_is_told_of_the_cluster(tmp_path: Path, api_version: str) -> None:
    told = tmp_path / "told"
    answer = shlex.quote(printed({"token": "a"}, api_version))
    body = f'printf "%s" "$KUBERNETES_EXEC_INFO" > {told}; echo {answer}'
    cluster = {"server": "https://host", "config": {"audience": "us"}}

    await ExecPlugin(script(tmp_path, body), api_version, cluster=cluster).read()

    assert json.loads(told.read_text()) == {
        "apiVersion": api_version,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": cluster},
    }


async def test_arguments_and_environment_are_passed_and_stdin_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "inherited")
    answer = printed({"token": "%s"})
    body = f'cat; printf {shlex.quote(answer)} "$1-$GIVEN-$INHERITED"'

    credential = await ExecPlugin(
        script(tmp_path, body), V1, arguments=("first",), environment={"GIVEN": "given"}
    ).read()

    assert credential.authorization == "Bearer first-given-inherited"


async def test_a_name_without_a_slash_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, says({"token": "found"}))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    credential = await ExecPlugin("plugin", V1).read()

    assert credential.authorization == "Bearer found"


async def test_a_flood_on_stderr_blocks_nothing(tmp_path: Path) -> None:
    body = f"head -c 5000000 /dev/zero >&2; {says({'token': 'abc'})}; head -c 5000000 /dev/zero >&2"

    assert (await plugin(tmp_path, body).read()).authorization == "Bearer abc"


async def test_a_large_answer_is_read_whole(tmp_path: Path) -> None:
    token = "x" * 500_000
    answer = tmp_path / "answer"
    answer.write_text(printed({"token": token}))

    assert (await plugin(tmp_path, f"cat {answer}").read()).authorization == f"Bearer {token}"


async def test_an_endless_answer_is_cut_off(tmp_path: Path) -> None:
    body = f"echo $$ > {tmp_path}/pid; exec yes"

    with pytest.raises(CredentialsError, match="printed more than 1048576 bytes"):
        await plugin(tmp_path, body).read()

    assert await ended(int((tmp_path / "pid").read_text()))


async def test_what_it_complains_of_is_not_repeated(tmp_path: Path) -> None:
    body = "echo hunter2; echo 'token: hunter2' >&2; exit 3"

    with pytest.raises(CredentialsError) as caught:
        await plugin(tmp_path, body).read()

    assert str(caught.value) == (
        f"exec plugin {tmp_path}/plugin: failed with exit status 3; run it by hand to see why"
    )


async def test_a_hanging_plugin_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "TIME_LIMIT", 1.0)
    body = f"sleep 1000 & echo $$ $! > {tmp_path}/pids; wait"

    with pytest.raises(CredentialsError, match="did not end within"):
        await plugin(tmp_path, body).read()

    for process in (tmp_path / "pids").read_text().split():
        assert await ended(int(process))


async def test_a_child_that_keeps_the_output_open_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "TIME_LIMIT", 1.0)
    body = f"sleep 1000 & echo $! > {tmp_path}/pid"

    with pytest.raises(CredentialsError, match="did not end within"):
        await plugin(tmp_path, body).read()

    assert await ended(int((tmp_path / "pid").read_text()))


async def test_who_gives_up_leaves_no_process_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    reading = asyncio.create_task(plugin(tmp_path, f"echo $$ > {pid}; exec sleep 1000").read())
    process = int(await asyncio.to_thread(pid.read_text))

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert not runs(process)


async def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    good, bad = plugin(tmp_path, says({"token": "abc"})), ExecPlugin("/bin/false", V1)
    await good.read()
    before = open_descriptors()
    for _ in range(5):
        await good.read()
        with pytest.raises(CredentialsError):
            await bad.read()

    await asyncio.sleep(0)
    assert open_descriptors() == before


async def test_only_so_many_plugins_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "AT_ONCE", 2)
    log = tmp_path / "log"
    body = f"echo + >> {log}; sleep 0.05; echo - >> {log}; {says({'token': 'abc'})}"
    one = plugin(tmp_path, body)

    await asyncio.gather(*(one.read() for _ in range(6)))

    running, most = 0, 0
    for line in log.read_text().split():
        running += 1 if line == "+" else -1
        most = max(most, running)
    assert most == 2


async def test_a_rejected_token_makes_the_plugin_run_again(tmp_path: Path) -> None:
    runs_file = tmp_path / "runs"
    answer = shlex.quote(printed({"token": "%s"}))
    body = f"echo >> {runs_file}; printf {answer} $(wc -l < {runs_file})"
    credentials = UserCredentials(plugin(tmp_path, body))
    first = await credentials.current()
    assert (await credentials.current()).authorization == "Bearer 1"

    credentials.rejected(first)

    assert (await credentials.current()).authorization == "Bearer 2"


async def test_a_missing_command_is_named_with_its_installation_hint() -> None:
    hint = "Install it:\n\n  apt\x1binstall it\n"
    missing = ExecPlugin("no-such-plugin", V1, install_hint=hint)

    with pytest.raises(CredentialsError) as caught:
        await missing.read()

    assert str(caught.value) == (
        "exec plugin no-such-plugin: no such command: Install it: apt install it"
    )


async def test_what_cannot_be_started_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    with pytest.raises(CredentialsError, match="text: cannot be started: Permission denied"):
        await ExecPlugin(f"{tmp_path}/text", V1).read()

    (tmp_path / "text").chmod(0o755)
    with pytest.raises(CredentialsError, match="text: cannot be started: Exec format error"):
        await ExecPlugin(f"{tmp_path}/text", V1).read()

    with pytest.raises(CredentialsError, match="cannot be started: a NUL in"):
        await ExecPlugin("true", V1, arguments=("\0",)).read()

    with pytest.raises(CredentialsError, match="cannot be started: Argument list too long"):
        await ExecPlugin("true", V1, cluster={"config": "x" * 200_000}).read()


def test_it_works_on_uvloop_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def both() -> None:
        body = f"head -c 500000 /dev/zero >&2; {says({'token': 'abc'})}"
        assert (await plugin(tmp_path, body).read()).authorization == "Bearer abc"

        monkeypatch.setattr(exec_plugin, "TIME_LIMIT", 1.0)
        with pytest.raises(CredentialsError, match="did not end within"):
            await plugin(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 1000").read()

        assert await ended(int((tmp_path / "pid").read_text()))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(both())


HALF = {"clientCertificateData": "hunter2"}
PAIR = {"clientCertificateData": "hunter2", "clientKeyData": "hunter2"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "did not print an ExecCredential: Input data was truncated"),
        ("hunter2", "did not print an ExecCredential: JSON is malformed"),
        ('["hunter2"]', "did not print an ExecCredential: Expected `object`, got `array`"),
        (printed({"token": 2}), r"did not print .* got `int` - at `\$.status.token`"),
        (printed({"token": "a"}, kind="hunter2"), "did not print .*: its kind is another"),
        (printed({"token": "a"}, "hunter2"), f"answered in another apiVersion .*, {V1}"),
        (printed({"token": "a"}, V1BETA1), f"answered in another apiVersion .*, {V1}"),
        (printed(None), "printed no status"),
        (printed({}), "printed neither a token nor a client certificate"),
        (printed({"token": "hunter2 hunter2"}), "the token holds spaces"),
        (printed(HALF), "printed a client certificate or a key, and not the other"),
        (printed(PAIR), "clientCertificateData: holds no certificate in PEM form"),
        (printed({"token": "a", "expirationTimestamp": "2020-01-01T00:00:00Z"}),
         r"its credential ended at 2020-01-01T00:00:00\+00:00; check the clock"),
        (printed({"token": "a", "expirationTimestamp": "hunter2"}), "Invalid RFC3339"),
        (printed({"token": "a", "expirationTimestamp": "2999-01-01T00:00:00"}), "timezone"),
    ],
)  # fmt: skip
def test_a_bad_answer_has_a_reason_and_is_not_quoted(answer: str, why: str) -> None:
    with pytest.raises(CredentialsError, match=why) as caught:
        exec_credential(answer.encode(), V1)

    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_bad_answer_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match=f"^exec plugin {tmp_path}/plugin: did not print"):
        await plugin(tmp_path, "echo garbage").read()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
fields = ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")
statuses = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, anything))


@given(st.binary() | (statuses | anything).map(lambda status: printed(status).encode()))
def test_whatever_a_plugin_prints_it_is_a_credential_or_one_clear_error(answer: bytes) -> None:
    try:
        credential = exec_credential(answer, V1)
    except CredentialsError as error:
        assert "\n" not in str(error)  # noqa: PT017  what is raised varies
    else:
        assert credential.authorization or credential.key_pair
