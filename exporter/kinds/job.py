"""Jobs: pods that are to succeed a number of times, and then it is done."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_info,
    declare_labels,
    declare_owner,
)
from exporter.families.condition import STATUSES
from exporter.families.family import Row, Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata, Time, unix_seconds


class JobSpec(ApiObject, frozen=True):
    """What is wanted."""

    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None


class JobStatus(ApiObject, frozen=True):
    """What the job controller observes."""

    active: int = 0
    ready: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: Time | None = None
    completion_time: Time | None = None
    conditions: tuple[Condition, ...] = ()


class Job(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/"""

    metadata: Metadata = Metadata()
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


jobs = Kind(Job, "batch/v1", "jobs", singular="job", identity=("namespace", "job_name"))

_FAILED = "Failed"
_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted")

declare_annotations(jobs)
declare_labels(jobs, "stable")
declare_info(jobs, "stable")
declare_created(jobs, "stable")


@jobs.number(stability="stable")
def kube_job_spec_parallelism(job: Job) -> int | None:
    """How many of the job's pods may run at the same time."""
    return job.spec.parallelism


@jobs.number(stability="stable")
def kube_job_spec_completions(job: Job) -> int | None:
    """How many of the job's pods are to succeed."""
    return job.spec.completions


@jobs.number(stability="stable")
def kube_job_spec_active_deadline_seconds(job: Job) -> int | None:
    """How many seconds after its start a job is ended, done or not."""
    return job.spec.active_deadline_seconds


@jobs.number(stability="stable")
def kube_job_status_succeeded(job: Job) -> int:
    """How many of the job's pods have succeeded."""
    return job.status.succeeded


@jobs.rows(optional=("reason",), stability="stable")
def kube_job_status_failed(job: Job) -> Rows:
    """How many pods of the job failed; 1 for the reason why the job itself did, if it is known."""
    failed = job.status.failed
    if not failed:
        return ((None, 0),)

    reasons = [one.reason for one in job.status.conditions if one.type == _FAILED]
    rows: list[Row] = [(known, int(known == reason)) for reason in reasons for known in _REASONS]
    if not any(reason in _REASONS for reason in reasons):
        rows.append(("", failed))

    return rows


@jobs.number(stability="stable")
def kube_job_status_active(job: Job) -> int:
    """How many of the job's pods are pending or run."""
    return job.status.active


@jobs.number()
def kube_job_status_ready(job: Job) -> int:
    """How many of the job's pods are ready."""
    return job.status.ready


@jobs.rows("condition", stability="stable")
def kube_job_complete(job: Job) -> Rows:
    """Whether the job is done: for true, false and unknown, 1 for the one that holds."""
    return _statuses(job, "Complete")


@jobs.rows("condition", stability="stable")
def kube_job_failed(job: Job) -> Rows:
    """Whether the job has failed: for true, false and unknown, 1 for the one that holds."""
    return _statuses(job, _FAILED)


def _statuses(job: Job, type_: str) -> Rows:
    return [
        (shown, int(one.status == status))
        for one in job.status.conditions
        if one.type == type_
        for status, shown in STATUSES.items()
    ]


@jobs.number(stability="stable")
def kube_job_status_start_time(job: Job) -> int | None:
    """When the controller took the job on, in seconds since 1970."""
    start = job.status.start_time
    return None if start is None else unix_seconds(start)


@jobs.number(stability="stable")
def kube_job_status_completion_time(job: Job) -> int | None:
    """When the job was done, in seconds since 1970."""
    completion = job.status.completion_time
    return None if completion is None else unix_seconds(completion)


@jobs.number()
def kube_job_status_suspended(job: Job) -> int | None:
    """1 while the job is held back, 0 if it was and no longer is."""
    for condition in job.status.conditions:
        if condition.type == "Suspended":
            return int(condition.status == "True")

    return None


declare_owner(jobs, "stable")
