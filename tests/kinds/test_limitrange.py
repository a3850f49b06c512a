"""Limit ranges as series."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from exporter.kinds.limitrange import LimitRange, limitranges
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def limits(*limits: Mapping[str, object]) -> list[str]:
    return series(limitranges, "kube_limitrange", {"spec": {"limits": limits}})


def test_a_limit_range_is_named_by_namespace_and_limitrange() -> None:
    assert limitranges.identity == ("namespace", "limitrange")
    assert limitranges.identity_of(LimitRange(Metadata(name="all", namespace="shop"))) == (
        "shop",
        "all",
    )


@pytest.mark.parametrize(
    "constraint", ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"]
)
def test_each_constraint_is_named_as_its_field(constraint: str) -> None:
    assert limits({"type": "Container", constraint: {"cpu": "1500m", "nvidia.com/gpu": "2"}}) == [
        f'{{resource="cpu",type="Container",constraint="{constraint}"}} 1.5',
        f'{{resource="nvidia.com/gpu",type="Container",constraint="{constraint}"}} 2',
    ]


def test_each_type_has_limits_of_its_own() -> None:
    pod = {"type": "Pod", "max": {"cpu": "4"}}
    container = {"type": "Container", "max": {"cpu": "2"}}

    assert limits(pod, container) == [
        '{resource="cpu",type="Pod",constraint="max"} 4',
        '{resource="cpu",type="Container",constraint="max"} 2',
    ]


def test_an_amount_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert limits({"type": "Pod", "max": {"memory": "lots", "cpu": "4"}}) == [
        '{resource="cpu",type="Pod",constraint="max"} 4'
    ]


def test_a_limit_range_without_limits_shows_none() -> None:
    assert limits() == limits({"type": "Pod"}) == []


def test_creation_is_shown() -> None:
    limitrange = {"metadata": {"creationTimestamp": "1970-01-01T00:00:07Z"}}

    assert series(limitranges, "kube_limitrange_created", limitrange) == ["{} 7"]
