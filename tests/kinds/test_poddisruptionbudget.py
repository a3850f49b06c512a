"""Pod disruption budgets as series."""

from __future__ import annotations

import pytest

from exporter.kinds.poddisruptionbudget import PodDisruptionBudget, poddisruptionbudgets
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(poddisruptionbudgets, f"kube_poddisruptionbudget_{family}", {part: fields})


def test_a_budget_is_named_by_namespace_and_poddisruptionbudget() -> None:
    budget = PodDisruptionBudget(Metadata(name="web", namespace="shop"))

    assert poddisruptionbudgets.identity == ("namespace", "poddisruptionbudget")
    assert poddisruptionbudgets.identity_of(budget) == ("shop", "web")


@pytest.mark.parametrize(
    ("family", "field"),
    [
        ("current_healthy", "currentHealthy"),
        ("desired_healthy", "desiredHealthy"),
        ("pod_disruptions_allowed", "disruptionsAllowed"),
        ("expected_pods", "expectedPods"),
        ("observed_generation", "observedGeneration"),
    ],
)
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(family: str, field: str) -> None:
    assert of(f"status_{family}", "status", **{field: 7}) == ["{} 7"]
    assert of(f"status_{family}", "status") == ["{} 0"]


def test_creation_deletion_labels_and_annotations_are_shown() -> None:
    moment = "1970-01-01T00:00:07Z"

    assert of("created", "metadata", creationTimestamp=moment) == ["{} 7"]
    assert of("deletion_timestamp", "metadata", deletionTimestamp=moment) == ["{} 7"]
    assert of("labels", "metadata", labels={"app": "a"}) == ['{label_app="a"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
