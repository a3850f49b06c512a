"""Daemon sets as series."""

from __future__ import annotations

import pytest

from exporter.kinds.daemonset import DaemonSet, daemonsets
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(daemonsets, f"kube_daemonset_{family}", {part: fields})


def test_a_daemon_set_is_named_by_namespace_and_daemonset() -> None:
    assert daemonsets.identity == ("namespace", "daemonset")
    assert daemonsets.identity_of(DaemonSet(Metadata(name="agent", namespace="shop"))) == (
        "shop",
        "agent",
    )


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("current_number_scheduled", "currentNumberScheduled"),
        ("desired_number_scheduled", "desiredNumberScheduled"),
        ("number_available", "numberAvailable"),
        ("number_misscheduled", "numberMisscheduled"),
        ("number_ready", "numberReady"),
        ("number_unavailable", "numberUnavailable"),
        ("observed_generation", "observedGeneration"),
        ("updated_number_scheduled", "updatedNumberScheduled"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of(f"status_{family}", "status", **{field: 7}) == ["{} 7"]
    assert of(f"status_{family}", "status") == ["{} 0"]


def test_generation_creation_deletion_labels_and_annotations_are_shown() -> None:
    moment = "1970-01-01T00:00:07Z"

    assert of("metadata_generation", "metadata", generation=3) == ["{} 3"]
    assert of("created", "metadata", creationTimestamp=moment) == ["{} 7"]
    assert of("deletion_timestamp", "metadata", deletionTimestamp=moment) == ["{} 7"]
    assert of("labels", "metadata", labels={"app": "a"}) == ['{label_app="a"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
