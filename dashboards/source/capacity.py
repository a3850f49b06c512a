"""What is left in each cluster, for how long, and whether the loss of one could be borne."""

from dashboards.source import limits
from dashboards.source.recorded import REQUESTED_SHARE, requested_share
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit


def allocatable(resource: str) -> str:
    """What the nodes of each cluster offer to pods."""
    return (
        "sum by (cluster) (cluster_resource:kube_node_status_allocatable:sum"
        f'{{cluster=~"$cluster", resource="{resource}"}})'
    )


def requests(resource: str) -> str:
    """What the pods of each cluster have requested of it."""
    return (
        "sum by (cluster) (cluster_resource:kube_pod_container_resource_requests:sum"
        f'{{cluster=~"$cluster", resource="{resource}"}})'
    )


def of_all(resource: str, name: str) -> Stat:
    """The share that is requested of all clusters together."""
    return Stat(
        title=f"{name} requested",
        description=f"The share of the {name} of all chosen clusters together that pods have "
        "requested. It does not say that what is left is in one place.",
        unit=Unit.SHARE,
        expression=f"sum({requests(resource)}) / sum({allocatable(resource)})",
        threshold=PLAIN,
    )


def without_the_largest(resource: str, name: str, unit: Unit) -> Stat:
    """What would be left if the largest cluster were lost and its pods moved."""
    return Stat(
        title=f"{name} left without the largest cluster",
        description=f"{name} that would be free if the largest of the chosen clusters were lost "
        "and the others took over all its pods. Below zero they could not. Choose clusters that "
        "can stand in for each other.",
        unit=unit,
        expression=f"""
            sum({allocatable(resource)}) - max({allocatable(resource)}) - sum({requests(resource)})
        """,
        threshold=PLAIN,
    )


def by_cluster(resource: str, name: str, unit: Unit) -> Table:
    """Everything about one resource, a row for each cluster."""
    return Table(
        title=f"{name} by cluster",
        description="What nodes offer (allocatable), what pods requested of it, and what is free. "
        "Without the largest node: the requests as a share of what would be left if that node "
        "failed; above 100 % some pods would find no place.",
        labels=("cluster",),
        sort="Requested",
        columns=[
            Column(title="Requested", unit=Unit.SHARE, expression=requested_share(resource)),
            Column(title="Allocatable", unit=unit, expression=allocatable(resource)),
            Column(
                title="Free",
                unit=unit,
                expression=f"{allocatable(resource)} - on (cluster) {requests(resource)}",
            ),
            Column(
                title="Without the largest node",
                unit=Unit.SHARE,
                expression=f"""
                    {requests(resource)}
                    / on (cluster) (
                      {allocatable(resource)}
                      - on (cluster) max by (cluster) (
                        kube_node_status_allocatable{{cluster=~"$cluster", resource="{resource}"}}
                      )
                      > 0
                    )
                """,
                threshold=limits.OVERCOMMITTED,
            ),
            Column(
                title="In a week",
                unit=Unit.SHARE,
                expression=f"""
                    max by (cluster) (
                      predict_linear(
                        {REQUESTED_SHARE}{{cluster=~"$cluster", resource="{resource}"}}[1d],
                        7 * 86400
                      )
                    )
                """,
            ),
        ],
    )


def over_time(resource: str, name: str) -> Graph:
    """The share that is requested of the fullest clusters, over time."""
    return Graph(
        title=f"{name} requested by cluster",
        description=f"The share of {name} that pods requested, in the ten fullest clusters. In a "
        "week, in the table above, goes on with the line of the last day.",
        unit=Unit.SHARE,
        series=[Query(f"topk(10, {requested_share(resource)})", "{{cluster}}")],
    )


pods = Graph(
    title="Pods",
    description="Pods that are pending or running, in the ten clusters with the most of them.",
    unit=Unit.NUMBER,
    series=[
        Query(
            """
            topk(
              10,
              sum by (cluster) (
                cluster_phase:kube_pod_status_phase:sum{
                  cluster=~"$cluster", phase=~"Pending|Running"
                }
              )
            )
            """,
            "{{cluster}}",
        )
    ],
)

pod_places = Graph(
    title="Pod places taken",
    description="The share of pods that nodes may run, in the ten fullest clusters. Whoever runs "
    "many small pods meets this limit before the others.",
    unit=Unit.SHARE,
    series=[
        Query(
            f"""
            topk(
              10,
                sum by (cluster) (
                  cluster_phase:kube_pod_status_phase:sum{{
                    cluster=~"$cluster", phase=~"Pending|Running"
                  }}
                )
              / on (cluster)
                {allocatable("pods")}
            )
            """,
            "{{cluster}}",
        )
    ],
)

storage = Table(
    title="Storage that is claimed",
    description="What claims ask for, by cluster and storage class. What volumes really use is not "
    "known to the API server.",
    labels=("cluster", "storageclass"),
    sort="Claimed",
    columns=[
        Column(
            title="Claimed",
            unit=Unit.BYTES,
            expression="""
                topk(
                  50,
                  sum by (cluster, storageclass) (
                    max by (cluster, namespace, persistentvolumeclaim) (
                      kube_persistentvolumeclaim_resource_requests_storage_bytes{
                        cluster=~"$cluster"
                      }
                    )
                    * on (cluster, namespace, persistentvolumeclaim) group_left (storageclass)
                    group by (cluster, namespace, persistentvolumeclaim, storageclass) (
                      kube_persistentvolumeclaim_info{cluster=~"$cluster"}
                    )
                  )
                )
            """,
        )
    ],
)

limits_by_cluster = Table(
    title="Limits",
    description="What the limits of all containers add up to, as a share of what there is. Far "
    "above 100 %, nodes run out of memory when many pods use what they may.",
    labels=("cluster", "resource"),
    sort="Of allocatable",
    columns=[
        Column(
            title="Of allocatable",
            unit=Unit.SHARE,
            expression="""
                sum by (cluster, resource) (
                  max by (cluster, namespace, pod, container, resource) (
                    kube_pod_container_resource_limits{
                      cluster=~"$cluster", resource=~"cpu|memory"
                    }
                  )
                  * on (cluster, namespace, pod) group_left ()
                  max by (cluster, namespace, pod) (
                    kube_pod_status_phase{cluster=~"$cluster", phase=~"Pending|Running"} == 1
                  )
                )
                / on (cluster, resource)
                sum by (cluster, resource) (
                  cluster_resource:kube_node_status_allocatable:sum{cluster=~"$cluster"}
                )
            """,
        )
    ],
)

dashboard = Dashboard(
    name="capacity",
    title="Capacity",
    description="What is left in each cluster, for how long, and whether the loss of one could be "
    "borne. By requests: they decide where a pod finds a place.",
    since="now-7d",
    refresh="5m",
    rows=[
        Row(
            "All clusters",
            [
                [
                    of_all("cpu", "CPU"),
                    of_all("memory", "Memory"),
                    without_the_largest("cpu", "CPU", Unit.NUMBER),
                    without_the_largest("memory", "Memory", Unit.BYTES),
                ]
            ],
        ),
        Row(
            "By cluster",
            [
                [by_cluster("cpu", "CPU", Unit.NUMBER)],
                [by_cluster("memory", "Memory", Unit.BYTES)],
                [over_time("cpu", "CPU"), over_time("memory", "Memory")],
                [pods, pod_places],
            ],
        ),
        Row("Storage and limits", [[storage, limits_by_cluster]], collapsed=True),
    ],
)
