"""What a pod's init containers are and do, sidecars (those that run on) among them."""

from __future__ import annotations

from exporter.families.family import Rows
from exporter.kinds.pod.containers import (
    last_ends,
    last_exit_codes,
    last_terminated_reasons,
    ready,
    restarts,
    running,
    started,
    terminated,
    terminated_reasons,
    waiting,
    waiting_reasons,
)
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import Pod


@pods.rows(
    "container",
    "image_spec",
    "image",
    "image_id",
    "container_id",
    "restart_policy",
    stability="stable",
)
def kube_pod_init_container_info(pod: Pod) -> Rows:
    """Which image an init container was to run and which it runs; Always marks a sidecar."""
    statuses = pod.status.init_container_statuses
    return [
        (
            one.name,
            container.image,
            one.image,
            one.image_id,
            one.container_id,
            container.restart_policy,
            1,
        )
        for container in pod.spec.init_containers
        for one in statuses
        if one.name == container.name
    ]


@pods.rows("container")
def kube_pod_init_container_state_started(pod: Pod) -> Rows:
    """When the init container was last started, in seconds since 1970."""
    return started(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", "reason")
def kube_pod_init_container_status_last_terminated_reason(pod: Pod) -> Rows:
    """Why the init container's run before this one ended."""
    return last_terminated_reasons(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container")
def kube_pod_init_container_status_last_terminated_exitcode(pod: Pod) -> Rows:
    """With which exit code the init container's run before this one ended."""
    return last_exit_codes(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container")
def kube_pod_init_container_status_last_terminated_timestamp(pod: Pod) -> Rows:
    """When the init container's run before this one ended, in seconds since 1970."""
    return last_ends(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", stability="stable")
def kube_pod_init_container_status_ready(pod: Pod) -> Rows:
    """1 if the init container is done, or is a sidecar that is ready."""
    return ready(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", stability="stable", counter=True)
def kube_pod_init_container_status_restarts_total(pod: Pod) -> Rows:
    """How often the init container was started again."""
    return restarts(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", stability="stable")
def kube_pod_init_container_status_running(pod: Pod) -> Rows:
    """1 if the init container runs now."""
    return running(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", stability="stable")
def kube_pod_init_container_status_terminated(pod: Pod) -> Rows:
    """1 if the init container has ended and was not started again."""
    return terminated(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", "reason")
def kube_pod_init_container_status_terminated_reason(pod: Pod) -> Rows:
    """Why the init container has ended."""
    return terminated_reasons(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", stability="stable")
def kube_pod_init_container_status_waiting(pod: Pod) -> Rows:
    """1 if the init container waits to be started."""
    return waiting(found) if (found := pod.status.init_container_statuses) else ()


@pods.rows("container", "reason")
def kube_pod_init_container_status_waiting_reason(pod: Pod) -> Rows:
    """What the init container waits for."""
    return waiting_reasons(found) if (found := pod.status.init_container_statuses) else ()
