"""From a pod's creation to its completion."""

from __future__ import annotations

import pytest

from exporter.kinds.pod import Pod, pods
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of_status(family: str, **status: object) -> list[str]:
    return series(pods, family, {"status": status})


def ended(moment: str | None, reason: str = "Completed") -> dict[str, object]:
    return {"state": {"terminated": {"finishedAt": moment, "reason": reason}}}


def test_a_pod_is_named_by_namespace_pod_and_uid() -> None:
    assert pods.identity == ("namespace", "pod", "uid")
    assert pods.identity_of(Pod(Metadata(name="web-0", namespace="shop", uid="u"))) == (
        "shop",
        "web-0",
        "u",
    )


def test_completion_is_the_end_of_the_last_container() -> None:
    statuses: list[dict[str, object]] = [
        ended("1970-01-01T00:00:05Z"),
        {"state": {"running": {}}},
        ended("1970-01-01T00:00:09Z"),
        ended(None),
    ]

    assert of_status("kube_pod_completion_time", containerStatuses=statuses) == ["{} 9"]


@pytest.mark.parametrize("moment", [None, "1970-01-01T00:00:00Z", "1969-01-01T00:00:00Z"])
def test_an_end_that_is_not_after_1970_is_no_completion(moment: str | None) -> None:
    assert of_status("kube_pod_completion_time", containerStatuses=[ended(moment)]) == []


def test_a_pod_none_of_whose_containers_ended_is_not_complete() -> None:
    statuses: list[dict[str, object]] = [{"state": {"waiting": {}}}]

    assert of_status("kube_pod_completion_time", containerStatuses=statuses) == []


def test_info_tells_where_the_pod_runs_and_who_made_it() -> None:
    pod = {
        "metadata": {
            "ownerReferences": [
                {"kind": "Thing", "name": "x", "controller": False},
                {"kind": "ReplicaSet", "name": "web", "controller": True},
                {"kind": "Thing", "name": "y", "controller": True},
            ]
        },
        "spec": {"nodeName": "n1", "priorityClassName": "high", "hostNetwork": True},
        "status": {"hostIP": "192.168.0.1", "podIP": "10.0.0.1"},
    }
    (line,) = series(pods, "kube_pod_info", pod)

    assert line == (
        '{host_ip="192.168.0.1",pod_ip="10.0.0.1",node="n1",created_by_kind="ReplicaSet",'
        'created_by_name="web",priority_class="high",host_network="true"} 1'
    )


def test_info_of_a_pod_that_nothing_is_known_of_has_empty_labels() -> None:
    (line,) = series(pods, "kube_pod_info", {})

    assert line == (
        '{host_ip="",pod_ip="",node="",created_by_kind="",created_by_name="",'
        'priority_class="",host_network="false"} 1'
    )


def test_addresses_are_shown_with_their_family_and_what_is_none_is_left_out() -> None:
    addresses = ["10.0.0.1", "fd00::1", "::ffff:10.0.0.2", "", "not-an-ip", "010.0.0.1"]

    assert of_status("kube_pod_ips", podIPs=[{"ip": one} for one in addresses]) == [
        '{ip="10.0.0.1",ip_family="4"} 1',
        '{ip="fd00::1",ip_family="6"} 1',
        '{ip="::ffff:10.0.0.2",ip_family="4"} 1',
    ]


def test_the_restart_policy_is_shown_even_if_it_is_empty() -> None:
    policy = "kube_pod_restart_policy"

    assert series(pods, policy, {"spec": {"restartPolicy": "Never"}}) == ['{type="Never"} 1']
    assert series(pods, policy, {}) == ['{type=""} 1']


def test_the_start_is_left_out_until_there_is_one() -> None:
    assert of_status("kube_pod_start_time", startTime="1970-01-01T00:00:07Z") == ["{} 7"]
    assert of_status("kube_pod_start_time") == []


def test_one_of_five_phases_is_1() -> None:
    assert of_status("kube_pod_status_phase", phase="Running") == [
        '{phase="Pending"} 0',
        '{phase="Succeeded"} 0',
        '{phase="Failed"} 0',
        '{phase="Unknown"} 0',
        '{phase="Running"} 1',
    ]


def test_an_odd_phase_is_none_of_the_five_and_no_phase_has_no_series() -> None:
    assert [line[-1] for line in of_status("kube_pod_status_phase", phase="Odd")] == ["0"] * 5
    assert of_status("kube_pod_status_phase", phase="") == []
    assert of_status("kube_pod_status_phase") == []


def test_one_of_three_quality_classes_is_1() -> None:
    assert of_status("kube_pod_status_qos_class", qosClass="Burstable") == [
        '{qos_class="BestEffort"} 0',
        '{qos_class="Burstable"} 1',
        '{qos_class="Guaranteed"} 0',
    ]
    assert of_status("kube_pod_status_qos_class") == []


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        ("True", ["1", "0", "0"]),
        ("False", ["0", "1", "0"]),
        ("Unknown", ["0", "0", "1"]),
        ("true", ["0", "0", "0"]),
    ],
)
def test_readiness_is_true_false_or_unknown(status: str, numbers: list[str]) -> None:
    conditions = [
        {"type": "ContainersReady", "status": "True"},
        {"type": "Ready", "status": status},
    ]
    lines = of_status("kube_pod_status_ready", conditions=conditions)

    assert [line[:-2] for line in lines] == [
        '{condition="true"}',
        '{condition="false"}',
        '{condition="unknown"}',
    ]
    assert [line[-1] for line in lines] == numbers


def test_a_pod_without_the_condition_has_no_readiness() -> None:
    conditions = [{"type": "ContainersReady", "status": "True"}]

    assert of_status("kube_pod_status_ready", conditions=conditions) == []


def test_of_two_conditions_of_a_type_the_first_counts() -> None:
    conditions = [{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True"}]

    assert of_status("kube_pod_status_ready", conditions=conditions) == [
        '{condition="true"} 0',
        '{condition="false"} 1',
        '{condition="unknown"} 0',
    ]


@pytest.mark.parametrize(
    ("family", "type_"),
    [
        ("kube_pod_status_ready_time", "Ready"),
        ("kube_pod_status_initialized_time", "Initialized"),
        ("kube_pod_status_container_ready_time", "ContainersReady"),
        ("kube_pod_status_scheduled_time", "PodScheduled"),
    ],
)
def test_the_time_of_a_condition_is_its_last_change_while_it_is_true(
    family: str, type_: str
) -> None:
    def time(status: str, moment: str | None) -> list[str]:
        condition = {"type": type_, "status": status, "lastTransitionTime": moment}
        return of_status(family, conditions=[{"type": "Other", "status": "True"}, condition])

    assert time("True", "1970-01-01T00:00:07Z") == ["{} 7"]
    assert time("True", None) == ["{} -62135596800"]
    assert time("False", "1970-01-01T00:00:07Z") == []
    assert time("Unknown", "1970-01-01T00:00:07Z") == []


@pytest.mark.parametrize(
    "reason",
    [
        "Evicted",
        "NodeAffinity",
        "NodeLost",
        "PreemptionByScheduler",
        "SchedulingGated",
        "Shutdown",
        "TerminationByKubelet",
        "UnexpectedAdmissionError",
    ],
)
def test_a_known_reason_is_shown_wherever_it_is_given(reason: str) -> None:
    shown = [f'{{reason="{reason}"}} 1']
    family = "kube_pod_status_reason"

    assert of_status(family, reason=reason) == shown
    assert of_status(family, conditions=[{"reason": "Odd"}, {"reason": reason}]) == shown
    assert of_status(family, containerStatuses=[{}, ended(None, reason)]) == shown


def test_a_reason_not_known_is_other_only_where_the_pod_itself_gives_it() -> None:
    family = "kube_pod_status_reason"

    assert of_status(family, reason="OutOfcpu") == ['{reason="Other"} 1']
    assert of_status(family, conditions=[{"reason": "OutOfcpu"}]) == []
    assert of_status(family, containerStatuses=[ended(None, "Error")]) == []
    assert of_status(family) == []


def test_a_pod_has_one_reason_and_its_own_comes_first() -> None:
    conditions = [{"type": "DisruptionTarget", "reason": "TerminationByKubelet"}]

    assert of_status("kube_pod_status_reason", reason="Evicted", conditions=conditions) == [
        '{reason="Evicted"} 1'
    ]


def test_a_disruption_is_shown_with_its_reason_whether_it_happened_or_not() -> None:
    def disruption(reason: str, status: str = "True") -> list[str]:
        condition = {"type": "DisruptionTarget", "status": status, "reason": reason}
        return of_status("kube_pod_status_disruption_reason", conditions=[condition])

    for reason in (
        "DeletionByPodGC",
        "DeletionByTaintManager",
        "EvictionByEvictionAPI",
        "PreemptionByScheduler",
        "TerminationByKubelet",
    ):
        assert disruption(reason) == [f'{{reason="{reason}"}} 1']

    assert disruption("EvictionByEvictionAPI", "False") == ['{reason="EvictionByEvictionAPI"} 1']
    assert disruption("MyOwn") == ['{reason="Other"} 1']


def test_other_conditions_are_no_disruption() -> None:
    conditions = [{"type": "Ready", "status": "False", "reason": "EvictionByEvictionAPI"}]

    assert of_status("kube_pod_status_disruption_reason", conditions=conditions) == []


def test_creation_deletion_labels_annotations_and_owner_are_shown() -> None:
    pod = {
        "metadata": {
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "labels": {"app": "web"},
            "annotations": {"note": "x"},
            "ownerReferences": [{"kind": "Job", "name": "j", "controller": True}],
        }
    }

    assert series(pods, "kube_pod_created", pod) == ["{} 7"]
    assert series(pods, "kube_pod_deletion_timestamp", pod) == ["{} 9"]
    assert series(pods, "kube_pod_labels", pod) == ['{label_app="web"} 1']
    assert series(pods, "kube_pod_annotations", pod) == ['{annotation_note="x"} 1']
    assert series(pods, "kube_pod_owner", pod) == [
        '{owner_kind="Job",owner_name="j",owner_is_controller="true"} 1'
    ]


def test_an_empty_pod_has_only_the_series_that_every_pod_has() -> None:
    shown = {one.name for one in pods.families if series(pods, one.name, {})}

    assert shown == {
        "kube_pod_annotations",
        "kube_pod_info",
        "kube_pod_labels",
        "kube_pod_nodeselectors",
        "kube_pod_owner",
        "kube_pod_restart_policy",
        "kube_pod_scheduler",
        "kube_pod_service_account",
    }
