"""Cron jobs: when a job is made from a template, and when that was done last."""

from __future__ import annotations

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_labels,
    declare_resource_version,
)
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.cron import parse_schedule
from exporter.kubernetes.objects import GO_ZERO_TIME, ApiObject, Metadata, Time, unix_seconds


class CronJobSpec(ApiObject, frozen=True):
    """What is wanted."""

    schedule: str = ""
    time_zone: str | None = None
    concurrency_policy: str = ""
    suspend: bool = False
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


class JobReference(ApiObject, frozen=True):
    """A job that runs; they are only counted."""


class CronJobStatus(ApiObject, frozen=True):
    """What the cron job controller observes."""

    active: tuple[JobReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


class CronJob(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/"""

    metadata: Metadata = Metadata()
    spec: CronJobSpec = CronJobSpec()
    status: CronJobStatus = CronJobStatus()


cronjobs = Kind(
    CronJob, "batch/v1", "cronjobs", singular="cronjob", identity=("namespace", "cronjob")
)

declare_annotations(cronjobs)
declare_labels(cronjobs, "stable")


@cronjobs.rows("schedule", "concurrency_policy", "timezone", stability="stable")
def kube_cronjob_info(cronjob: CronJob) -> Rows:
    """When the cron job is due, and what happens if its last job still runs; always 1."""
    spec = cronjob.spec
    zone = "local" if spec.time_zone is None else spec.time_zone
    return ((spec.schedule, spec.concurrency_policy, zone, 1),)


declare_created(cronjobs, "stable")


@cronjobs.number(stability="stable")
def kube_cronjob_status_active(cronjob: CronJob) -> int:
    """How many of the cron job's jobs run."""
    return len(cronjob.status.active)


@cronjobs.number(stability="stable")
def kube_cronjob_status_last_schedule_time(cronjob: CronJob) -> int | None:
    """When the cron job was last due and a job was made, in seconds since 1970."""
    last = cronjob.status.last_schedule_time
    return None if last is None else unix_seconds(last)


@cronjobs.number(stability="stable")
def kube_cronjob_status_last_successful_time(cronjob: CronJob) -> int | None:
    """When one of the cron job's jobs last succeeded, in seconds since 1970."""
    last = cronjob.status.last_successful_time
    return None if last is None else unix_seconds(last)


@cronjobs.number(stability="stable")
def kube_cronjob_spec_suspend(cronjob: CronJob) -> int:
    """1 if no jobs are to be made for now."""
    return int(cronjob.spec.suspend)


@cronjobs.number(stability="stable")
def kube_cronjob_spec_starting_deadline_seconds(cronjob: CronJob) -> int | None:
    """How many seconds late a job may still be started."""
    return cronjob.spec.starting_deadline_seconds


@cronjobs.number(stability="stable")
def kube_cronjob_next_schedule_time(cronjob: CronJob) -> int | None:
    """When the cron job is due after the last time it was, in seconds since 1970."""
    spec = cronjob.spec
    after = cronjob.status.last_schedule_time or cronjob.metadata.creation_timestamp
    if spec.suspend or after is None:
        return None

    try:
        due = parse_schedule(spec.schedule, spec.time_zone).next(unix_seconds(after))
    except ValueError:
        return None

    return GO_ZERO_TIME if due is None else due


@cronjobs.number()
def kube_cronjob_schedule_invalid(cronjob: CronJob) -> int | None:
    """1 if the schedule or its time zone cannot be read; no series if they can."""
    try:
        parse_schedule(cronjob.spec.schedule, cronjob.spec.time_zone)
    except ValueError:
        return 1

    return None


declare_resource_version(cronjobs, "stable")


@cronjobs.number()
def kube_cronjob_spec_successful_job_history_limit(cronjob: CronJob) -> int | None:
    """How many jobs that succeeded are kept."""
    return cronjob.spec.successful_jobs_history_limit


@cronjobs.number()
def kube_cronjob_spec_failed_job_history_limit(cronjob: CronJob) -> int | None:
    """How many jobs that failed are kept."""
    return cronjob.spec.failed_jobs_history_limit
