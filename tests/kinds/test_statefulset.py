"""Stateful sets as series."""

from __future__ import annotations

import pytest

from exporter.kinds.statefulset import StatefulSet, statefulsets
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(statefulsets, f"kube_statefulset_{family}", {part: fields})


def test_a_stateful_set_is_named_by_namespace_and_statefulset() -> None:
    assert statefulsets.identity == ("namespace", "statefulset")
    assert statefulsets.identity_of(StatefulSet(Metadata(name="db", namespace="shop"))) == (
        "shop",
        "db",
    )


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("status_replicas", "replicas"),
        ("status_replicas_available", "availableReplicas"),
        ("status_replicas_current", "currentReplicas"),
        ("status_replicas_ready", "readyReplicas"),
        ("status_replicas_updated", "updatedReplicas"),
        ("status_observed_generation", "observedGeneration"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of(family, "status", **{field: 7}) == ["{} 7"]
    assert of(family, "status") == ["{} 0"]


def test_the_wanted_number_is_shown_if_it_is_set() -> None:
    assert of("replicas", "spec", replicas=0) == ["{} 0"]
    assert of("replicas", "spec") == []


def test_the_first_pods_number_is_shown_if_pods_are_numbered_in_an_own_way() -> None:
    assert of("ordinals_start", "spec", ordinals={"start": 5}) == ["{} 5"]
    assert of("ordinals_start", "spec", ordinals={}) == ["{} 0"]
    assert of("ordinals_start", "spec") == []


def test_what_becomes_of_claims_is_shown_if_either_case_is_decided() -> None:
    def policy(**policy: str) -> list[str]:
        return of(
            "persistentvolumeclaim_retention_policy",
            "spec",
            persistentVolumeClaimRetentionPolicy=policy,
        )

    assert policy(whenDeleted="Delete", whenScaled="Retain") == [
        '{when_deleted="Delete",when_scaled="Retain"} 1'
    ]
    assert policy(whenScaled="Retain") == ['{when_deleted="",when_scaled="Retain"} 1']
    assert policy(whenDeleted="Retain") == ['{when_deleted="Retain",when_scaled=""} 1']
    assert policy() == []
    assert of("persistentvolumeclaim_retention_policy", "spec") == []


def test_both_revisions_are_shown_even_before_there_are_any() -> None:
    assert of("status_current_revision", "status", currentRevision="db-1") == [
        '{revision="db-1"} 1'
    ]
    assert of("status_update_revision", "status", updateRevision="db-2") == ['{revision="db-2"} 1']
    assert of("status_current_revision", "status") == ['{revision=""} 1']
    assert of("status_update_revision", "status") == ['{revision=""} 1']


def test_generation_creation_deletion_labels_and_annotations_are_shown() -> None:
    moment = "1970-01-01T00:00:07Z"

    assert of("metadata_generation", "metadata", generation=3) == ["{} 3"]
    assert of("created", "metadata", creationTimestamp=moment) == ["{} 7"]
    assert of("deletion_timestamp", "metadata", deletionTimestamp=moment) == ["{} 7"]
    assert of("labels", "metadata", labels={"app": "db"}) == ['{label_app="db"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
