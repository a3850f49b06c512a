"""Horizontal pod autoscalers as series."""

from __future__ import annotations

import pytest

from exporter.kinds.horizontalpodautoscaler import (
    HorizontalPodAutoscaler,
    horizontalpodautoscalers,
)
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def of(family: str, part: str, **fields: object) -> list[str]:
    return series(
        horizontalpodautoscalers, f"kube_horizontalpodautoscaler_{family}", {part: fields}
    )


def test_an_autoscaler_is_named_by_namespace_and_horizontalpodautoscaler() -> None:
    hpa = HorizontalPodAutoscaler(Metadata(name="web", namespace="shop"))

    assert horizontalpodautoscalers.identity == ("namespace", "horizontalpodautoscaler")
    assert horizontalpodautoscalers.identity_of(hpa) == ("shop", "web")


def test_information_is_what_it_scales() -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}

    (line,) = of("info", "spec", scaleTargetRef=target)

    assert line == (
        '{scaletargetref_kind="Deployment",scaletargetref_name="web",'
        'scaletargetref_api_version="apps/v1"} 1'
    )


@pytest.mark.parametrize("version", [{}, {"apiVersion": ""}])
def test_information_has_no_label_for_a_version_that_is_not_set(version: dict[str, str]) -> None:
    target = {"kind": "Deployment", "name": "web", **version}

    assert of("info", "spec", scaleTargetRef=target) == [
        '{scaletargetref_kind="Deployment",scaletargetref_name="web"} 1'
    ]


def test_the_bounds_are_shown_and_the_smaller_one_is_1_if_unset() -> None:
    assert of("spec_max_replicas", "spec", maxReplicas=9) == ["{} 9"]
    assert of("spec_min_replicas", "spec", minReplicas=0) == ["{} 0"]
    assert of("spec_min_replicas", "spec") == ["{} 1"]


def amounts(**amounts: object) -> list[str]:
    """A pods metric's values, wanted and current, which follow the same rules."""
    spec = [{"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": amounts}}]
    status = [{"type": "Pods", "pods": {"metric": {"name": "rps"}, "current": amounts}}]
    wanted = of("spec_target_metric", "spec", metrics=spec)

    assert wanted == of("status_target_metric", "status", currentMetrics=status)
    return wanted


def test_values_are_quantities_and_utilization_is_a_number() -> None:
    assert amounts(value="1500m", averageValue="1Ki", averageUtilization=80) == [
        '{metric_name="rps",metric_target_type="value",container=""} 1.5',
        '{metric_name="rps",metric_target_type="utilization",container=""} 80',
        '{metric_name="rps",metric_target_type="average",container=""} 1024',
    ]


def test_only_the_values_that_are_set_are_shown() -> None:
    assert amounts(averageUtilization=0) == [
        '{metric_name="rps",metric_target_type="utilization",container=""} 0'
    ]
    assert amounts() == []


def test_a_value_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert amounts(value="lots", averageValue="0") == [
        '{metric_name="rps",metric_target_type="average",container=""} 0'
    ]


@pytest.mark.parametrize(
    ("type_", "field", "name", "container"),
    [
        ("Object", "object", {"metric": {"name": "m"}}, ""),
        ("Pods", "pods", {"metric": {"name": "m"}}, ""),
        ("External", "external", {"metric": {"name": "m"}}, ""),
        ("Resource", "resource", {"name": "m"}, ""),
        ("ContainerResource", "containerResource", {"name": "m", "container": "app"}, "app"),
    ],
)
def test_a_metric_is_named_where_its_type_has_its_name(
    type_: str, field: str, name: dict[str, object], container: str
) -> None:
    spec = {"type": type_, field: {**name, "target": {"averageValue": "3"}}}
    status = {"type": type_, field: {**name, "current": {"averageValue": "4"}}}
    labels = f'{{metric_name="m",metric_target_type="average",container="{container}"}}'

    assert of("spec_target_metric", "spec", metrics=[spec]) == [f"{labels} 3"]
    assert of("status_target_metric", "status", currentMetrics=[status]) == [f"{labels} 4"]


def test_two_containers_have_series_of_their_own() -> None:
    metrics = [
        {
            "type": "ContainerResource",
            "containerResource": {
                "name": "cpu",
                "container": container,
                "target": {"averageUtilization": 60},
            },
        }
        for container in ("app", "proxy")
    ]

    assert of("spec_target_metric", "spec", metrics=metrics) == [
        '{metric_name="cpu",metric_target_type="utilization",container="app"} 60',
        '{metric_name="cpu",metric_target_type="utilization",container="proxy"} 60',
    ]


@pytest.mark.parametrize(
    "metric",
    [
        {"type": "Resource"},
        {"type": "Resource", "pods": {"current": {"value": "1"}, "target": {"value": "1"}}},
        {"type": "Custom", "resource": {"current": {"value": "1"}, "target": {"value": "1"}}},
    ],
)
def test_a_metric_without_what_its_type_names_is_not_shown(metric: dict[str, object]) -> None:
    assert of("spec_target_metric", "spec", metrics=[metric]) == []
    assert of("status_target_metric", "status", currentMetrics=[metric]) == []


def test_current_metrics_may_be_null() -> None:
    assert of("status_target_metric", "status", currentMetrics=None) == []


def test_tolerances_are_shown_if_they_are_set() -> None:
    behavior = {"scaleUp": {"tolerance": "0"}, "scaleDown": {"tolerance": "50m"}}
    up, down = (f"spec_behavior_scale_{way}_tolerance" for way in ("up", "down"))

    assert of(up, "spec", behavior=behavior) == ["{} 0"]
    assert of(down, "spec", behavior=behavior) == ["{} 0.05"]
    for one in (up, down):
        assert of(one, "spec", behavior={"scaleUp": {}}) == of(one, "spec") == []


@pytest.mark.parametrize("field", ["current", "desired"])
def test_each_number_of_the_status_is_shown_and_is_0_if_unset(field: str) -> None:
    assert of(f"status_{field}_replicas", "status", **{f"{field}Replicas": 7}) == ["{} 7"]
    assert of(f"status_{field}_replicas", "status") == ["{} 0"]


def test_conditions_have_three_series() -> None:
    conditions = [{"type": "ScalingLimited", "status": "False"}]

    assert of("status_condition", "status", conditions=conditions) == [
        '{condition="ScalingLimited",status="true"} 0',
        '{condition="ScalingLimited",status="false"} 1',
        '{condition="ScalingLimited",status="unknown"} 0',
    ]


def test_generation_creation_deletion_labels_and_annotations_are_shown() -> None:
    moment = "1970-01-01T00:00:07Z"

    assert of("metadata_generation", "metadata", generation=3) == ["{} 3"]
    assert of("metadata_generation", "metadata") == ["{} 0"]
    assert of("created", "metadata", creationTimestamp=moment) == ["{} 7"]
    assert of("deletion_timestamp", "metadata", deletionTimestamp=moment) == ["{} 7"]
    assert of("labels", "metadata", labels={"app": "a"}) == ['{label_app="a"} 1']
    assert of("annotations", "metadata", annotations={"a": "b"}) == ['{annotation_a="b"} 1']
