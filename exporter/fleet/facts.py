"""
Facts about the clusters themselves: the ``kube_fleet_*`` families.

They exist for every discovered cluster from the first scrape on, reachable or not, so that alerts
can tell a cluster that is away from one that was removed. Written at each scrape: they are few.
"""

from __future__ import annotations

from exporter.families.family import Families, LabelledNumber, Rows
from exporter.fleet.conditions import conditions
from exporter.fleet.observation import Observation

facts: Families[Observation] = Families()
"""What `/metrics/fleet` shows of each cluster."""

event_counts: Families[Observation] = Families()
"""Counts of events: as many series as a cluster has sorts of them."""


@facts.labelled("platform", "provider", "region", "uid")
def kube_fleet_cluster_info(cluster: Observation) -> list[LabelledNumber]:
    """Every discovered cluster, reachable or not; always 1. The uid is kube-system's, empty until
    first contact; labels of the cluster's source, and `virtual` on clusters inside of others, come
    besides."""
    health, found = cluster.health, cluster.described
    labels = {
        "region": "",
        **found.labels,
        "uid": health.uid,
        "provider": found.provider,
        "platform": health.version.platform_name,
    }
    return [(labels | ({"virtual": "true"} if found.virtual else {}), 1)]


@facts.number()
def kube_fleet_cluster_up(cluster: Observation) -> int:
    """Whether the cluster's API server answers us with usable credentials."""
    return int(cluster.health.up)


@facts.number()
def kube_fleet_cluster_maintenance(cluster: Observation) -> int:
    """Whether the cluster is under maintenance, as its source or the settings say."""
    return int(cluster.described.maintenance)


@facts.rows("condition", "reason")
def kube_fleet_cluster_condition(cluster: Observation) -> Rows:
    """What holds of the cluster now; 1 for each condition that does, nothing for the others."""
    return [(*condition, 1) for condition in conditions(cluster)]


@facts.rows("resource", "reason")
def kube_fleet_resource_up(cluster: Observation) -> Rows:
    """Whether a kind of the cluster is current; the reason says why it is not."""
    rows = []
    for kind in cluster.health.kinds.values():
        if kind.listed or kind.reason:
            rows.append((kind.resource, kind.reason, int(not kind.reason)))
        elif not cluster.health.up:
            rows.append((kind.resource, "failing", 0))

    return rows


@facts.rows("git_version", "platform")
def kube_fleet_cluster_version_info(cluster: Observation) -> Rows:
    """Version and platform that the API server reports; always 1."""
    version = cluster.health.version
    return [(version.git_version, version.platform, 1)] if version.git_version else []


@facts.number()
def kube_fleet_cluster_version_minor(cluster: Observation) -> int | None:
    """Minor version of the API server: 36 of v1.36.3."""
    return cluster.health.version.minor


@facts.number()
def kube_fleet_cluster_version_patch(cluster: Observation) -> int | None:
    """Patch version of the API server: 3 of v1.36.3."""
    return cluster.health.version.patch


@facts.number()
def kube_fleet_cluster_kubelet_minor_min(cluster: Observation) -> int | None:
    """Minor version of the cluster's oldest kubelet."""
    return cluster.kubelets.oldest


@facts.number()
def kube_fleet_cluster_kubelet_minor_max(cluster: Observation) -> int | None:
    """Minor version of the cluster's newest kubelet."""
    return cluster.kubelets.newest


@facts.rows("kind", "rotation")
def kube_fleet_credential_expiry_timestamp_seconds(cluster: Observation) -> Rows:
    """When a credential for the cluster, the cluster's own certificate or the authority that is
    trusted for it ends; seconds since 1970. kind is client-certificate, token, ca or
    serving-certificate; rotation is who renews it: manual (people), auto (something does, it is
    valid for a month at most), file (whoever writes the token's file), exec (a plugin), oidc (an
    issuer)."""
    server = cluster.cluster.server
    known = server.expiries.known if server else []
    return [(one.kind, one.rotation, one.timestamp) for one in known]


@facts.rows("resource")
def kube_fleet_sync_last_success_timestamp_seconds(cluster: Observation) -> Rows:
    """When a kind was last known to be current: a list, an event or a bookmark; seconds since
    1970."""
    return [
        (kind.resource, kind.last_success)
        for kind in cluster.health.kinds.values()
        if kind.last_success is not None
    ]


@facts.rows("resource", "reason", counter=True)
def kube_fleet_watch_restarts_total(cluster: Observation) -> Rows:
    """Watches that ended and were begun anew; reason ended is the ordinary end of one."""
    return [
        (kind.resource, reason, count)
        for kind in cluster.health.kinds.values()
        for reason, count in kind.restarts.items()
    ]


@facts.rows("resource", counter=True)
def kube_fleet_undecodable_objects_total(cluster: Observation) -> Rows:
    """Objects that were left out because they are not what Kubernetes says they should be."""
    return [(kind.resource, kind.undecodable) for kind in cluster.health.kinds.values()]


@facts.rows("verb", "code", counter=True)
def kube_fleet_api_requests_total(cluster: Observation) -> Rows:
    """Requests to the cluster's API server; code is error where there was no HTTP answer."""
    return [(*labels, count) for labels, count in cluster.health.requests.items()]


@facts.histogram("verb")
def kube_fleet_api_request_duration_seconds(cluster: Observation) -> Rows:
    """Seconds from a request to the headers of the answer."""
    return list(cluster.health.durations.items())


@facts.rows("resource")
def kube_fleet_objects(cluster: Observation) -> Rows:
    """Objects of a kind whose series are on the page."""
    return [
        (resource, sum(store.objects for store in stores))
        for resource, stores in cluster.stores.items()
    ]


@facts.rows("resource")
def kube_fleet_series(cluster: Observation) -> Rows:
    """Series of a kind on the page."""
    return [
        (resource, sum(store.series for store in stores))
        for resource, stores in cluster.stores.items()
    ]


@facts.rows("resource")
def kube_fleet_series_dropped(cluster: Observation) -> Rows:
    """Series of a kind that are not on the page because series_limit leaves no room for them."""
    return [
        (resource, sum(store.refused for store in stores))
        for resource, stores in cluster.stores.items()
    ]


@facts.rows("resource", "result", counter=True)
def kube_state_metrics_list_total(cluster: Observation) -> Rows:
    """Lists by outcome, under the name that alerts on kube-state-metrics read."""
    return [
        (kind.resource, result, count)
        for kind in cluster.health.kinds.values()
        for result, count in kind.lists.items()
    ]


@facts.rows("resource", "result", counter=True)
def kube_state_metrics_watch_total(cluster: Observation) -> Rows:
    """Watches by outcome, under the name that alerts on kube-state-metrics read."""
    return [
        (kind.resource, result, count)
        for kind in cluster.health.kinds.values()
        for result, count in kind.watches.items()
    ]


@event_counts.rows("namespace", "kind", "type", "reason", "reporting_component", counter=True)
def kube_fleet_events_total(cluster: Observation) -> Rows:
    """Occurrences of events since the exporter began to watch the cluster."""
    return [(*sort, count) for counter in cluster.events for sort, count in counter.counts.items()]
