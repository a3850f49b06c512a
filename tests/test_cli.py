"""What a user sees of the command: exit status, stderr, log lines."""

import asyncio
import base64
import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from exporter import __version__, app, cli, demo
from tests.installed import ANY_PORTS, running
from tests.web.exporter import DEADLINE, NOBODY, kubeconfig


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line that unusable arguments are answered with, without the program's name."""
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()

    assert status == 2
    assert captured.out == ""
    assert captured.err.startswith("kube-fleet-exporter: ")
    assert captured.err.endswith("\n")
    assert captured.err[:-1].isprintable(), f"it is more than one line: {captured.err}"
    return captured.err[:-1].removeprefix("kube-fleet-exporter: ")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def kubeconfig_with(path: Path, *, cluster: Any = None, user: Any = None) -> Path:
    """A kubeconfig of one context, eu-1, whose entries have these fields besides."""
    document = json.loads(kubeconfig({"eu-1": "https://127.0.0.1:9"}))
    document["clusters"][0]["cluster"] |= cluster or {}
    document["users"][0]["user"] |= user or {}
    return written(path, json.dumps(document))


def test_a_missing_kubeconfig_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "absent"

    assert refusal(capsys, "run", "--kubeconfig", file) == f"{file}: No such file or directory"


def test_a_missing_kubeconfig_of_the_environment_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "absent"
    monkeypatch.setenv("KUBECONFIG", str(file))

    assert refusal(capsys, "run") == f"{file}: No such file or directory"


def test_a_kubeconfig_that_is_a_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(capsys, "run", "--kubeconfig", tmp_path) == f"{tmp_path}: Not a regular file"


def test_a_kubeconfig_that_cannot_be_opened_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kubeconfig"
    file.symlink_to(file)

    said = refusal(capsys, "run", "--kubeconfig", file)
    assert said == f"{file}: Too many levels of symbolic links"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("clusters: [", "is not YAML: line 1, column 12"),
        ("- a", "is no kubeconfig: expected a mapping at the top"),
        ("clusters: 5", "clusters: expected array, got int"),
        ("contexts: [{name: eu-1, context: {cluster: [a]}}]", "contexts[0].context.cluster: "),
        ("contexts: [{name: eu-1, context: {cluster: a}}]", "contexts[0].context."),
    ],
)
def test_a_malformed_kubeconfig_is_named_with_the_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = written(tmp_path / "kubeconfig", text)

    assert refusal(capsys, "run", "--kubeconfig", file).startswith(f"{file}: {said}")


def test_a_context_that_matches_nothing_is_named_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY, "us-1": NOBODY}))

    said = refusal(capsys, "run", "--kubeconfig", file, "--context", "eu-*", "--context", "ap-*")
    assert said == f"{file}: contexts: no context matches 'ap-*'; there is: eu-1, us-1"


def test_a_kubeconfig_without_contexts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({}))

    assert refusal(capsys, "run", "--kubeconfig", file).startswith(f"{file}: contexts: no context")


NO_PEM = base64.b64encode(b"no certificate").decode()


@pytest.mark.parametrize(
    ("cluster", "user", "field"),
    [
        ({"certificate-authority-data": "?"}, {}, "clusters[0].cluster.certificate-authority-data"),
        ({"certificate-authority-data": NO_PEM}, {}, "clusters[0].cluster.certificate-authority"),
        ({"certificate-authority": "absent"}, {}, "clusters[0].cluster.certificate-authority"),
        ({}, {"client-certificate-data": "?", "client-key-data": "?"}, "users[0].user.client-"),
        ({}, {"client-certificate": "absent", "client-key": "absent"}, "users[0].user.client-"),
        ({}, {"tokenFile": "absent"}, "users[0].user.tokenFile"),
        ({"server": "nonsense"}, {}, "clusters[0].cluster.server"),
    ],
)
def test_bad_certificate_data_is_named_with_its_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cluster: Any, user: Any, field: str
) -> None:
    file = kubeconfig_with(tmp_path / "kubeconfig", cluster=cluster, user=user)

    assert refusal(capsys, "run", "--kubeconfig", file).startswith(f"{file}: {field}")


def test_an_unknown_setting_is_named_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "settings.yaml", "collect: {resource: [pods]}")

    assert refusal(capsys, "run", "--config", file) == f"{file}: collect.resource: unknown key"


def test_missing_settings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "absent.yaml"

    said = refusal(capsys, "run", "--config", file)
    assert said == f"{file}: cannot be read: No such file or directory"


def test_a_kubeconfig_that_the_settings_name_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = f"discovery: [{{provider: kubeconfig, files: ['{tmp_path}/absent']}}]"
    file = written(tmp_path / "settings.yaml", settings)

    assert refusal(capsys, "run", "--config", file).startswith(f"{tmp_path}/absent: ")


def test_not_being_in_a_pod_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    file = written(tmp_path / "settings.yaml", "discovery: [{provider: in-cluster}]")

    assert refusal(capsys, "run", "--config", file).startswith("not in a pod: ")


@pytest.mark.parametrize("option", ["--listen", "--telemetry-listen"])
def test_a_port_that_is_taken_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))
    free = ["--listen", "127.0.0.1:0", "--telemetry-listen", "127.0.0.1:0"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        said = refusal(capsys, "run", "--kubeconfig", file, *free, option, taken)

    assert said.startswith(f"cannot listen on {taken}: ")
    assert "in use" in said


def test_what_is_no_address_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))

    said = refusal(capsys, "run", "--kubeconfig", file, "--listen", "8080")
    assert said.startswith("8080: an address is HOST:PORT")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["walk"],
        ["run", "--unheard-of"],
        ["run", "--log-level", "loud"],
        ["demo", "--clusters", "many"],
        ["demo", "--clusters", "0"],
        ["demo", "--pods-per-cluster", "1000000"],
        ["demo", "--scenario", "unheard-of"],
        ["metrics", "-o", "xml"],
    ],
)
def test_unusable_arguments_end_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith("kube-fleet-exporter")


@pytest.mark.parametrize("command", [[], ["run"], ["demo"], ["metrics"]])
def test_the_version_is_told_everywhere(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"kube-fleet-exporter {__version__}\n"


def test_what_only_the_exporter_itself_starts_is_not_offered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])

    offered = capsys.readouterr().out
    assert "run" in offered
    assert "worker" not in offered


@pytest.mark.parametrize("output", ["table", "markdown", "json"])
def test_metrics_are_printed_and_nothing_else(
    capsys: pytest.CaptureFixture[str], output: str
) -> None:
    status = cli.main(["metrics", "-o", output])
    captured = capsys.readouterr()

    assert status == 0
    assert captured.err == ""
    assert "kube_pod_info" in captured.out
    assert (output == "json") == captured.out.startswith("[")


def test_a_fault_of_ours_is_logged_and_ends_with_status_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise LookupError("a fault of ours")

    monkeypatch.setattr(app, "run", fail)
    monkeypatch.setattr(cli, "log", structlog.get_logger())  # it remembers this test's stderr
    status = cli.main(["run"])
    (line,) = capsys.readouterr().err.splitlines()

    assert status == 1
    assert json.loads(line)["exception"][0]["exc_type"] == "LookupError"


def test_a_demo_that_does_not_start_ends_with_status_1_and_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise demo.DemoError("the simulated fleet did not start")

    monkeypatch.setattr(demo, "run", fail)
    status = cli.main(["demo"])

    assert status == 1
    assert capsys.readouterr().err == "kube-fleet-exporter: the simulated fleet did not start\n"


@pytest.mark.parametrize("command", ["run", "check", "clusters"])
def test_every_command_that_reads_clusters_refuses_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    file = tmp_path / "absent"

    assert refusal(capsys, command, "--kubeconfig", file) == f"{file}: No such file or directory"


def test_clusters_are_listed_with_where_each_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY, "us-1": NOBODY}))
    status = cli.main(["clusters", "--kubeconfig", str(file), "--context", "eu-*", "-o", "json"])
    (found,) = json.loads(capsys.readouterr().out)["clusters"]

    assert status == 0
    assert (found["name"], found["source"]) == ("eu-1", f"kubeconfig {file}")


def test_a_check_of_a_cluster_that_cannot_be_reached_fails_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))
    status = cli.main(["check", "--kubeconfig", str(file)])

    assert status == 1
    assert capsys.readouterr().out.startswith("FAIL  eu-1")


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_at_once_although_a_cluster_hangs(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        clusters = {"mute": f"http://127.0.0.1:{mute.getsockname()[1]}", "away": NOBODY}
        file = written(tmp_path / "kubeconfig", kubeconfig(clusters))
        async with running("run", "--kubeconfig", file, *ANY_PORTS) as exporter:
            await exporter.logged("serving")
            mute.settimeout(DEADLINE)
            connection, _ = await asyncio.to_thread(mute.accept)
            with connection:
                status = await exporter.stop(signal_number)

    assert status == 0


async def test_clusters_that_cannot_be_reached_are_no_bad_input_but_facts_on_the_page(
    tmp_path: Path,
) -> None:
    clusters = {"away": NOBODY, "nowhere": "https://nowhere.invalid"}
    file = written(tmp_path / "kubeconfig", kubeconfig(clusters))
    async with running("run", "--kubeconfig", file, *ANY_PORTS) as exporter:
        serving = await exporter.logged("serving")
        warning = await exporter.logged("cluster does not answer")
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{serving['metrics']}/metrics/fleet") as answer,
        ):
            page = await answer.text()

    assert warning["level"] == "warning"
    assert warning["cluster"] in clusters
    for name in clusters:
        assert f'kube_fleet_cluster_info{{cluster="{name}",' in page
        assert f'kube_fleet_cluster_up{{cluster="{name}"}} 0\n' in page


async def test_the_installed_command_refuses_bad_input_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "absent"
    async with running("run", "--kubeconfig", file) as exporter:
        _, err = await exporter.process.communicate()

    assert exporter.process.returncode == 2
    assert err.decode() == f"kube-fleet-exporter: {file}: No such file or directory\n"


async def test_the_package_can_be_run() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "exporter", "--version", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()

    assert process.returncode == 0
    assert out.decode() == f"kube-fleet-exporter {__version__}\n"
