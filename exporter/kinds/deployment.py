"""Deployments: how many pods they want and have, and how their rollouts go."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from exporter.families.any_object import (
    declare_annotations,
    declare_created,
    declare_deletion_timestamp,
    declare_labels,
)
from exporter.families.condition import STATUSES
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata


class RollingUpdate(ApiObject, frozen=True):
    """How far a rollout may be from the wanted number: pods, or a percentage such as 25%."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class Strategy(ApiObject, frozen=True):
    """How old pods are replaced."""

    rolling_update: RollingUpdate | None = None


class DeploymentSpec(ApiObject, frozen=True):
    """What is wanted."""

    replicas: int | None = None
    paused: bool = False
    strategy: Strategy = Strategy()


class DeploymentStatus(ApiObject, frozen=True):
    """What the deployment controller observes."""

    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    updated_replicas: int = 0
    terminating_replicas: int | None = None
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class Deployment(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/"""

    metadata: Metadata = Metadata()
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


deployments = Kind(
    Deployment,
    "apps/v1",
    "deployments",
    singular="deployment",
    identity=("namespace", "deployment"),
)

_NO_OWNER = (("", "", 1),)

_REASONS = frozenset(
    {
        "",
        "DeploymentPaused",
        "DeploymentResumed",
        "FoundNewReplicaSet",
        "MinimumReplicasAvailable",
        "MinimumReplicasUnavailable",
        "NewReplicaSetAvailable",
        "NewReplicaSetCreated",
        "ProgressDeadlineExceeded",
        "ReplicaSetCreateError",
        "ReplicaSetUpdated",
    }
)
_PERCENTAGE = re.compile(r"\+?([0-9]{1,18})%")


@deployments.rows("owner_kind", "owner_name")
def kube_deployment_owner(deployment: Deployment) -> Rows:
    """Who owns the deployment; one series with empty labels if nobody does."""
    owners = deployment.metadata.owner_references
    return [(one.kind, one.name, 1) for one in owners] if owners else _NO_OWNER


declare_created(deployments, "stable")


@deployments.number(stability="stable")
def kube_deployment_status_replicas(deployment: Deployment) -> int:
    """How many pods the deployment has."""
    return deployment.status.replicas


@deployments.number(stability="stable")
def kube_deployment_status_replicas_ready(deployment: Deployment) -> int:
    """How many of the deployment's pods are ready."""
    return deployment.status.ready_replicas


@deployments.number(stability="stable")
def kube_deployment_status_replicas_available(deployment: Deployment) -> int:
    """How many of the deployment's pods have been ready for long enough."""
    return deployment.status.available_replicas


@deployments.number(stability="stable")
def kube_deployment_status_replicas_unavailable(deployment: Deployment) -> int:
    """How many pods are missing until all that are wanted are available."""
    return deployment.status.unavailable_replicas


@deployments.number(stability="stable")
def kube_deployment_status_replicas_updated(deployment: Deployment) -> int:
    """How many of the deployment's pods are made from its newest template."""
    return deployment.status.updated_replicas


@deployments.number()
def kube_deployment_status_terminating_replicas(deployment: Deployment) -> int | None:
    """How many of the deployment's pods are ending; only if the cluster counts them."""
    return deployment.status.terminating_replicas


@deployments.number(stability="stable")
def kube_deployment_status_observed_generation(deployment: Deployment) -> int:
    """The generation that the controller has dealt with."""
    return deployment.status.observed_generation


@deployments.rows("reason", "condition", "status", stability="stable")
def kube_deployment_status_condition(deployment: Deployment) -> Rows:
    """The conditions of a deployment with their reasons; unknown for an unusual reason."""
    return [
        (
            one.reason if one.reason in _REASONS else "unknown",
            one.type,
            shown,
            int(one.status == status),
        )
        for one in deployment.status.conditions
        for status, shown in STATUSES.items()
    ]


@deployments.number(stability="stable")
def kube_deployment_spec_replicas(deployment: Deployment) -> int | None:
    """How many pods are wanted."""
    return deployment.spec.replicas


@deployments.number(stability="stable")
def kube_deployment_spec_paused(deployment: Deployment) -> int:
    """1 if changes of the deployment are not rolled out for now."""
    return int(deployment.spec.paused)


@deployments.number(stability="stable")
def kube_deployment_spec_strategy_rollingupdate_max_unavailable(
    deployment: Deployment,
) -> int | None:
    """How many pods may be missing while a rolling update runs."""
    update = deployment.spec.strategy.rolling_update
    return None if update is None else _pods(update.max_unavailable, deployment, math.floor)


@deployments.number(stability="stable")
def kube_deployment_spec_strategy_rollingupdate_max_surge(deployment: Deployment) -> int | None:
    """How many pods more than wanted there may be while a rolling update runs."""
    update = deployment.spec.strategy.rolling_update
    return None if update is None else _pods(update.max_surge, deployment, math.ceil)


@deployments.number(stability="stable")
def kube_deployment_metadata_generation(deployment: Deployment) -> int:
    """The generation of what is wanted; it grows with every change of it."""
    return deployment.metadata.generation


declare_deletion_timestamp(deployments)
declare_annotations(deployments)
declare_labels(deployments, "stable")


def _pods(
    bound: int | str | None, deployment: Deployment, whole: Callable[[float], int]
) -> int | None:
    """`bound` as a number of pods, as Kubernetes' ``intstr`` package scales it; None if not one."""
    wanted = deployment.spec.replicas
    if bound is None or wanted is None:
        return None

    if isinstance(bound, str):
        percentage = _PERCENTAGE.fullmatch(bound)
        if percentage is None:
            return None

        return whole(int(percentage[1]) * wanted / 100)

    return bound if bound >= 0 else None
