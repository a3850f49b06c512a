"""Deployments and the rest: their status follows from their pods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exporter.simulation import workloads
from exporter.simulation.shop import SIZES
from exporter.simulation.templates import service_template, with_tag

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEMPLATE = service_template("web", "storefront", "1.0.0", SIZES[0], sidecar=False, migrates=False)


def deployment(replicas: int = 8) -> dict[str, Any]:
    made = workloads.deployment("web", "storefront", TEMPLATE, replicas, 2, NOON)
    made["metadata"]["uid"] = "u-1"
    return made


@pytest.mark.parametrize(
    ("replicas", "updated", "ready", "available", "reason"),
    [
        (8, 8, 8, "True", "NewReplicaSetAvailable"),
        (8, 8, 6, "True", "ReplicaSetUpdated"),
        (8, 8, 5, "False", "ReplicaSetUpdated"),
        (10, 2, 8, "True", "ReplicaSetUpdated"),
    ],
)
def test_a_deployment_is_available_while_a_quarter_is_missing(
    replicas: int, updated: int, ready: int, available: str, reason: str
) -> None:
    status = workloads.deployment_status(
        deployment(), replicas=replicas, updated=updated, ready=ready, at=NOON
    )["status"]

    conditions = {each["type"]: each for each in status["conditions"]}
    assert conditions["Available"]["status"] == available
    assert conditions["Progressing"]["reason"] == reason
    assert status["observedGeneration"] == 2


def test_zeros_are_left_out_of_a_status_as_go_does() -> None:
    status = workloads.deployment_status(deployment(), replicas=0, updated=0, ready=0, at=NOON)

    assert set(status["status"]) == {"observedGeneration", "unavailableReplicas", "conditions"}


def test_another_image_is_another_replica_set() -> None:
    before = deployment()
    other = with_tag(TEMPLATE, "1.1.0")
    after = {**before, "spec": {**before["spec"], "template": other}}

    one = workloads.replica_set(before, 8, NOON)
    same = workloads.replica_set(before, 8, NOON)
    two = workloads.replica_set(after, 8, NOON)

    assert one["metadata"]["name"] == same["metadata"]["name"]
    assert one["metadata"]["name"] != two["metadata"]["name"]
    assert one["metadata"]["ownerReferences"][0]["uid"] == "u-1"
    labels = one["spec"]["template"]["metadata"]["labels"]
    assert one["metadata"]["name"] == f"web-{labels['pod-template-hash']}"
    assert labels.items() >= one["spec"]["selector"]["matchLabels"].items()


def test_scaling_is_a_new_generation_and_a_recount_is_not() -> None:
    given = workloads.replica_set(deployment(), 3, NOON)

    recounted = workloads.replica_set_scaled(given, 3, 2)
    scaled = workloads.replica_set_scaled(given, 0, 0)

    assert recounted["metadata"]["generation"] == 1
    assert recounted["status"]["readyReplicas"] == 2
    assert scaled["metadata"]["generation"] == scaled["status"]["observedGeneration"] == 2
    assert scaled["status"] == {"replicas": 0, "observedGeneration": 2}
