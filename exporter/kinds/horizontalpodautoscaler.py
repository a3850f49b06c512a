"""Horizontal pod autoscalers: what they scale, between which numbers, and by which metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter

from msgspec import field

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.condition import condition_rows
from exporter.families.family import Row, Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata
from exporter.kubernetes.quantity import quantity_number


class ScaleTarget(ApiObject, frozen=True):
    """What is scaled."""

    api_version: str = ""
    kind: str = ""
    name: str = ""


class MetricName(ApiObject, frozen=True):
    """How a metric that is not a compute resource is called."""

    name: str = ""


class Amounts(ApiObject, frozen=True):
    """A metric's values, wanted or current; quantities but for the percentage."""

    value: str | None = None
    average_value: str | None = None
    average_utilization: int | None = None


class Source(ApiObject, frozen=True):
    """Where a metric comes from; compute resources have a name, the others a metric."""

    name: str = ""
    container: str = ""
    metric: MetricName = MetricName()
    target: Amounts = Amounts()
    current: Amounts = Amounts()


class Metric(ApiObject, frozen=True):
    """A metric as it is wanted or was measured; the source that the type names is set."""

    type: str = ""
    object_: Source | None = field(default=None, name="object")
    pods: Source | None = None
    resource: Source | None = None
    container_resource: Source | None = None
    external: Source | None = None


class ScalingRules(ApiObject, frozen=True):
    """How eagerly it scales in one direction."""

    tolerance: str | None = None


class Behavior(ApiObject, frozen=True):
    """How eagerly it scales."""

    scale_up: ScalingRules = ScalingRules()
    scale_down: ScalingRules = ScalingRules()


class HorizontalPodAutoscalerSpec(ApiObject, frozen=True):
    """What is wanted."""

    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: int = 1
    max_replicas: int = 0
    metrics: tuple[Metric, ...] = ()
    behavior: Behavior = Behavior()


class HorizontalPodAutoscalerStatus(ApiObject, frozen=True):
    """What the autoscaler observes."""

    current_replicas: int = 0
    desired_replicas: int = 0
    current_metrics: tuple[Metric, ...] | None = None
    """Written as null where there are none, unlike nearly every other list of the API."""

    conditions: tuple[Condition, ...] = ()


class HorizontalPodAutoscaler(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/"""

    metadata: Metadata = Metadata()
    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: HorizontalPodAutoscalerStatus = HorizontalPodAutoscalerStatus()


horizontalpodautoscalers = Kind(
    HorizontalPodAutoscaler,
    "autoscaling/v2",
    "horizontalpodautoscalers",
    singular="horizontalpodautoscaler",
    identity=("namespace", "horizontalpodautoscaler"),
)

_SOURCES: dict[str, Callable[[Metric], Source | None]] = {
    "Object": attrgetter("object_"),
    "Pods": attrgetter("pods"),
    "Resource": attrgetter("resource"),
    "ContainerResource": attrgetter("container_resource"),
    "External": attrgetter("external"),
}
"""Which field holds the source, by the metric's type; a metric of another type is not shown."""


@horizontalpodautoscalers.rows(
    "scaletargetref_kind", "scaletargetref_name", optional=("scaletargetref_api_version",)
)
def kube_horizontalpodautoscaler_info(hpa: HorizontalPodAutoscaler) -> Rows:
    """What the autoscaler scales; always 1."""
    target = hpa.spec.scale_target_ref
    return ((target.kind, target.name, target.api_version or None, 1),)


@horizontalpodautoscalers.number(stability="stable")
def kube_horizontalpodautoscaler_metadata_generation(hpa: HorizontalPodAutoscaler) -> int:
    """The generation of what is wanted; 0 where the cluster does not count them."""
    return hpa.metadata.generation


@horizontalpodautoscalers.number(stability="stable")
def kube_horizontalpodautoscaler_spec_max_replicas(hpa: HorizontalPodAutoscaler) -> int:
    """The largest number of pods that the autoscaler may ask for."""
    return hpa.spec.max_replicas


@horizontalpodautoscalers.number(stability="stable")
def kube_horizontalpodautoscaler_spec_min_replicas(hpa: HorizontalPodAutoscaler) -> int:
    """The smallest number of pods that the autoscaler may ask for; 1 if that is not set."""
    return hpa.spec.min_replicas


@horizontalpodautoscalers.rows("metric_name", "metric_target_type", "container")
def kube_horizontalpodautoscaler_spec_target_metric(hpa: HorizontalPodAutoscaler) -> Rows:
    """Which values of its metrics the autoscaler aims at: value, average or utilization."""
    return _rows(hpa.spec.metrics, attrgetter("target"))


@horizontalpodautoscalers.number()
def kube_horizontalpodautoscaler_spec_behavior_scale_down_tolerance(
    hpa: HorizontalPodAutoscaler,
) -> int | float | None:
    """By which part a metric may fall short of its aim before there is less; only if it is set."""
    return _number(hpa.spec.behavior.scale_down.tolerance)


@horizontalpodautoscalers.number()
def kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance(
    hpa: HorizontalPodAutoscaler,
) -> int | float | None:
    """By which part a metric may exceed its aim before there is more; only if it is set."""
    return _number(hpa.spec.behavior.scale_up.tolerance)


@horizontalpodautoscalers.rows("metric_name", "metric_target_type", "container", stability="stable")
def kube_horizontalpodautoscaler_status_target_metric(hpa: HorizontalPodAutoscaler) -> Rows:
    """Which values its metrics had when the autoscaler last looked."""
    return _rows(hpa.status.current_metrics or (), attrgetter("current"))


@horizontalpodautoscalers.number(stability="stable")
def kube_horizontalpodautoscaler_status_current_replicas(hpa: HorizontalPodAutoscaler) -> int:
    """How many pods there were when the autoscaler last looked."""
    return hpa.status.current_replicas


@horizontalpodautoscalers.number(stability="stable")
def kube_horizontalpodautoscaler_status_desired_replicas(hpa: HorizontalPodAutoscaler) -> int:
    """How many pods the autoscaler asks for."""
    return hpa.status.desired_replicas


declare_annotations(horizontalpodautoscalers)
declare_labels(horizontalpodautoscalers, "stable")


@horizontalpodautoscalers.rows("condition", "status", stability="stable")
def kube_horizontalpodautoscaler_status_condition(hpa: HorizontalPodAutoscaler) -> Rows:
    """Whether the autoscaler can scale, does, and has come to a limit."""
    return condition_rows(hpa.status.conditions)


declare_created(horizontalpodautoscalers)
declare_deletion_timestamp(horizontalpodautoscalers)


def _rows(metrics: Iterable[Metric], amounts_of: Callable[[Source], Amounts]) -> Rows:
    rows: list[Row] = []
    for metric in metrics:
        source_of = _SOURCES.get(metric.type)
        source = None if source_of is None else source_of(metric)
        if source is None:
            continue

        name = source.name or source.metric.name
        amounts = amounts_of(source)
        for type_, number in (
            ("value", _number(amounts.value)),
            ("utilization", amounts.average_utilization),
            ("average", _number(amounts.average_value)),
        ):
            if number is not None:
                rows.append((name, type_, source.container, number))

    return rows


def _number(quantity: str | None) -> int | float | None:
    if quantity is None:
        return None

    try:
        return quantity_number(quantity)
    except ValueError:
        return None
