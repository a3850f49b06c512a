"""Where a pod may run, and whether it has been decided."""

from __future__ import annotations

import pytest

from exporter.kinds.pod import pods
from tests.kinds.series import series

MOMENT = "1970-01-01T00:00:07Z"


def scheduled(family: str, status: str, moment: str | None = MOMENT) -> list[str]:
    condition = {"type": "PodScheduled", "status": status, "lastTransitionTime": moment}
    return series(pods, f"kube_pod_status_{family}", {"status": {"conditions": [condition]}})


@pytest.mark.parametrize(
    ("status", "numbers"),
    [("True", ["1", "0", "0"]), ("False", ["0", "1", "0"]), ("Unknown", ["0", "0", "1"])],
)
def test_scheduling_is_true_false_or_unknown(status: str, numbers: list[str]) -> None:
    assert [line[-1] for line in scheduled("scheduled", status)] == numbers


def test_a_pod_for_which_no_node_was_found_is_unschedulable_since_then() -> None:
    assert scheduled("unschedulable", "False") == ["{} 1"]
    assert scheduled("unscheduled_time", "False") == ["{} 7"]
    assert scheduled("unscheduled_time", "False", None) == ["{} -62135596800"]
    assert scheduled("unschedulable", "False", None) == ["{} 1"]


@pytest.mark.parametrize("status", ["True", "Unknown"])
def test_a_pod_is_not_unschedulable_otherwise(status: str) -> None:
    assert scheduled("unschedulable", status) == []
    assert scheduled("unscheduled_time", status) == []


def test_tolerations_are_shown_once_each_with_seconds_if_there_are_any() -> None:
    tolerations = [
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"},
        {"operator": "Exists", "tolerationSeconds": 0},
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"},
        {"key": "k", "effect": "NoExecute", "tolerationSeconds": -1},
    ]

    assert series(pods, "kube_pod_tolerations", {"spec": {"tolerations": tolerations}}) == [
        '{key="k",operator="Equal",value="v",effect="NoSchedule",toleration_seconds=""} 1',
        '{key="",operator="Exists",value="",effect="",toleration_seconds="0"} 1',
        '{key="k",operator="",value="",effect="NoExecute",toleration_seconds="-1"} 1',
    ]


def test_node_selectors_are_labels_of_one_series_which_every_pod_has() -> None:
    family = "kube_pod_nodeselectors"
    selector = {"kubernetes.io/os": "linux", "a-b": "2", "a.b": "1"}

    (line,) = series(pods, family, {"spec": {"nodeSelector": selector}})

    assert line == (
        '{nodeselector_a_b_conflict1="2",nodeselector_a_b_conflict2="1",'
        'nodeselector_kubernetes_io_os="linux"} 1'
    )
    assert series(pods, family, {}) == ["{} 1"]


def test_service_account_and_scheduler_are_shown_even_if_they_are_empty() -> None:
    pod = {"spec": {"serviceAccountName": "builder", "schedulerName": "volcano"}}

    assert series(pods, "kube_pod_service_account", pod) == ['{service_account="builder"} 1']
    assert series(pods, "kube_pod_service_account", {}) == ['{service_account=""} 1']
    assert series(pods, "kube_pod_scheduler", pod) == ['{name="volcano"} 1']
    assert series(pods, "kube_pod_scheduler", {}) == ['{name=""} 1']
