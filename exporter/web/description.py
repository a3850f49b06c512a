"""What is said of a cluster to those who do not want its series."""

from __future__ import annotations

from msgspec import Struct

from exporter.discovery.provider import Cluster
from exporter.fleet.conditions import conditions
from exporter.fleet.observation import Observation


class Condition(Struct, frozen=True):
    """Something that holds of a cluster, and why; the words are those of the facts."""

    condition: str
    reason: str


class Description(Struct, frozen=True, kw_only=True):
    """One cluster, as ``/api/v1/clusters`` shows it. `objects` and `series` are by resource."""

    name: str
    source: str
    provider: str
    uid: str
    up: bool
    conditions: tuple[Condition, ...]
    version: str
    labels: dict[str, str]
    objects: dict[str, int]
    series: dict[str, int]


def described(observation: Observation) -> Description:
    """A cluster that this process reads, as it is now."""
    cluster, health, stores = observation.described, observation.health, observation.stores
    return Description(
        name=cluster.name,
        source=cluster.source,
        provider=cluster.provider,
        uid=health.uid,
        up=health.up,
        conditions=tuple(Condition(*condition) for condition in conditions(observation)),
        version=health.version.git_version,
        labels=dict(cluster.labels),
        objects={
            resource: sum(store.objects for store in parts) for resource, parts in stores.items()
        },
        series={
            resource: sum(store.series for store in parts) for resource, parts in stores.items()
        },
    )


def conflicting(cluster: Cluster) -> Description:
    """A cluster that is not read, because another one has its name."""
    return Description(
        name=cluster.name,
        source=cluster.source,
        provider=cluster.provider,
        uid="",
        up=False,
        conditions=(Condition("name-conflict", ""),),
        version="",
        labels=dict(cluster.labels),
        objects={},
        series={},
    )
