"""Replica sets as series."""

from __future__ import annotations

import pytest

from exporter.kinds.replicaset import ReplicaSet, replicasets
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(replicasets, f"kube_replicaset_{family}", {part: fields})


def test_a_replica_set_is_named_by_namespace_and_replicaset() -> None:
    assert replicasets.identity == ("namespace", "replicaset")
    assert replicasets.identity_of(ReplicaSet(Metadata(name="web-1", namespace="shop"))) == (
        "shop",
        "web-1",
    )


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("status_replicas", "replicas"),
        ("status_fully_labeled_replicas", "fullyLabeledReplicas"),
        ("status_ready_replicas", "readyReplicas"),
        ("status_observed_generation", "observedGeneration"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of(family, "status", **{field: 7}) == ["{} 7"]
    assert of(family, "status") == ["{} 0"]


def test_ending_pods_are_only_shown_if_the_cluster_counts_them() -> None:
    assert of("status_terminating_replicas", "status", terminatingReplicas=0) == ["{} 0"]
    assert of("status_terminating_replicas", "status") == []


def test_the_wanted_number_is_shown_if_it_is_set() -> None:
    assert of("spec_replicas", "spec", replicas=0) == ["{} 0"]
    assert of("spec_replicas", "spec") == []


def test_the_deployment_that_controls_it_is_shown() -> None:
    owners = [{"kind": "Deployment", "name": "web", "controller": True}]

    assert of("owner", "metadata", ownerReferences=owners) == [
        '{owner_kind="Deployment",owner_name="web",owner_is_controller="true"} 1'
    ]


def test_generation_creation_labels_and_annotations_are_shown() -> None:
    created = "1970-01-01T00:00:07Z"

    assert of("metadata_generation", "metadata", generation=3) == ["{} 3"]
    assert of("created", "metadata", creationTimestamp=created) == ["{} 7"]
    assert of("labels", "metadata", labels={"app": "web"}) == ['{label_app="web"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
