from structlog.testing import capture_logs

from exporter.discovery.source_health import SourceHealth
from exporter.telemetry import Telemetry


class Shown:
    """The health of one source, and its metrics."""

    def __init__(self) -> None:
        self._telemetry = Telemetry()
        self.health = SourceHealth("argocd", "argocd-2", self._telemetry)
        self.health.begin()

    def metric(self, name: str) -> float | None:
        full = f"kube_fleet_exporter_discovery_{name}"
        labels = {"provider": "argocd", "source": "argocd-2"}
        return self._telemetry.registry.get_sample_value(full, labels)


def test_before_anything_is_heard_a_source_is_not_up() -> None:
    shown = Shown()

    assert (shown.metric("up"), shown.metric("failures_total")) == (0, 0)
    assert shown.metric("last_success_timestamp_seconds") is None


def test_a_source_is_up_while_all_its_parts_are() -> None:
    shown = Shown()
    shown.health.read("secrets")
    assert shown.metric("up") == 1

    shown.health.failed("forbidden", "clusters")
    shown.health.read("secrets")
    assert shown.metric("up") == 0

    shown.health.read("clusters")
    assert shown.metric("up") == 1


def test_only_a_whole_success_is_remembered() -> None:
    shown = Shown()
    shown.health.failed("forbidden", "clusters")
    shown.health.read("secrets")
    assert shown.metric("last_success_timestamp_seconds") is None

    shown.health.read("clusters")
    assert (shown.metric("last_success_timestamp_seconds") or 0) > 0


def test_a_problem_is_counted_each_time_and_logged_once_until_it_ends() -> None:
    shown = Shown()
    with capture_logs() as logs:
        for problem in ("refused", "refused", "timeout", "timeout"):
            shown.health.failed(problem)

        for _ in range(3):
            shown.health.read()

    assert shown.metric("failures_total") == 4
    assert [(one["log_level"], one.get("error")) for one in logs] == [
        ("error", "refused"),
        ("error", "timeout"),
        ("info", None),
    ]


def test_of_a_source_that_nobody_reads_any_more_nothing_is_shown() -> None:
    shown = Shown()
    shown.health.read()
    shown.health.end()
    shown.health.read()
    shown.health.failed("refused")

    names = ("up", "failures_total", "last_success_timestamp_seconds")
    assert [shown.metric(name) for name in names] == [None, None, None]
