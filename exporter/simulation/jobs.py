"""CronJobs, and the Jobs that they left behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exporter.simulation.moments import moment
from exporter.simulation.shop import Task
from exporter.simulation.workloads import condition, owner_reference

JOBS = "batch/v1/jobs"
CRON_JOBS = "batch/v1/cronjobs"


def cron_job(
    task: Task, template: dict[str, Any], created: datetime, last_run: datetime
) -> dict[str, Any]:
    """A CronJob that has run."""
    return {
        "metadata": {
            "name": task.name,
            "namespace": task.namespace,
            "creationTimestamp": moment(created),
            "generation": 1,
            "labels": {"team": task.namespace},
        },
        "spec": {
            "schedule": task.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "suspend": task.suspended,
            "jobTemplate": {"metadata": {}, "spec": _job_spec(template)},
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
        },
        "status": {
            "lastScheduleTime": moment(last_run),
            "lastSuccessfulTime": moment(last_run),
        },
    }


def job(
    owner: dict[str, Any], name: str, started: datetime, ended: datetime, *, well: bool
) -> dict[str, Any]:
    """A Job of a CronJob that has ended."""
    template = owner["spec"]["jobTemplate"]["spec"]["template"]
    reason = "CompletionsReached" if well else "BackoffLimitExceeded"
    kinds = ("SuccessCriteriaMet", "Complete") if well else ("FailureTarget", "Failed")
    ending = {"succeeded": 1, "completionTime": moment(ended)} if well else {"failed": 1}
    return {
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "creationTimestamp": moment(started),
            "generation": 1,
            "labels": {"batch.kubernetes.io/job-name": name, "job-name": name},
            "ownerReferences": [owner_reference(CRON_JOBS, owner)],
        },
        "spec": {**_job_spec(template), "selector": {"matchLabels": {"job-name": name}}},
        "status": {
            "conditions": [condition(kind, True, reason, ended) for kind in kinds],
            "startTime": moment(started),
            "ready": 0,
            "terminating": 0,
            **ending,
        },
    }


def _job_spec(template: dict[str, Any]) -> dict[str, Any]:
    return {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 0,
        "completionMode": "NonIndexed",
        "suspend": False,
        "template": template,
    }
