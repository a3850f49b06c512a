"""Cron jobs as series."""

from __future__ import annotations

import pytest

from exporter.kinds.cronjob import CronJob, cronjobs
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(cronjobs, f"kube_cronjob_{family}", {part: fields})


def test_a_cron_job_is_named_by_namespace_and_cronjob() -> None:
    assert cronjobs.identity == ("namespace", "cronjob")
    assert cronjobs.identity_of(CronJob(Metadata(name="backup", namespace="shop"))) == (
        "shop",
        "backup",
    )


def test_information_is_the_schedule_the_policy_and_the_time_zone() -> None:
    assert of(
        "info", "spec", schedule="0 3 * * *", concurrencyPolicy="Forbid", timeZone="Europe/Berlin"
    ) == ['{schedule="0 3 * * *",concurrency_policy="Forbid",timezone="Europe/Berlin"} 1']


def test_without_a_time_zone_it_is_said_to_be_local() -> None:
    assert of("info", "spec", schedule="@daily") == [
        '{schedule="@daily",concurrency_policy="",timezone="local"} 1'
    ]


def test_jobs_that_run_are_counted() -> None:
    jobs = [{"kind": "Job", "name": "backup-1"}, {"kind": "Job", "name": "backup-2"}]

    assert of("status_active", "status", active=jobs) == ["{} 2"]
    assert of("status_active", "status") == ["{} 0"]


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("status_last_schedule_time", "lastScheduleTime"),
        ("status_last_successful_time", "lastSuccessfulTime"),
    ],
)
def test_the_last_time_is_shown_if_there_was_one(family: str, field: str) -> None:
    assert of(family, "status", **{field: "1970-01-01T00:00:07Z"}) == ["{} 7"]
    assert of(family, "status") == []


def test_a_cron_job_may_be_held_back_and_is_not_if_nothing_is_said() -> None:
    assert of("spec_suspend", "spec", suspend=True) == ["{} 1"]
    assert of("spec_suspend", "spec", suspend=False) == ["{} 0"]
    assert of("spec_suspend", "spec") == ["{} 0"]


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("starting_deadline_seconds", "startingDeadlineSeconds"),
        ("successful_job_history_limit", "successfulJobsHistoryLimit"),
        ("failed_job_history_limit", "failedJobsHistoryLimit"),
    ],
)
def test_limits_are_shown_if_they_are_set(family: str, field: str) -> None:
    assert of(f"spec_{family}", "spec", **{field: 0}) == ["{} 0"]
    assert of(f"spec_{family}", "spec") == []


def cronjob(schedule: str, **spec: object) -> dict[str, object]:
    """Created at the beginning of 2026."""
    return {
        "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"schedule": schedule, **spec},
    }


def due(schedule: str, **spec: object) -> list[str]:
    return series(cronjobs, "kube_cronjob_next_schedule_time", cronjob(schedule, **spec))


def invalid(schedule: str, **spec: object) -> list[str]:
    return series(cronjobs, "kube_cronjob_schedule_invalid", cronjob(schedule, **spec))


def test_it_is_due_next_after_the_last_time_or_else_after_its_creation() -> None:
    assert due("0 3 * * *") == ["{} 1767236400"]
    last = {"status": {"lastScheduleTime": "2026-02-01T03:00:00Z"}}

    assert series(
        cronjobs, "kube_cronjob_next_schedule_time", {**cronjob("0 3 * * *"), **last}
    ) == ["{} 1770001200"]


def test_it_is_due_by_the_clocks_of_its_time_zone() -> None:
    assert due("0 3 * * *", timeZone="Europe/Berlin") == ["{} 1767232800"]


def test_while_it_is_held_back_it_is_not_due() -> None:
    assert due("0 3 * * *", suspend=True) == []


def test_when_it_is_due_is_not_known_without_a_time_to_count_from() -> None:
    assert of("next_schedule_time", "spec", schedule="0 3 * * *") == []


def test_a_schedule_that_never_comes_is_due_at_gos_zero_time() -> None:
    assert due("0 0 30 2 *") == ["{} -62135596800"]
    assert invalid("0 0 30 2 *") == []


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("61 * * * *", None),
        ("*/60 * * * *", None),
        ("@daily", "Nowhere/Land"),
        ("@daily", ""),
        ("TZ=UTC 0 3 * * *", "Europe/Berlin"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_called_invalid_and_never_due(
    schedule: str, zone: str | None
) -> None:
    spec: dict[str, object] = {} if zone is None else {"timeZone": zone}

    assert invalid(schedule, **spec) == ["{} 1"]
    assert invalid(schedule, suspend=True, **spec) == ["{} 1"]
    assert due(schedule, **spec) == []


def test_a_schedule_that_can_be_read_has_no_series_about_it() -> None:
    assert invalid("0 3 * * *") == []
    assert invalid("CRON_TZ=UTC 0 3 * * *") == []


def test_creation_version_labels_and_annotations_are_shown() -> None:
    assert of("created", "metadata", creationTimestamp="1970-01-01T00:00:07Z") == ["{} 7"]
    assert of("metadata_resource_version", "metadata", resourceVersion="42") == ["{} 42"]
    assert of("labels", "metadata", labels={"app": "a"}) == ['{label_app="a"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
