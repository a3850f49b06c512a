"""What a pod's containers are and do. `init_containers` declares the same for init containers."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.families.family import Rows
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import ContainerStatus, Pod
from exporter.kubernetes.objects import unix_seconds_or_zero_time

Statuses = Sequence[ContainerStatus]


@pods.rows("container", "image_spec", "image", "image_id", "container_id", stability="stable")
def kube_pod_container_info(pod: Pod) -> Rows:
    """Which image a container was to run and which it runs; always 1."""
    statuses = pod.status.container_statuses
    return [
        (one.name, container.image, one.image, one.image_id, one.container_id, 1)
        for container in pod.spec.containers
        for one in statuses
        if one.name == container.name
    ]


@pods.rows("container", stability="stable")
def kube_pod_container_state_started(pod: Pod) -> Rows:
    """When the container was last started, in seconds since 1970."""
    return started(pod.status.container_statuses)


@pods.rows("container", "reason")
def kube_pod_container_status_last_terminated_reason(pod: Pod) -> Rows:
    """Why the container's run before this one ended."""
    return last_terminated_reasons(pod.status.container_statuses)


@pods.rows("container")
def kube_pod_container_status_last_terminated_exitcode(pod: Pod) -> Rows:
    """With which exit code the container's run before this one ended."""
    return last_exit_codes(pod.status.container_statuses)


@pods.rows("container")
def kube_pod_container_status_last_terminated_timestamp(pod: Pod) -> Rows:
    """When the container's run before this one ended, in seconds since 1970."""
    return last_ends(pod.status.container_statuses)


@pods.rows("container", stability="stable")
def kube_pod_container_status_ready(pod: Pod) -> Rows:
    """1 if the container passes its readiness probe."""
    return ready(pod.status.container_statuses)


@pods.rows("container", stability="stable", counter=True)
def kube_pod_container_status_restarts_total(pod: Pod) -> Rows:
    """How often the container was started again."""
    return restarts(pod.status.container_statuses)


@pods.rows("container", stability="stable")
def kube_pod_container_status_running(pod: Pod) -> Rows:
    """1 if the container runs now."""
    return running(pod.status.container_statuses)


@pods.rows("container", stability="stable")
def kube_pod_container_status_terminated(pod: Pod) -> Rows:
    """1 if the container has ended and was not started again."""
    return terminated(pod.status.container_statuses)


@pods.rows("container", "reason")
def kube_pod_container_status_terminated_reason(pod: Pod) -> Rows:
    """Why the container has ended."""
    return terminated_reasons(pod.status.container_statuses)


@pods.rows("container", stability="stable")
def kube_pod_container_status_waiting(pod: Pod) -> Rows:
    """1 if the container waits to be started."""
    return waiting(pod.status.container_statuses)


@pods.rows("container", "reason", stability="stable")
def kube_pod_container_status_waiting_reason(pod: Pod) -> Rows:
    """What the container waits for: CrashLoopBackOff, ImagePullBackOff and the like."""
    return waiting_reasons(pod.status.container_statuses)


def started(statuses: Statuses) -> Rows:
    """When each container that runs, or has ended, was started."""
    return [
        (one.name, unix_seconds_or_zero_time(run.started_at))
        for one in statuses
        if (run := one.state.running or one.state.terminated) is not None
    ]


def last_terminated_reasons(statuses: Statuses) -> Rows:
    """Why each container's previous run ended."""
    return [
        (one.name, one.last_state.terminated.reason, 1)
        for one in statuses
        if one.last_state.terminated is not None
    ]


def last_exit_codes(statuses: Statuses) -> Rows:
    """How each container's previous run ended."""
    return [
        (one.name, one.last_state.terminated.exit_code)
        for one in statuses
        if one.last_state.terminated is not None
    ]


def last_ends(statuses: Statuses) -> Rows:
    """When each container's previous run ended."""
    return [
        (one.name, unix_seconds_or_zero_time(one.last_state.terminated.finished_at))
        for one in statuses
        if one.last_state.terminated is not None
    ]


def ready(statuses: Statuses) -> Rows:
    """Whether each container is ready."""
    return [(one.name, 1 if one.ready else 0) for one in statuses]


def restarts(statuses: Statuses) -> Rows:
    """How often each container was started again."""
    return [(one.name, one.restart_count) for one in statuses]


def running(statuses: Statuses) -> Rows:
    """Whether each container runs."""
    return [(one.name, 0 if one.state.running is None else 1) for one in statuses]


def terminated(statuses: Statuses) -> Rows:
    """Whether each container has ended."""
    return [(one.name, 0 if one.state.terminated is None else 1) for one in statuses]


def terminated_reasons(statuses: Statuses) -> Rows:
    """Why each container that has ended did so."""
    return [
        (one.name, one.state.terminated.reason, 1)
        for one in statuses
        if one.state.terminated is not None
    ]


def waiting(statuses: Statuses) -> Rows:
    """Whether each container waits."""
    return [(one.name, 0 if one.state.waiting is None else 1) for one in statuses]


def waiting_reasons(statuses: Statuses) -> Rows:
    """What each container that waits, waits for."""
    return [
        (one.name, one.state.waiting.reason, 1) for one in statuses if one.state.waiting is not None
    ]
