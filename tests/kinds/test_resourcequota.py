"""Resource quotas as series."""

from __future__ import annotations

from exporter.kinds.resourcequota import ResourceQuota, resourcequotas
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def amounts(**status: dict[str, str]) -> list[str]:
    return series(resourcequotas, "kube_resourcequota", {"status": status})


def test_a_quota_is_named_by_namespace_and_resourcequota() -> None:
    assert resourcequotas.identity == ("namespace", "resourcequota")
    assert resourcequotas.identity_of(ResourceQuota(Metadata(name="all", namespace="shop"))) == (
        "shop",
        "all",
    )


def test_what_is_allowed_and_what_is_used_are_two_types() -> None:
    assert amounts(hard={"pods": "10", "requests.cpu": "1500m"}, used={"pods": "3"}) == [
        '{resource="pods",type="hard"} 10',
        '{resource="requests.cpu",type="hard"} 1.5',
        '{resource="pods",type="used"} 3',
    ]


def test_names_of_resources_are_shown_as_they_are() -> None:
    hard = {"count/deployments.apps": "5", "requests.nvidia.com/gpu": "8", "limits.memory": "1Gi"}

    assert amounts(hard=hard) == [
        '{resource="count/deployments.apps",type="hard"} 5',
        '{resource="requests.nvidia.com/gpu",type="hard"} 8',
        '{resource="limits.memory",type="hard"} 1073741824',
    ]


def test_what_is_asked_for_is_not_shown_before_it_is_enforced() -> None:
    assert series(resourcequotas, "kube_resourcequota", {"spec": {"hard": {"pods": "1"}}}) == []


def test_an_amount_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert amounts(hard={"pods": "lots", "cpu": "1"}) == ['{resource="cpu",type="hard"} 1']


def test_creation_labels_and_annotations_are_shown() -> None:
    quota = {
        "metadata": {
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"team": "a"},
            "annotations": {"a": "b"},
        }
    }

    assert series(resourcequotas, "kube_resourcequota_created", quota) == ["{} 7"]
    assert series(resourcequotas, "kube_resourcequota_labels", quota) == ['{label_team="a"} 1']
    assert series(resourcequotas, "kube_resourcequota_annotations", quota) == [
        '{annotation_a="b"} 1'
    ]
