"""Init containers have the families of containers, under names of their own."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.kinds.pod import pods
from tests.kinds.series import series

TERMINATED = {
    "exitCode": 3,
    "reason": "Error",
    "startedAt": "2026-01-01T00:00:00Z",
    "finishedAt": "2026-01-01T00:01:00Z",
}


def pod(state: dict[str, Any], last: dict[str, Any] | None = None) -> dict[str, Any]:
    status = {
        "name": "setup",
        "image": "docker.io/library/busybox:1",
        "imageID": "sha256:1",
        "containerID": "containerd://1",
        "ready": True,
        "restartCount": 2,
        "state": state,
        "lastState": last or {},
    }
    spec = {"initContainers": [{"name": "setup", "image": "busybox", "restartPolicy": "Always"}]}
    return {
        "metadata": {"name": "web", "namespace": "shop", "uid": "1"},
        "spec": spec,
        "status": {"initContainerStatuses": [status]},
    }


RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
ENDED = {"terminated": TERMINATED}


@pytest.mark.parametrize(
    ("family", "state", "expected"),
    [
        ("state_started", RUNNING, '{container="setup"} 1767225600'),
        ("status_ready", RUNNING, '{container="setup"} 1'),
        ("status_restarts_total", RUNNING, '{container="setup"} 2'),
        ("status_running", RUNNING, '{container="setup"} 1'),
        ("status_terminated", RUNNING, '{container="setup"} 0'),
        ("status_waiting", WAITING, '{container="setup"} 1'),
        ("status_waiting_reason", WAITING, '{container="setup",reason="CrashLoopBackOff"} 1'),
        ("status_terminated_reason", ENDED, '{container="setup",reason="Error"} 1'),
    ],
)
def test_what_an_init_container_does_is_shown(
    family: str, state: dict[str, Any], expected: str
) -> None:
    assert series(pods, f"kube_pod_init_container_{family}", pod(state)) == [expected]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("reason", '{container="setup",reason="Error"} 1'),
        ("exitcode", '{container="setup"} 3'),
        ("timestamp", '{container="setup"} 1767225660'),
    ],
)
def test_how_its_previous_run_ended_is_shown(family: str, expected: str) -> None:
    name = f"kube_pod_init_container_status_last_terminated_{family}"

    assert series(pods, name, pod(RUNNING, ENDED)) == [expected]
    assert series(pods, name, pod(RUNNING)) == []


def test_a_sidecar_is_told_by_its_restart_policy() -> None:
    (line,) = series(pods, "kube_pod_init_container_info", pod(RUNNING))

    assert line == (
        '{container="setup",image_spec="busybox",image="docker.io/library/busybox:1",'
        'image_id="sha256:1",container_id="containerd://1",restart_policy="Always"} 1'
    )
