"""Deployments as series."""

from __future__ import annotations

import pytest

from exporter.kinds.deployment import Deployment, deployments
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of_status(family: str, **status: object) -> list[str]:
    return series(deployments, f"kube_deployment_{family}", {"status": status})


def of_spec(family: str, **spec: object) -> list[str]:
    return series(deployments, f"kube_deployment_{family}", {"spec": spec})


def test_a_deployment_is_named_by_namespace_and_deployment() -> None:
    assert deployments.identity == ("namespace", "deployment")
    assert deployments.identity_of(Deployment(Metadata(name="web", namespace="shop"))) == (
        "shop",
        "web",
    )


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("status_replicas", "replicas"),
        ("status_replicas_ready", "readyReplicas"),
        ("status_replicas_available", "availableReplicas"),
        ("status_replicas_unavailable", "unavailableReplicas"),
        ("status_replicas_updated", "updatedReplicas"),
        ("status_observed_generation", "observedGeneration"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of_status(family, **{field: 7}) == ["{} 7"]
    assert of_status(family) == ["{} 0"]


def test_ending_pods_are_only_shown_if_the_cluster_counts_them() -> None:
    assert of_status("status_terminating_replicas", terminatingReplicas=0) == ["{} 0"]
    assert of_status("status_terminating_replicas") == []


def test_the_wanted_number_is_shown_if_it_is_set() -> None:
    assert of_spec("spec_replicas", replicas=0) == ["{} 0"]
    assert of_spec("spec_replicas") == []


def test_a_deployment_may_be_paused() -> None:
    assert of_spec("spec_paused", paused=True) == ["{} 1"]
    assert of_spec("spec_paused") == ["{} 0"]


def test_owners_are_shown_without_saying_whether_they_control() -> None:
    owners = [{"kind": "Rollout", "name": "web", "controller": True}, {"kind": "Team", "name": "a"}]

    assert series(
        deployments, "kube_deployment_owner", {"metadata": {"ownerReferences": owners}}
    ) == [
        '{owner_kind="Rollout",owner_name="web"} 1',
        '{owner_kind="Team",owner_name="a"} 1',
    ]
    assert series(deployments, "kube_deployment_owner", {}) == ['{owner_kind="",owner_name=""} 1']


def test_conditions_have_their_reason_and_three_series() -> None:
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}

    assert of_status("status_condition", conditions=[condition]) == [
        '{reason="ProgressDeadlineExceeded",condition="Progressing",status="true"} 0',
        '{reason="ProgressDeadlineExceeded",condition="Progressing",status="false"} 1',
        '{reason="ProgressDeadlineExceeded",condition="Progressing",status="unknown"} 0',
    ]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("DeploymentPaused", "DeploymentPaused"),
        ("DeploymentResumed", "DeploymentResumed"),
        ("FoundNewReplicaSet", "FoundNewReplicaSet"),
        ("MinimumReplicasAvailable", "MinimumReplicasAvailable"),
        ("MinimumReplicasUnavailable", "MinimumReplicasUnavailable"),
        ("NewReplicaSetAvailable", "NewReplicaSetAvailable"),
        ("NewReplicaSetCreated", "NewReplicaSetCreated"),
        ("ReplicaSetCreateError", "ReplicaSetCreateError"),
        ("ReplicaSetUpdated", "ReplicaSetUpdated"),
        ("", ""),
        ("MyOwnReason", "unknown"),
    ],
)
def test_a_reason_that_the_deployment_controller_never_gives_is_unknown(
    reason: str, shown: str
) -> None:
    conditions = [{"type": "Available", "status": "True", "reason": reason}]

    assert of_status("status_condition", conditions=conditions)[0] == (
        f'{{reason="{shown}",condition="Available",status="true"}} 1'
    )


def rolling(replicas: int | None, **update: object) -> tuple[list[str], list[str]]:
    """Most unavailable, and surge."""
    spec: dict[str, object] = {"strategy": {"type": "RollingUpdate", "rollingUpdate": update}}
    if replicas is not None:
        spec["replicas"] = replicas

    family = "spec_strategy_rollingupdate_max_"
    return of_spec(f"{family}unavailable", **spec), of_spec(f"{family}surge", **spec)


@pytest.mark.parametrize(
    ("replicas", "bound", "unavailable", "surge"),
    [
        (10, 2, "2", "2"),
        (10, 0, "0", "0"),
        (10, "25%", "2", "3"),
        (7, "33%", "2", "3"),
        (1, "1%", "0", "1"),
        (4, "100%", "4", "4"),
        (0, "25%", "0", "0"),
        (3, "+50%", "1", "2"),
    ],
)
def test_a_percentage_is_rounded_down_for_missing_pods_and_up_for_additional_ones(
    replicas: int, bound: int | str, unavailable: str, surge: str
) -> None:
    assert rolling(replicas, maxUnavailable=bound, maxSurge=bound) == (
        [f"{{}} {unavailable}"],
        [f"{{}} {surge}"],
    )


def test_each_bound_is_a_field_of_its_own() -> None:
    assert rolling(10, maxUnavailable=1) == (["{} 1"], [])
    assert rolling(10, maxSurge="10%") == ([], ["{} 1"])


@pytest.mark.parametrize("bound", [-1, "-10%", "2", "some%", "%", "1.5%", "10%%"])
def test_what_is_neither_a_number_of_pods_nor_a_percentage_is_not_shown(bound: int | str) -> None:
    assert rolling(10, maxUnavailable=bound, maxSurge=bound) == ([], [])


def test_without_a_wanted_number_there_are_no_bounds() -> None:
    assert rolling(None, maxUnavailable=1, maxSurge="10%") == ([], [])


def test_a_deployment_that_is_recreated_has_no_bounds() -> None:
    family = "spec_strategy_rollingupdate_max_"
    spec = {"replicas": 3, "strategy": {"type": "Recreate"}}

    assert of_spec(f"{family}unavailable", **spec) == of_spec(f"{family}surge", **spec) == []


def test_generation_creation_deletion_labels_and_annotations_are_shown() -> None:
    deployment = {
        "metadata": {
            "generation": 3,
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "labels": {"app": "web"},
            "annotations": {"note": "x"},
        }
    }

    assert series(deployments, "kube_deployment_metadata_generation", deployment) == ["{} 3"]
    assert series(deployments, "kube_deployment_created", deployment) == ["{} 7"]
    assert series(deployments, "kube_deployment_deletion_timestamp", deployment) == ["{} 9"]
    assert series(deployments, "kube_deployment_labels", deployment) == ['{label_app="web"} 1']
    assert series(deployments, "kube_deployment_annotations", deployment) == [
        '{annotation_note="x"} 1'
    ]
