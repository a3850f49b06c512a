"""One cluster, or a few: what it is, how it is, and what goes wrong in it."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Graph, Query, Stat, Timeline
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit

HOLDS = {1: ("holds", "semi-dark-blue")}

up = Stat(
    title="State",
    description="Whether the API server answers with usable credentials; of several clusters, "
    "whether all of theirs do. Down: the conditions below say why.",
    unit=Unit.WHOLE,
    expression='min(max by (cluster) (kube_fleet_cluster_up{cluster=~"$cluster"}))',
    threshold=PLAIN,
    words={0: ("down", "red"), 1: ("up", "green")},
    scenario="cluster-outage",
)

data_age = Stat(
    title="Data age",
    description="How long ago the kind of object heard of least recently was known to be current. "
    "Watches prove it about once a minute.",
    unit=Unit.SECONDS,
    expression="""
        max(cluster:kube_fleet_sync_lag_seconds:max{cluster=~"$cluster"})
    """,
    threshold=limits.DATA_AGE,
)

nodes_ready = Stat(
    title="Nodes ready",
    description="The share of nodes whose Ready condition is true. The Nodes dashboard names the "
    "others.",
    unit=Unit.SHARE,
    expression="""
        avg(
          max by (cluster, node) (
            kube_node_status_condition{cluster=~"$cluster", condition="Ready", status="true"}
          )
        )
    """,
    threshold=limits.NODES_READY,
    scenario="node-failures",
)

pods_running = Stat(
    title="Pods running",
    description="Pods in phase Running. Whether they are ready is another question: see Containers "
    "that wait.",
    unit=Unit.NUMBER,
    expression='sum(cluster_phase:kube_pod_status_phase:sum{cluster=~"$cluster", phase="Running"})',
    threshold=PLAIN,
)


def requested(resource: str, name: str) -> Stat:
    """The share of a resource that is taken."""
    return Stat(
        title=f"{name} requested",
        description=f"The share of allocatable {name} that pods have requested. What they use may "
        "be less; no other pod gets it all the same.",
        unit=Unit.SHARE,
        expression=f"""
            sum(
              cluster_resource:kube_pod_container_resource_requests:sum{{
                cluster=~"$cluster", resource="{resource}"
              }}
            )
            / sum(
              cluster_resource:kube_node_status_allocatable:sum{{
                cluster=~"$cluster", resource="{resource}"
              }}
            )
        """,
        threshold=PLAIN,
    )


identity = Table(
    title="What it is",
    description="Where the cluster was found and what it calls itself. The uid is that of the "
    "namespace kube-system: another uid is another cluster, even at the same address.",
    labels=("cluster", "provider", "platform", "region", "uid", "git_version"),
    sort="Cluster",
    descending=False,
    columns=[
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="""
                group by (cluster, provider, platform, region, uid) (
                  kube_fleet_cluster_info{cluster=~"$cluster"}
                )
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
    ],
)

conditions = Timeline(
    title="Conditions",
    description="What held of the cluster, and when. All is well while only synced holds. Stale: "
    "old data is shown. Incomplete: a kind is missing. Unreachable and unauthorized give the "
    "reason.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(
              50,
              max by (cluster, condition, reason) (
                kube_fleet_cluster_condition{cluster=~"$cluster"}
              )
            )
            """,
            "{{cluster}} {{condition}} {{reason}}",
        )
    ],
    words=HOLDS,
    scenario="cluster-outage",
)

not_current = Table(
    title="Kinds that are not current",
    description="Kinds of objects whose present state the exporter does not know. Forbidden: the "
    "cluster's role lacks list and watch. Not-served: this Kubernetes does not know the kind. "
    "Failing and stale: the API server does not answer. Empty is good.",
    labels=("cluster", "resource", "reason"),
    sort="Resource",
    descending=False,
    columns=[
        Column(
            title="",
            unit=Unit.WHOLE,
            expression="""
                max by (cluster, resource, reason) (kube_fleet_resource_up{cluster=~"$cluster"})
                == 0
            """,
        )
    ],
    scenario="cluster-outage",
)

alerts = Table(
    title="Alerts that fire",
    description="What fires for the cluster now. The Alerts dashboard says for how long.",
    labels=("cluster", "alertname", "severity"),
    sort="Severity",
    descending=False,
    columns=[
        Column(
            title="Series",
            unit=Unit.WHOLE,
            expression="""
                count by (cluster, alertname, severity) (
                  ALERTS{alertstate="firing", cluster=~"$cluster"}
                )
            """,
        )
    ],
    scenario="cluster-outage",
)

nodes = Graph(
    title="Nodes",
    description="Nodes by whether they are ready, of all chosen clusters together.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            sum(
              max by (cluster, node) (
                kube_node_status_condition{cluster=~"$cluster", condition="Ready", status="true"}
              )
            )
            """,
            "ready",
        ),
        Query(
            """
            sum(
              max by (cluster, node) (
                kube_node_status_condition{cluster=~"$cluster", condition="Ready", status!="true"}
              )
            )
            """,
            "not ready",
        ),
    ],
    stacked=True,
    scenario="node-failures",
)

phases = Graph(
    title="Pods by phase",
    description="Pods of all chosen clusters together. Pending that grows: no node has room, or "
    "images do not come. Failed that grows: evictions, or jobs that fail.",
    unit=Unit.NUMBER,
    series=[
        Query(
            """
            sum by (phase) (cluster_phase:kube_pod_status_phase:sum{cluster=~"$cluster"})
            """,
            "{{phase}}",
        )
    ],
    stacked=True,
)


def capacity(resource: str, name: str, unit: Unit) -> Graph:
    """What there is of a resource, and what is taken."""
    selector = f'cluster=~"$cluster", resource="{resource}"'
    return Graph(
        title=name,
        description=f"{name} that nodes offer to pods (allocatable) and that pods requested, of "
        "all chosen clusters together. The gap is what new pods may have.",
        unit=unit,
        series=[
            Query(
                f"sum(cluster_resource:kube_node_status_allocatable:sum{{{selector}}})",
                "allocatable",
            ),
            Query(
                f"sum(cluster_resource:kube_pod_container_resource_requests:sum{{{selector}}})",
                "requested",
            ),
        ],
    )


waiting = Table(
    title="Containers that wait",
    description="Containers that do not run, by the reason that the kubelet gives. "
    "CrashLoopBackOff: read the container's log. ImagePullBackOff: name, registry or credentials "
    "are wrong.",
    labels=("cluster", "namespace", "reason"),
    sort="Containers",
    columns=[
        Column(
            title="Containers",
            unit=Unit.WHOLE,
            expression="""
                sum by (cluster, namespace, reason) (
                  max by (cluster, namespace, pod, container, reason) (
                    kube_pod_container_status_waiting_reason{cluster=~"$cluster"}
                  )
                )
            """,
        )
    ],
)

short = Table(
    title="Deployments short of replicas",
    description="Deployments with fewer available replicas than they want, worst first. Short for "
    "a moment is a rollout; for long, look at why its pods are not ready.",
    labels=("cluster", "namespace", "deployment"),
    sort="Missing",
    columns=[
        Column(
            title="Missing",
            unit=Unit.WHOLE,
            expression="""
                topk(
                  50,
                  max by (cluster, namespace, deployment) (
                    kube_deployment_status_replicas_unavailable{cluster=~"$cluster"}
                  ) > 0
                )
            """,
        )
    ],
)

largest_namespaces = Table(
    title="Largest namespaces",
    description="The twenty namespaces that request the most CPU, in cores. The name leads to what "
    "is in them.",
    labels=("cluster", "namespace"),
    sort="CPU",
    columns=[
        Column(
            title="CPU",
            unit=Unit.NUMBER,
            expression="""
                topk(
                  20,
                  sum by (cluster, namespace) (
                    cluster_namespace_resource:kube_pod_container_resource_requests:sum{
                      cluster=~"$cluster", resource="cpu"
                    }
                  )
                )
            """,
        )
    ],
)

requests = Graph(
    title="Requests to the API server",
    description="By method and answer, as the exporter sees them. A watch counts once, when it is "
    "opened. Code error: there was no HTTP answer. 401 and 403: look at the credential and at the "
    "role.",
    unit=Unit.REQUESTS_PER_SECOND,
    series=[
        Query(
            """
            sum by (verb, code) (
              max by (cluster, verb, code) (
                rate(kube_fleet_api_requests_total{cluster=~"$cluster"}[$__rate_interval])
              )
            )
            """,
            "{{verb}} {{code}}",
        )
    ],
    scenario="cluster-outage",
)

latency = Graph(
    title="Latency of the API server",
    description="99 of 100 requests were answered within so many seconds, measured by the exporter "
    "until the headers came. High for LIST alone: large lists. High for all: the way there, etcd, "
    "or admission webhooks.",
    unit=Unit.SECONDS,
    series=[
        Query(
            """
            histogram_quantile(
              0.99,
              sum by (verb, le) (
                max by (cluster, verb, le) (
                  rate(
                    kube_fleet_api_request_duration_seconds_bucket{
                      cluster=~"$cluster"
                    }[$__rate_interval]
                  )
                )
              )
            )
            """,
            "{{verb}}",
        )
    ],
)

dashboard = Dashboard(
    name="cluster",
    title="Cluster",
    description="One cluster, or a few: what it is, how it is, and what goes wrong in it.",
    refresh="30s",
    rows=[
        Row(
            "Health",
            [
                [
                    up,
                    data_age,
                    nodes_ready,
                    pods_running,
                    requested("cpu", "CPU"),
                    requested("memory", "Memory"),
                ],
                [identity],
                [conditions],
                [not_current, alerts],
            ],
        ),
        Row(
            "Saturation",
            [
                [nodes, phases],
                [capacity("cpu", "CPU", Unit.NUMBER), capacity("memory", "Memory", Unit.BYTES)],
            ],
        ),
        Row("Trouble", [[waiting, short, largest_namespaces]]),
        Row("API server", [[requests, latency]]),
    ],
)
