"""The fleet at a glance: which cluster needs somebody, and for what."""

from dashboards.source import limits
from dashboards.source.recorded import requested_share
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Bars, Graph, Query, Stat, Timeline
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit

UP = {0: ("down", "red"), 1: ("up", "green")}

clusters = Stat(
    title="Clusters",
    description="Every cluster that is discovered, reachable or not. Fewer than there should be: "
    "look at the source of clusters (kubeconfig, Secrets) and at the Exporter dashboard.",
    unit=Unit.WHOLE,
    expression='count(group by (cluster) (kube_fleet_cluster_info{cluster=~"$cluster"}))',
    threshold=PLAIN,
)

down = Stat(
    title="Down",
    description="Clusters that are expected to answer and do not; those in maintenance, asleep or "
    "refused are not expected to. The table below names them; their condition says why.",
    unit=Unit.WHOLE,
    expression="""
        count(cluster:kube_fleet_cluster_up:attended{cluster=~"$cluster"} == 0) or vector(0)
    """,
    threshold=limits.CLUSTERS_DOWN,
    scenario="cluster-outage",
)

in_maintenance = Stat(
    title="In maintenance",
    description="Clusters that are marked as being worked on: they raise no alert while they are.",
    unit=Unit.WHOLE,
    expression="""
        sum(max by (cluster) (kube_fleet_cluster_maintenance{cluster=~"$cluster"})) or vector(0)
    """,
    threshold=PLAIN,
)

old_data = Stat(
    title="Old data",
    description="Clusters that answer, and of which some kind of object is not current all the "
    "same. What is shown of it may no longer be so; the Cluster dashboard names the kind and the "
    "reason.",
    unit=Unit.WHOLE,
    expression="""
        count(
            group by (cluster) (
              kube_fleet_resource_up{cluster=~"$cluster", reason=~"failing|stale"} == 0
            )
          and on (cluster)
            cluster:kube_fleet_cluster_up:attended == 1
        )
        or vector(0)
    """,
    threshold=limits.CLUSTERS_WITH_OLD_DATA,
)

refused = Stat(
    title="Refused",
    description="Clusters that are discovered and on purpose not read: their name or their "
    "identity belongs to another one, or a rule of the settings forbids it. The Cluster dashboard "
    "has the condition.",
    unit=Unit.WHOLE,
    expression="""
        count(
          group by (cluster) (
            kube_fleet_cluster_condition{
              cluster=~"$cluster",
              condition=~"duplicate|name-conflict|identity-mismatch|refused-by-policy"
            } == 1
          )
        )
        or vector(0)
    """,
    threshold=limits.CLUSTERS_REFUSED,
)

nodes_not_ready = Stat(
    title="Nodes not ready",
    description="Nodes whose Ready condition is false or unknown. Many in one cluster at once: "
    "suspect its network, a zone, or a rollout of kubelets.",
    unit=Unit.WHOLE,
    expression="""
        sum(
          max by (cluster, node) (
            kube_node_status_condition{cluster=~"$cluster", condition="Ready", status!="true"}
          )
        )
    """,
    threshold=limits.NODES_NOT_READY,
    scenario="node-failures",
)

pods_not_running = Stat(
    title="Pods in trouble",
    description="Pods that are pending, failed or unknown. Some are always pending for a moment; "
    "a number that stays is work for the Namespaces dashboard.",
    unit=Unit.NUMBER,
    expression="""
        sum(
          cluster_phase:kube_pod_status_phase:sum{
            cluster=~"$cluster", phase=~"Pending|Failed|Unknown"
          }
        )
    """,
    threshold=PLAIN,
)

critical_alerts = Stat(
    title="Critical alerts",
    description="Alerts that page, firing now: of the chosen clusters and of the fleet as a whole. "
    "Only alerts of rules that the data source itself evaluates are known here.",
    unit=Unit.WHOLE,
    expression="""
        count(
            ALERTS{alertstate="firing", severity="critical", cluster=~"$cluster"}
          or
            ALERTS{alertstate="firing", severity="critical", scope="fleet"}
        )
        or vector(0)
    """,
    threshold=limits.CRITICAL_ALERTS,
    scenario="cluster-outage",
)

warning_alerts = Stat(
    title="Warnings",
    description="Alerts that ask for somebody today, firing now: of the chosen clusters and of the "
    "fleet as a whole.",
    unit=Unit.WHOLE,
    expression="""
        count(
            ALERTS{alertstate="firing", severity="warning", cluster=~"$cluster"}
          or
            ALERTS{alertstate="firing", severity="warning", scope="fleet"}
        )
        or vector(0)
    """,
    threshold=limits.WARNING_ALERTS,
    scenario="cluster-outage",
)

every_cluster = Table(
    title="Every cluster",
    description="One row for each cluster; its name leads to its dashboard. Requested is the share "
    "of what pods may have (allocatable) that they asked for. Data age is that of the kind heard "
    "of least recently. Clusters that are down come first.",
    labels=("cluster", "platform", "git_version"),
    sort="State",
    descending=False,
    columns=[
        Column(
            title="State",
            unit=Unit.WHOLE,
            expression='max by (cluster) (kube_fleet_cluster_up{cluster=~"$cluster"})',
            words=UP,
        ),
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="""
                group by (cluster, platform) (kube_fleet_cluster_info{cluster=~"$cluster"})
            """,
        ),
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="""
                group by (cluster, git_version) (
                  kube_fleet_cluster_version_info{cluster=~"$cluster"}
                )
            """,
        ),
        Column(
            title="Data age",
            unit=Unit.SECONDS,
            expression="""
                max by (cluster) (cluster:kube_fleet_sync_lag_seconds:max{cluster=~"$cluster"})
            """,
            threshold=limits.DATA_AGE,
        ),
        Column(
            title="Nodes",
            unit=Unit.WHOLE,
            expression="""
                count by (cluster) (group by (cluster, node) (kube_node_info{cluster=~"$cluster"}))
            """,
        ),
        Column(
            title="Nodes ready",
            unit=Unit.SHARE,
            expression="""
                avg by (cluster) (
                  max by (cluster, node) (
                    kube_node_status_condition{
                      cluster=~"$cluster", condition="Ready", status="true"
                    }
                  )
                )
            """,
            threshold=limits.NODES_READY,
        ),
        Column(
            title="CPU requested",
            unit=Unit.SHARE,
            expression=requested_share("cpu"),
        ),
        Column(
            title="Memory requested",
            unit=Unit.SHARE,
            expression=requested_share("memory"),
        ),
        Column(
            title="Warnings/s",
            unit=Unit.NUMBER,
            expression="""
                sum by (cluster) (
                  cluster_type:kube_fleet_events:rate5m{cluster=~"$cluster", type="Warning"}
                )
            """,
        ),
        Column(
            title="Alerts",
            unit=Unit.WHOLE,
            expression="""
                count by (cluster) (ALERTS{alertstate="firing", cluster=~"$cluster"})
            """,
        ),
    ],
    scenario="event-storm",
)

were_away = Timeline(
    title="Clusters that were down",
    description="When the clusters that were down at some time of the chosen range were so. Empty "
    "is good. Several at the same moment: suspect what they share, or the exporter's own network.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(50, max by (cluster) (kube_fleet_cluster_up{cluster=~"$cluster"}))
            and on (cluster)
              min by (cluster) (
                min_over_time(kube_fleet_cluster_up{cluster=~"$cluster"}[$__range] @ end())
              ) == 0
            """,
            "{{cluster}}",
        )
    ],
    words=UP,
    scenario="cluster-outage",
)


def fullest(resource: str, name: str) -> Bars:
    """The clusters with the least left of a resource."""
    return Bars(
        title=f"Most {name} requested",
        description=f"The ten clusters of whose {name} the largest share is requested. Where "
        "little is left pods wait for a place: add nodes, or find on the Capacity dashboard who "
        "asks for much.",
        unit=Unit.SHARE,
        series=[Query(f"topk(10, {requested_share(resource)})", "{{cluster}}")],
        threshold=PLAIN,
    )


pod_places = Bars(
    title="Most pod places taken",
    description="The ten clusters with the largest share of pods that their nodes may run. Nodes "
    "have a limit of pods of their own (often 110), whatever is free besides.",
    unit=Unit.SHARE,
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
              / on (cluster)
                sum by (cluster) (
                  cluster_resource:kube_node_status_allocatable:sum{
                    cluster=~"$cluster", resource="pods"
                  }
                )
            )
            """,
            "{{cluster}}",
        )
    ],
    threshold=PLAIN,
)

warning_events = Graph(
    title="Warning events",
    description="Events of type Warning each second, in the ten clusters with the most of them. A "
    "step up that stays is a loop: the Events dashboard says of what.",
    unit=Unit.PER_SECOND,
    series=[
        Query(
            """
            topk(
              10,
              sum by (cluster) (
                cluster_type:kube_fleet_events:rate5m{cluster=~"$cluster", type="Warning"}
              )
            )
            """,
            "{{cluster}}",
        )
    ],
    scenario="event-storm",
)

firing = Graph(
    title="Firing alerts",
    description="Alerts of the chosen clusters and of the fleet as a whole, by name.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(
              20,
              count by (alertname) (
                  ALERTS{alertstate="firing", cluster=~"$cluster"}
                or
                  ALERTS{alertstate="firing", scope="fleet"}
              )
            )
            """,
            "{{alertname}}",
        )
    ],
    stacked=True,
    scenario="cluster-outage",
)

dashboard = Dashboard(
    name="overview",
    title="Overview",
    description="Which of all clusters needs somebody, and for what. Begin here.",
    refresh="30s",
    rows=[
        Row(
            "Health",
            [
                [clusters, down, old_data, refused, in_maintenance, nodes_not_ready],
                [pods_not_running, critical_alerts, warning_alerts],
                [every_cluster],
                [were_away],
            ],
        ),
        Row("Saturation", [[fullest("cpu", "CPU"), fullest("memory", "memory"), pod_places]]),
        Row("What happens", [[warning_events, firing]]),
    ],
)
