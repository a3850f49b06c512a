import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from exporter import logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()

    assert captured.out == "", "stdout belongs to what a command prints"
    return captured.err


def test_logs_are_json_lines_where_nobody_reads_along(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("auto", "info")
    structlog.get_logger().info("cluster answers", cluster="eu-1", odd='"\n')

    (line,) = said(capsys).splitlines()
    entry = json.loads(line)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "cluster answers", "level": "info", "cluster": "eu-1", "odd": '"\n'}


def test_logs_are_readable_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    logs.configure("auto", "info")
    structlog.get_logger().info("cluster answers", cluster="eu-1")

    assert "cluster answers" in said(capsys)


def test_a_worker_says_which_it_is_and_so_do_its_libraries(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("auto", "info", worker=3)
    structlog.get_logger().info("cluster answers", cluster="eu-1")
    logging.getLogger("aiohttp").warning("something is odd")

    assert [json.loads(line)["worker"] for line in said(capsys).splitlines()] == [3, 3]


def test_what_is_said_of_a_worker_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("auto", "info")
    structlog.get_logger().info("worker started", worker=1)

    assert json.loads(said(capsys))["worker"] == 1


@pytest.mark.parametrize(("log_format", "is_json"), [("text", False), ("json", True)])
def test_the_format_can_be_chosen(
    capsys: pytest.CaptureFixture[str], log_format: logs.LogFormat, is_json: bool
) -> None:
    logs.configure(log_format, "info")
    structlog.get_logger().info("hello")

    assert said(capsys).startswith("{") is is_json


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_says_what_is_left_out(
    capsys: pytest.CaptureFixture[str], level: str, heard: list[str]
) -> None:
    logs.configure("json", level)
    log = structlog.get_logger()
    for one in logs.LEVELS:
        getattr(log, one)(one)

    assert [json.loads(line)["event"] for line in said(capsys).splitlines()] == heard


def test_a_fault_is_one_json_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    try:
        raise LookupError("a fault of ours")
    except LookupError:
        structlog.get_logger().exception("reading a cluster failed")

    (line,) = said(capsys).splitlines()
    (fault,) = json.loads(line)["exception"]
    assert (fault["exc_type"], fault["exc_value"]) == ("LookupError", "a fault of ours")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_fault_does_not_show_what_the_code_held(
    capsys: pytest.CaptureFixture[str], log_format: logs.LogFormat
) -> None:
    logs.configure(log_format, "info")
    try:
        fail_with("".join(reversed("2retnuh")))
    except LookupError:
        structlog.get_logger().exception("reading a cluster failed")

    text = said(capsys)
    assert "LookupError" in text
    assert "hunter2" not in text


def fail_with(credential: str) -> None:
    raise LookupError(f"a fault of ours, holding {len(credential)} characters")


def test_libraries_speak_only_when_something_is_wrong() -> None:
    logs.configure("json", "debug")

    assert not logging.getLogger("kubernetes_asyncio").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("aiohttp.access").isEnabledFor(logging.INFO)
    assert logging.getLogger("aiohttp.server").isEnabledFor(logging.WARNING)


def test_what_libraries_log_takes_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    try:
        raise LookupError("a fault of theirs")
    except LookupError:
        logging.getLogger("aiohttp.server").exception("Error handling request")

    (line,) = said(capsys).splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["level"]) == ("Error handling request", "error")
    assert entry["exception"][0]["exc_value"] == "a fault of theirs"
