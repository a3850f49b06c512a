"""Replication controllers as series."""

from __future__ import annotations

import pytest

from exporter.kinds.replicationcontroller import ReplicationController, replicationcontrollers
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(replicationcontrollers, f"kube_replicationcontroller_{family}", {part: fields})


def test_a_replication_controller_is_named_by_namespace_and_replicationcontroller() -> None:
    controller = ReplicationController(Metadata(name="web", namespace="shop"))

    assert replicationcontrollers.identity == ("namespace", "replicationcontroller")
    assert replicationcontrollers.identity_of(controller) == ("shop", "web")


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("status_replicas", "replicas"),
        ("status_fully_labeled_replicas", "fullyLabeledReplicas"),
        ("status_ready_replicas", "readyReplicas"),
        ("status_available_replicas", "availableReplicas"),
        ("status_observed_generation", "observedGeneration"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of(family, "status", **{field: 7}) == ["{} 7"]
    assert of(family, "status") == ["{} 0"]


def test_the_wanted_number_is_shown_if_it_is_set() -> None:
    assert of("spec_replicas", "spec", replicas=0) == ["{} 0"]
    assert of("spec_replicas", "spec") == []


def test_generation_creation_and_owner_are_shown() -> None:
    created = "1970-01-01T00:00:07Z"
    owners = [{"kind": "DeploymentConfig", "name": "web", "controller": True}]

    assert of("metadata_generation", "metadata", generation=3) == ["{} 3"]
    assert of("created", "metadata", creationTimestamp=created) == ["{} 7"]
    assert of("owner", "metadata", ownerReferences=owners) == [
        '{owner_kind="DeploymentConfig",owner_name="web",owner_is_controller="true"} 1'
    ]


def test_labels_and_annotations_are_not_shown() -> None:
    names = {one.name for one in replicationcontrollers.families}

    assert not {name for name in names if name.endswith(("_labels", "_annotations"))}
