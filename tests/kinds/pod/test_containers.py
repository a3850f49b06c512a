"""What containers and init containers do: the same families, from two lists of statuses."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from exporter.kinds.pod import pods
from tests.kinds.series import series

CONTAINERS = ("kube_pod_container_", "containerStatuses")
INIT_CONTAINERS = ("kube_pod_init_container_", "initContainerStatuses")

both = pytest.mark.parametrize(
    ("prefix", "field"), [CONTAINERS, INIT_CONTAINERS], ids=["containers", "init containers"]
)


def test_info_is_of_containers_that_are_wanted_and_known() -> None:
    pod = {
        "spec": {
            "containers": [{"name": "a", "image": "nginx"}, {"name": "wanted", "image": "x"}],
            "initContainers": [{"name": "a", "image": "not this one"}],
        },
        "status": {
            "containerStatuses": [
                {"name": "known", "image": "x"},
                {"name": "a", "image": "docker.io/nginx", "imageID": "i", "containerID": "c"},
            ]
        },
    }

    assert series(pods, "kube_pod_container_info", pod) == [
        '{container="a",image_spec="nginx",image="docker.io/nginx",image_id="i",container_id="c"} 1'
    ]


def test_info_of_an_init_container_tells_a_sidecar() -> None:
    pod = {
        "spec": {
            "initContainers": [
                {"name": "setup", "image": "busybox"},
                {"name": "side", "image": "envoy", "restartPolicy": "Always"},
            ]
        },
        "status": {"initContainerStatuses": [{"name": "setup"}, {"name": "side"}]},
    }
    rest = 'image="",image_id="",container_id=""'

    assert series(pods, "kube_pod_init_container_info", pod) == [
        f'{{container="setup",image_spec="busybox",{rest},restart_policy=""}} 1',
        f'{{container="side",image_spec="envoy",{rest},restart_policy="Always"}} 1',
    ]


def of(prefix: str, field: str, family: str, *statuses: Mapping[str, object]) -> list[str]:
    return series(pods, prefix + family, {"status": {field: statuses}})


def state(name: str, **state: object) -> dict[str, object]:
    return {"name": name, "state": state}


def last(name: str, **terminated: object) -> dict[str, object]:
    return {"name": name, "lastState": {"terminated": terminated}}


@both
def test_a_container_was_started_if_it_runs_or_has_ended(prefix: str, field: str) -> None:
    assert of(
        prefix,
        field,
        "state_started",
        state("runs", running={"startedAt": "1970-01-01T00:00:07Z"}),
        state("ended", terminated={"startedAt": "1970-01-01T00:00:08Z"}),
        state("unsaid", running={}),
        state("waits", waiting={}),
    ) == ['{container="runs"} 7', '{container="ended"} 8', '{container="unsaid"} -62135596800']


@both
def test_the_previous_run_is_shown_if_there_was_one(prefix: str, field: str) -> None:
    statuses: tuple[Mapping[str, object], ...] = (
        last("a", reason="OOMKilled", exitCode=137, finishedAt="1970-01-01T00:00:07Z"),
        last("b"),
        {"name": "c", "lastState": {}},
        state("d", terminated={"reason": "Error", "exitCode": 1}),
    )

    assert of(prefix, field, "status_last_terminated_reason", *statuses) == [
        '{container="a",reason="OOMKilled"} 1',
        '{container="b",reason=""} 1',
    ]
    assert of(prefix, field, "status_last_terminated_exitcode", *statuses) == [
        '{container="a"} 137',
        '{container="b"} 0',
    ]
    assert of(prefix, field, "status_last_terminated_timestamp", *statuses) == [
        '{container="a"} 7',
        '{container="b"} -62135596800',
    ]


@both
def test_readiness_and_restarts_are_shown_of_every_container(prefix: str, field: str) -> None:
    statuses: tuple[Mapping[str, object], ...] = (
        {"name": "a", "ready": True, "restartCount": 12345},
        {"name": "b"},
    )

    assert of(prefix, field, "status_ready", *statuses) == [
        '{container="a"} 1',
        '{container="b"} 0',
    ]
    assert of(prefix, field, "status_restarts_total", *statuses) == [
        '{container="a"} 12345',
        '{container="b"} 0',
    ]


@both
@pytest.mark.parametrize("is_in", ["waiting", "running", "terminated"])
def test_a_container_is_in_one_state_or_in_none(prefix: str, field: str, is_in: str) -> None:
    statuses: tuple[Mapping[str, object], ...] = (state("a", **{is_in: {}}), {"name": "b"})
    shown = {
        each: of(prefix, field, f"status_{each}", *statuses)
        for each in ("waiting", "running", "terminated")
    }

    assert shown == {
        each: [f'{{container="a"}} {int(each == is_in)}', '{container="b"} 0'] for each in shown
    }


@both
@pytest.mark.parametrize("is_in", ["waiting", "terminated"])
def test_the_reason_of_a_state_is_free_text_and_may_be_empty(
    prefix: str, field: str, is_in: str
) -> None:
    statuses: tuple[Mapping[str, object], ...] = (
        state("a", **{is_in: {"reason": "Some Reason"}}),
        state("b", **{is_in: {}}),
        state("c", running={}),
    )

    assert of(prefix, field, f"status_{is_in}_reason", *statuses) == [
        '{container="a",reason="Some Reason"} 1',
        '{container="b",reason=""} 1',
    ]


@both
def test_the_other_list_and_ephemeral_containers_are_not_meant(prefix: str, field: str) -> None:
    (other,) = {"containerStatuses", "initContainerStatuses"} - {field}
    status = {
        "name": "a",
        "ready": True,
        "state": {"running": {}, "waiting": {}, "terminated": {}},
        "lastState": {"terminated": {}},
    }
    pod = {"status": {other: [status], "ephemeralContainerStatuses": [status]}}

    for family in pods.families:
        if family.name.startswith((f"{prefix}status_", f"{prefix}state_")):
            assert series(pods, family.name, pod) == []
