"""Jobs as series."""

from __future__ import annotations

import pytest

from exporter.kinds.job import Job, jobs
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(jobs, f"kube_job_{family}", {part: fields})


def condition(type_: str, status: str = "True", reason: str = "") -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason}


def test_a_job_is_named_by_namespace_and_job_name() -> None:
    assert jobs.identity == ("namespace", "job_name")
    assert jobs.identity_of(Job(Metadata(name="backup-1", namespace="shop"))) == (
        "shop",
        "backup-1",
    )


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("spec_parallelism", "parallelism"),
        ("spec_completions", "completions"),
        ("spec_active_deadline_seconds", "activeDeadlineSeconds"),
    ],
)
def test_what_is_wanted_is_shown_if_it_is_set(family: str, field: str) -> None:
    assert of(family, "spec", **{field: 0}) == ["{} 0"]
    assert of(family, "spec") == []


@pytest.mark.parametrize("field", ["active", "ready", "succeeded"])
def test_pods_are_counted_and_there_are_0_if_nothing_is_said(field: str) -> None:
    assert of(f"status_{field}", "status", **{field: 7}) == ["{} 7"]
    assert of(f"status_{field}", "status") == ["{} 0"]


def test_a_null_counts_as_nothing() -> None:
    assert of("status_ready", "status", ready=None) == ["{} 0"]


def failed(number: int, *conditions: dict[str, str]) -> list[str]:
    return of("status_failed", "status", failed=number, conditions=conditions)


def test_no_failed_pods_are_0_without_a_reason_whatever_the_conditions_say() -> None:
    assert failed(0) == ["{} 0"]
    assert failed(0, condition("Failed", reason="Evicted")) == ["{} 0"]


@pytest.mark.parametrize(
    ("reason", "numbers"),
    [
        ("BackoffLimitExceeded", (1, 0, 0)),
        ("DeadlineExceeded", (0, 1, 0)),
        ("Evicted", (0, 0, 1)),
    ],
)
def test_if_the_reason_of_the_failure_is_known_it_is_1_however_many_pods_failed(
    reason: str, numbers: tuple[int, int, int]
) -> None:
    backoff, deadline, evicted = numbers

    assert failed(4, condition("FailureTarget"), condition("Failed", reason=reason)) == [
        f'{{reason="BackoffLimitExceeded"}} {backoff}',
        f'{{reason="DeadlineExceeded"}} {deadline}',
        f'{{reason="Evicted"}} {evicted}',
    ]


def test_a_reason_that_is_not_known_gives_the_number_of_pods_without_one() -> None:
    assert failed(2, condition("Failed", reason="PodFailurePolicy")) == [
        '{reason="BackoffLimitExceeded"} 0',
        '{reason="DeadlineExceeded"} 0',
        '{reason="Evicted"} 0',
        '{reason=""} 2',
    ]


def test_pods_of_a_job_that_goes_on_fail_without_a_reason() -> None:
    assert failed(2) == ['{reason=""} 2']
    assert failed(2, condition("Complete")) == ['{reason=""} 2']


def test_a_reason_counts_even_if_the_condition_is_not_true() -> None:
    assert '{reason="Evicted"} 1' in failed(1, condition("Failed", "False", "Evicted"))


@pytest.mark.parametrize(("family", "type_"), [("complete", "Complete"), ("failed", "Failed")])
def test_a_finished_job_says_so_by_three_series(family: str, type_: str) -> None:
    def shown(status: str) -> list[str]:
        conditions = [condition("SuccessCriteriaMet"), condition(type_, status)]
        return of(family, "status", conditions=conditions)

    assert shown("True") == [
        '{condition="true"} 1',
        '{condition="false"} 0',
        '{condition="unknown"} 0',
    ]
    assert shown("False") == [
        '{condition="true"} 0',
        '{condition="false"} 1',
        '{condition="unknown"} 0',
    ]
    assert of(family, "status") == []


def test_a_job_may_be_held_back() -> None:
    def suspended(*conditions: dict[str, str]) -> list[str]:
        return of("status_suspended", "status", conditions=conditions)

    assert suspended(condition("Complete"), condition("Suspended")) == ["{} 1"]
    assert suspended(condition("Suspended", "False")) == ["{} 0"]
    assert suspended(condition("Complete")) == []


def test_start_and_completion_are_shown_if_there_were_any() -> None:
    moment = "1970-01-01T00:00:07Z"

    assert of("status_start_time", "status", startTime=moment) == ["{} 7"]
    assert of("status_start_time", "status") == []
    assert of("status_completion_time", "status", completionTime=moment) == ["{} 7"]
    assert of("status_completion_time", "status") == []


def test_information_creation_owner_labels_and_annotations_are_shown() -> None:
    owners = [{"kind": "CronJob", "name": "backup", "controller": True}]

    assert of("info", "metadata") == ["{} 1"]
    assert of("created", "metadata", creationTimestamp="1970-01-01T00:00:07Z") == ["{} 7"]
    assert of("owner", "metadata", ownerReferences=owners) == [
        '{owner_kind="CronJob",owner_name="backup",owner_is_controller="true"} 1'
    ]
    assert of("labels", "metadata", labels={"app": "a"}) == ['{label_app="a"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
